// SPDX-License-Identifier: GPL-3.0-or-later
#include "labels.h"

namespace lockkeeper::model {

namespace {

QString ending(const std::optional<ErrorCode> &failure)
{
    return failure ? QString(codeName(*failure)) : QStringLiteral("done");
}

QString label(const Acquire &acquire)
{
    const QString by = acquire.isKept ? QStringLiteral(" by a guard") : QString();
    return u"acquire" + by +
           (acquire.obtained ? QStringLiteral(": obtained") : QStringLiteral(": lock-timeout"));
}

QString label(const ActOnToken &act)
{
    static constexpr const char *kActs[] = {"release", "renew", "extend", "take over"};
    const QString what = QLatin1String(kActs[int(act.act)]) +
                         (act.isKept ? QStringLiteral(" by a guard") : QString());
    if (!act.aim.seen())
        return what + QStringLiteral(": no lock seen");
    return what + (act.isDone ? QStringLiteral(": done") : QStringLiteral(": changed-hands"));
}

QString label(const Strike &strike)
{
    return strike.replacement ? QStringLiteral("strike beside a delete: taken")
                              : QStringLiteral("strike beside a delete: ended");
}

QString label(const AwaitEnd &wait)
{
    return wait.isGone ? QStringLiteral("expire: gone") : QStringLiteral("expire: renewed");
}

QString label(const ForceRelease &release)
{
    if (!release.aim.seen())
        return QStringLiteral("force-release: no lock seen");
    return QStringLiteral("force-release: ") +
           (release.told ? ending(release.told->failure) : QStringLiteral("killed"));
}

QString label(const ReadThrough &read)
{
    return read.isFound ? QStringLiteral("read: found") : QStringLiteral("read: not found");
}

QString label(const Rename &rename)
{
    return rename.text();
}

QString label(const LateWrite &write)
{
    return write.text();
}

QString label(const Upsert &upsert)
{
    return QStringLiteral("upsert: ") + ending(upsert.failure);
}

QString label(const Delete &remove)
{
    const QString what =
        remove.isTakeOver ? QStringLiteral("delete by take-over: ") : QStringLiteral("delete: ");
    if (!remove.told)
        return what +
               (remove.aim.isLookDue() ? QStringLiteral("no lock seen") : QStringLiteral("killed"));
    if (remove.told->isPartlyDone)
        return what + QStringLiteral("partly done");
    return what + ending(remove.told->failure);
}

} // namespace

QString labelOf(const Operation &operation)
{
    return std::visit([](const auto &one) { return label(one); }, operation.program);
}

} // namespace lockkeeper::model
