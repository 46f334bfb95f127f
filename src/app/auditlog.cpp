// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditlog.h"

#include "app/auditopenruns.h"
#include "app/paths.h"
#include "core/text.h"

#include <QFile>
#include <QFileInfo>
#include <QThreadPool>
#include <QtConcurrent>

#include <filesystem>
#include <system_error>
#include <vector>

namespace lockkeeper::app {

namespace {

/// A run whose outcome was not found yet.
struct OpenRun
{
    QString id;
    WallTime at;
};

/// Follows one line: an intent opens a run; an outcome closes it, unless it was not the whole of
/// it. A run that was done closes those before it as well.
void follow(std::vector<OpenRun> &open, const AuditRecord &line)
{
    if (line.phase == AuditEntry::Phase::Intent)
        open.push_back({line.actionId, line.at});
    else if (isSettling(line))
        std::erase_if(open, [&](const OpenRun &run) { return run.id == line.actionId; });
    else if (line.phase == AuditEntry::Phase::Finding)
        return; // what was seen after an act changes nothing of what is left to do
    else if (line.outcome == AuditEntry::kDone)
        open.clear();
    else if (!line.outcome.startsWith(AuditEntry::kPartlyDone) &&
             !line.outcome.startsWith(AuditEntry::kUnknown))
        std::erase_if(open, [&](const OpenRun &run) { return run.id == line.actionId; });
}

/// What the lines of one kind of run have in common.
struct Subject
{
    QString action;
    QString place;
    QString key; ///< as `printable` writes it
};

bool isAbout(const AuditRecord &line, const Subject &subject)
{
    return line.action == subject.action && line.where == subject.place && line.key == subject.key;
}

/// A file that was never written has no runs; one that cannot be looked at may have some.
bool isMissing(const QString &name)
{
    std::error_code ignored;
    const auto status = std::filesystem::status(QFile::encodeName(name).toStdString(), ignored);
    return status.type() == std::filesystem::file_type::not_found;
}

Result<void> followFile(std::vector<OpenRun> &open, const QString &name, const Subject &subject)
{
    QFile file(name);
    const bool isOpen = file.open(QIODevice::ReadOnly);
    while (isOpen && !file.atEnd()) {
        const QByteArray bytes = file.readLine();
        // Parsing is the dear part: leave out the lines of other actions.
        if (!bytes.contains(subject.action.toUtf8()))
            continue;
        const std::optional<AuditRecord> line = parseAuditLine(bytes);
        if (line && isAbout(*line, subject))
            follow(open, *line);
    }
    if (file.error() == QFileDevice::NoError)
        return {};
    return Error{ErrorCode::Io,
                 u"the audit log " + name + u" cannot be read: " + file.errorString(),
                 QStringLiteral("give yourself the right to read it: it tells what was cut short")};
}

Result<std::optional<WallTime>> firstUnfinished(const QStringList &files, const Subject &subject)
{
    std::vector<OpenRun> open;
    for (const QString &name : files) {
        if (isMissing(name))
            continue;
        const Result<void> followed = followFile(open, name, subject);
        if (!followed)
            return followed.error();
    }
    return open.empty() ? std::nullopt : std::optional(open.front().at);
}

Result<QList<AuditRecord>> readRecords(const QString &folder, std::optional<WallTime> since)
{
    QList<AuditRecord> records;
    for (const QString &name : auditFiles(folder)) {
        if (since && QFileInfo(name).fileName() < rfc3339(*since).left(7))
            continue; // an earlier month
        QFile file(name);
        const bool isOpen = file.open(QIODevice::ReadOnly);
        while (isOpen && !file.atEnd()) {
            const std::optional<AuditRecord> record = parseAuditLine(file.readLine());
            if (record && (!since || record->at >= *since))
                records.append(*record);
        }
        if (file.error() != QFileDevice::NoError)
            return Error{ErrorCode::Io, u"cannot read " + name + u": " + file.errorString(),
                         QStringLiteral("check the file's owner and rights")};
    }
    return records;
}

QString fileOf(const QString &folder, WallTime at)
{
    return folder + u'/' + rfc3339(at).left(7) + u".jsonl";
}

} // namespace

AuditLog::AuditLog(QString folder, const Clock &clock)
    : m_folder(std::move(folder))
    , m_clock(clock)
    , m_life(std::make_shared<std::optional<LifeLock>>())
    , m_writer(std::make_unique<QThreadPool>())
{
    m_writer->setMaxThreadCount(1); // one line after the other, in the order of the calls
}

AuditLog::~AuditLog() = default;

QString AuditLog::defaultFolder()
{
    return stateFolder() + u"/audit";
}

QFuture<Result<void>> AuditLog::append(AuditEntry entry)
{
    const WallTime now = m_clock.wall();
    return QtConcurrent::run(m_writer.get(), [folder = m_folder, file = fileOf(m_folder, now),
                                              entry = std::move(entry), now, life = m_life] {
        if (!*life)
            life->emplace(folder);
        return appendToChain(folder, file, [&](const ChainPlace &place) {
            return auditLine(entry, now, place, (*life)->name());
        });
    });
}

QFuture<Result<std::optional<WallTime>>> AuditLog::unfinished(QString action, QString place,
                                                              LockKey key) const
{
    const WallTime now = m_clock.wall();
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const WallTime lastMonth(std::chrono::sys_days(today.year() / today.month() / 1) -
                             std::chrono::days(1));
    const QString oldest = fileOf(m_folder, lastMonth);
    const Subject subject{std::move(action), std::move(place), printable(key.bytes())};
    return QtConcurrent::run(m_writer.get(), [folder = m_folder, oldest, subject] {
        QStringList files = auditFiles(folder);
        files.removeIf([&](const QString &file) { return file < oldest; });
        return firstUnfinished(files, subject);
    });
}

QFuture<Result<QList<AuditRecord>>> AuditLog::records(std::optional<WallTime> since) const
{
    return QtConcurrent::run(m_writer.get(),
                             [folder = m_folder, since] { return readRecords(folder, since); });
}

QFuture<Result<QList<AuditRun>>> AuditLog::runs(WallTime since) const
{
    return QtConcurrent::run(m_writer.get(),
                             [folder = m_folder, since]() -> Result<QList<AuditRun>> {
                                 const auto records = readRecords(folder, since);
                                 if (!records)
                                     return records.error();
                                 return runsOf(*records);
                             });
}

QFuture<Result<QList<AuditRun>>> AuditLog::cutShort(WallTime since) const
{
    return QtConcurrent::run(m_writer.get(),
                             [folder = m_folder, since] { return cutShortRuns(folder, since); });
}

QFuture<Result<ChainReport>> AuditLog::verify() const
{
    return QtConcurrent::run(m_writer.get(), [folder = m_folder] { return verifyChain(folder); });
}

QString AuditLog::currentFile() const
{
    return fileOf(m_folder, m_clock.wall());
}

} // namespace lockkeeper::app
