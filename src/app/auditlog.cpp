// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditlog.h"

#include "app/durablefile.h"
#include "app/paths.h"
#include "core/text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QSysInfo>
#include <QThreadPool>
#include <QtConcurrent>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <pwd.h>
#include <string>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace lockkeeper::app {

namespace {

constexpr int kVersion = 1;

using Json = nlohmann::ordered_json;

/// A run whose outcome was not found yet.
struct OpenRun
{
    std::string id;
    WallTime at;
};

std::string text(const QString &string)
{
    return string.toStdString();
}

/// Ids and keys may be any bytes; the log stays text that people can read and search.
std::string text(const QByteArray &bytes)
{
    return printable(bytes).toStdString();
}

QString osUser()
{
    const passwd *user = ::getpwuid(::geteuid());
    return user ? QString::fromLocal8Bit(user->pw_name) : QString::number(::geteuid());
}

Json stepsOf(const AuditEntry &entry)
{
    Json steps = Json::array();
    for (const QString &step : entry.steps)
        steps.push_back(text(step));
    return steps;
}

QByteArray lineOf(const AuditEntry &entry, WallTime at)
{
    const bool isOutcome = entry.phase == AuditEntry::Phase::Outcome;
    Json line;
    line["v"] = kVersion;
    line["at"] = text(rfc3339(at));
    line["id"] = text(entry.actionId);
    line["phase"] = isOutcome ? "outcome" : "intent";
    line["action"] = text(entry.action);
    line["target"] = text(entry.target);
    line["place"] = text(entry.place);
    line["user"] = text(osUser());
    line["host"] = text(QSysInfo::machineHostName());
    line["pid"] = QCoreApplication::applicationPid();
    line["key"] = text(entry.key);
    line["session"] = text(entry.session.bytes());
    line["token"] = text(entry.token.bytes());
    line["owner"] = text(entry.owner);
    line["reason"] = text(entry.reason);
    if (isOutcome) {
        line["outcome"] = text(entry.outcome);
        line["steps"] = stepsOf(entry);
        line["took_ms"] = entry.took ? Json(entry.took->count()) : Json();
    }
    return QByteArray::fromStdString(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string field(const Json &line, const char *name)
{
    const auto found = line.find(name);
    return found != line.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Follows one line: an intent opens a run; an outcome closes it, unless it was not the whole of
/// it. A run that was done closes those before it as well.
void follow(std::vector<OpenRun> &open, const Json &line)
{
    const std::string id = field(line, "id");
    if (field(line, "phase") == "intent") {
        const auto at = parseRfc3339(QString::fromStdString(field(line, "at")));
        open.push_back({id, at.value_or(WallTime{})});
        return;
    }
    const QString outcome = QString::fromStdString(field(line, "outcome"));
    if (outcome == AuditEntry::kDone)
        open.clear();
    else if (!outcome.startsWith(AuditEntry::kPartlyDone) &&
             !outcome.startsWith(AuditEntry::kUnknown))
        std::erase_if(open, [&](const OpenRun &run) { return run.id == id; });
}

/// What the lines of one kind of run have in common.
struct Subject
{
    std::string action;
    std::string place;
    std::string key;
};

bool isAbout(const Json &line, const Subject &subject)
{
    return line.is_object() && field(line, "action") == subject.action &&
           field(line, "place") == subject.place && field(line, "key") == subject.key;
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
        if (!bytes.contains(subject.action.c_str()))
            continue;
        const Json line = Json::parse(bytes.cbegin(), bytes.cend(), nullptr, false);
        if (isAbout(line, subject))
            follow(open, line);
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

QString fileOf(const QString &folder, WallTime at)
{
    return folder + u'/' + rfc3339(at).left(7) + u".jsonl";
}

} // namespace

AuditLog::AuditLog(QString folder, const Clock &clock)
    : m_folder(std::move(folder))
    , m_clock(clock)
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
    return QtConcurrent::run(m_writer.get(),
                             [path = fileOf(m_folder, now), entry = std::move(entry), now] {
                                 return appendLineDurably(path, lineOf(entry, now));
                             });
}

QFuture<Result<std::optional<WallTime>>> AuditLog::unfinished(QString action, QString place,
                                                              LockKey key) const
{
    const WallTime now = m_clock.wall();
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const WallTime lastMonth(std::chrono::sys_days(today.year() / today.month() / 1) -
                             std::chrono::days(1));
    const QStringList files{fileOf(m_folder, lastMonth), fileOf(m_folder, now)};
    const Subject subject{text(action), text(place), text(key.bytes())};
    return QtConcurrent::run(m_writer.get(),
                             [files, subject] { return firstUnfinished(files, subject); });
}

QString AuditLog::currentFile() const
{
    return fileOf(m_folder, m_clock.wall());
}

} // namespace lockkeeper::app
