// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditopenruns.h"

#include "app/auditchain.h"
#include "app/lifelock.h"
#include "core/text.h"

#include <QFile>
#include <QFileInfo>
#include <QSet>
#include <QSysInfo>

#include <functional>

namespace lockkeeper::app {

namespace {

/// The id that a line names, without parsing the line.
QByteArray idIn(const QByteArray &line)
{
    static const QByteArray kId("\"id\":\"");
    const qsizetype from = line.indexOf(kId);
    if (from < 0)
        return {};
    const qsizetype begin = from + kId.size();
    return line.mid(begin, line.indexOf('"', begin) - begin);
}

Result<void> forEachLine(const QString &folder, WallTime since,
                         const std::function<void(const QByteArray &)> &take)
{
    for (const QString &name : auditFiles(folder)) {
        if (QFileInfo(name).fileName() < rfc3339(since).left(7))
            continue; // an earlier month
        QFile file(name);
        const bool isOpen = file.open(QIODevice::ReadOnly);
        while (isOpen && !file.atEnd())
            take(file.readLine());
        if (file.error() != QFileDevice::NoError)
            return Error{ErrorCode::Io, u"cannot read " + name + u": " + file.errorString(),
                         QStringLiteral("check the file's owner and rights")};
    }
    return {};
}

/// The acts, where any of them has an intent and no outcome; parsing them all is the dear part, and
/// most logs need it not. What later acts have finished, runsOf() tells.
Result<QList<AuditRun>> openRuns(const QString &folder, WallTime since)
{
    QSet<QByteArray> open;
    Result<void> read = forEachLine(folder, since, [&open](const QByteArray &line) {
        if (line.contains("\"phase\":\"intent\""))
            open.insert(idIn(line));
        else if (line.contains("\"phase\":\"outcome\""))
            open.remove(idIn(line));
    });
    if (!read || open.isEmpty())
        return read ? Result(QList<AuditRun>()) : read.error();
    QList<AuditRecord> records;
    read = forEachLine(folder, since, [&](const QByteArray &line) {
        const auto record = parseAuditLine(line);
        if (record && record->at >= since)
            records.append(*record);
    });
    if (!read)
        return read.error();
    return runsOf(records);
}

bool isWriterGone(const QString &folder, const AuditRecord &intent)
{
    if (!intent.life.isEmpty())
        return !LifeLock::isHeld(folder, intent.life);
    // An older line names a process only, of which nothing is known on another host.
    return intent.host == QSysInfo::machineHostName() && !isWriterAlive(intent);
}

} // namespace

Result<QList<AuditRun>> cutShortRuns(const QString &folder, WallTime since)
{
    const Result<QList<AuditRun>> before = openRuns(folder, since);
    if (!before)
        return before;
    QSet<QString> gone;
    for (const AuditRun &run : *before) {
        if (run.begun.phase == AuditEntry::Phase::Intent && run.isCutShort() &&
            isWriterGone(folder, run.begun))
            gone.insert(run.begun.actionId);
    }
    if (gone.isEmpty())
        return QList<AuditRun>();
    // One that has ended just now may have written its outcome since the log was read.
    Result<QList<AuditRun>> after = openRuns(folder, since);
    if (after)
        after->removeIf([&gone](const AuditRun &run) {
            return !gone.contains(run.begun.actionId) || !run.isCutShort();
        });
    return after;
}

} // namespace lockkeeper::app
