// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/processes.h"

#include <QDir>
#include <QFile>

namespace lockkeeper::test {

namespace {

struct Status
{
    char state = 'X';
    qint64 parent = 0;
};

/// From /proc/PID/stat, "PID (any name) STATE PARENT …"; as of one that has ended where there is
/// none.
Status statusOf(qint64 pid)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray line = file.readAll();
    const QList<QByteArray> words = line.mid(line.lastIndexOf(')') + 2).split(' ');
    if (words.size() < 2 || words[0].isEmpty())
        return {};
    return {.state = words[0].front(), .parent = words[1].toLongLong()};
}

bool hasEnded(const Status &status)
{
    return status.state == 'Z' || status.state == 'X';
}

} // namespace

bool isAlive(qint64 pid)
{
    return !hasEnded(statusOf(pid));
}

QList<qint64> childrenOf(qint64 pid)
{
    QList<qint64> children;
    for (const QString &name : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs)) {
        bool isNumber = false;
        const qint64 child = name.toLongLong(&isNumber);
        const Status status = isNumber ? statusOf(child) : Status();
        if (status.parent == pid && !hasEnded(status))
            children.append(child);
    }
    return children;
}

} // namespace lockkeeper::test
