// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/nodes.h"

namespace lockkeeper::demo {

namespace {

/// Docker makes a container's MAC of its address: 172.18.0.16 and on.
constexpr std::uint64_t kFirstWorker = 0x0242'AC12'0010;

QString idOf(std::uint64_t node)
{
    constexpr int kDigits = 12;
    return QString::number(qulonglong(node), 16).rightJustified(kDigits, u'0');
}

} // namespace

std::uint64_t workerNode(int number)
{
    return kFirstWorker + static_cast<std::uint64_t>(number - 1);
}

locks::NodeNames namesOfNodes(int workers)
{
    locks::NodeNames names{
        {idOf(kForgetfulNode), QStringLiteral("api-7")},
        {idOf(kCrashingNode), QStringLiteral("api-9")},
        {idOf(kSlowNode), QStringLiteral("worker-1")},
        {idOf(kTirelessNode), QStringLiteral("worker-2")},
    };
    for (int number = 1; number <= workers; ++number)
        names.insert(idOf(workerNode(number)), QStringLiteral("api-%1").arg(number));
    return names;
}

} // namespace lockkeeper::demo
