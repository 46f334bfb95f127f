// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditline.h"

#include "core/text.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QSysInfo>

#include <nlohmann/json.hpp>

#include <pwd.h>
#include <string>
#include <unistd.h>

namespace lockkeeper::app {

namespace {

/// 1: lines without a chain.
constexpr int kVersion = 2;

using Json = nlohmann::ordered_json;

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

/// When a process was started, in ticks since the system was: with its number it names the process
/// as long as the system runs. 0: there is none, or it is not told.
qint64 startOf(qint64 pid)
{
    QFile file(u"/proc/" + QString::number(pid) + u"/stat");
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray stat = file.readAll();
    // The second field is the program's name in brackets, which may hold spaces.
    const QByteArrayList fields = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    constexpr int kStart = 19;
    const bool isDead = fields.value(0) == "Z" || fields.value(0) == "X"; // nobody asked for it yet
    return isDead ? 0 : fields.value(kStart).toLongLong();
}

QString phaseName(AuditEntry::Phase phase)
{
    switch (phase) {
    case AuditEntry::Phase::Intent:
        return QStringLiteral("intent");
    case AuditEntry::Phase::Outcome:
        return QStringLiteral("outcome");
    case AuditEntry::Phase::Finding:
        return QStringLiteral("finding");
    }
    Q_UNREACHABLE();
}

std::optional<AuditEntry::Phase> phaseFromName(const QString &name)
{
    for (const auto phase :
         {AuditEntry::Phase::Intent, AuditEntry::Phase::Outcome, AuditEntry::Phase::Finding}) {
        if (name == phaseName(phase))
            return phase;
    }
    return std::nullopt;
}

void writePlace(Json &line, const ChainPlace &place)
{
    line["v"] = kVersion;
    line["n"] = place.number;
    line["prev"] = place.previous.toStdString();
    if (!place.torn.isEmpty())
        line["torn"] = place.torn.toStdString();
    if (place.isHeadLost)
        line["head"] = "lost";
}

void writeOutcome(Json &line, const AuditEntry &entry)
{
    Json steps = Json::array();
    for (const QString &step : entry.steps)
        steps.push_back(text(step));
    line["outcome"] = text(entry.outcome);
    line["steps"] = std::move(steps);
    if (!entry.stepsTook.isEmpty()) {
        Json took = Json::array();
        for (const milliseconds one : entry.stepsTook)
            took.push_back(one.count());
        line["steps_ms"] = std::move(took);
    }
    line["took_ms"] = entry.took ? Json(entry.took->count()) : Json();
}

std::optional<qint64> number(const Json &line, const char *name)
{
    const auto found = line.find(name);
    if (found == line.end() || !found->is_number_integer())
        return std::nullopt;
    return found->get<qint64>();
}

QString string(const Json &line, const char *name)
{
    const auto found = line.find(name);
    return found != line.end() && found->is_string()
               ? QString::fromStdString(found->get_ref<const std::string &>())
               : QString();
}

QStringList strings(const Json &line, const char *name)
{
    QStringList texts;
    const auto found = line.find(name);
    if (found == line.end() || !found->is_array())
        return texts;
    for (const Json &one : *found) {
        if (one.is_string())
            texts.append(QString::fromStdString(one.get_ref<const std::string &>()));
    }
    return texts;
}

QList<milliseconds> spans(const Json &line, const char *name)
{
    QList<milliseconds> spans;
    const auto found = line.find(name);
    if (found == line.end() || !found->is_array())
        return spans;
    for (const Json &one : *found) {
        if (one.is_number_integer())
            spans.append(milliseconds(one.get<qint64>()));
    }
    return spans;
}

} // namespace

QByteArray auditLine(const AuditEntry &entry, WallTime at, const ChainPlace &place,
                     const QString &life)
{
    Json line;
    writePlace(line, place);
    line["at"] = text(rfc3339(at));
    line["id"] = text(entry.actionId);
    line["phase"] = text(phaseName(entry.phase));
    line["action"] = text(entry.action);
    line["target"] = text(entry.target);
    if (!entry.environment.isEmpty())
        line["environment"] = text(entry.environment);
    if (!entry.batch.isEmpty())
        line["batch"] = text(entry.batch);
    line["place"] = text(entry.place);
    line["user"] = text(osUser());
    line["host"] = text(QSysInfo::machineHostName());
    const qint64 pid = QCoreApplication::applicationPid();
    static const qint64 kStart = startOf(pid);
    line["pid"] = pid;
    line["started"] = kStart;
    if (!life.isEmpty())
        line["life"] = text(life);
    line["key"] = text(entry.key);
    line["session"] = text(entry.session.bytes());
    line["token"] = text(entry.token.bytes());
    line["owner"] = text(entry.owner);
    line["reason"] = text(entry.reason);
    if (entry.phase != AuditEntry::Phase::Intent)
        writeOutcome(line, entry);
    return QByteArray::fromStdString(line.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::optional<AuditRecord> parseAuditLine(const QByteArray &line)
{
    const Json json = Json::parse(line.cbegin(), line.cend(), nullptr, false);
    if (!json.is_object())
        return std::nullopt;
    const auto phase = phaseFromName(string(json, "phase"));
    const auto at = parseRfc3339(string(json, "at"));
    if (!at || !phase)
        return std::nullopt;
    AuditRecord record;
    constexpr qint64 kMostEntries = 1LL << 53; // what every reader of JSON can count to
    const qint64 entry = number(json, "n").value_or(0);
    record.place.number = entry > 0 && entry < kMostEntries ? entry : 0;
    record.place.previous = string(json, "prev").toLatin1();
    record.place.torn = string(json, "torn").toLatin1();
    record.place.isHeadLost = string(json, "head") == u"lost";
    record.at = *at;
    record.phase = *phase;
    record.actionId = string(json, "id");
    record.action = string(json, "action");
    record.target = string(json, "target");
    record.environment = string(json, "environment");
    record.batch = string(json, "batch");
    record.where = string(json, "place");
    record.user = string(json, "user");
    record.host = string(json, "host");
    record.pid = number(json, "pid").value_or(0);
    record.life = string(json, "life");
    record.processStart = number(json, "started").value_or(0);
    record.key = string(json, "key");
    record.session = string(json, "session");
    record.token = string(json, "token");
    record.owner = string(json, "owner");
    record.reason = string(json, "reason");
    record.outcome = string(json, "outcome");
    record.steps = strings(json, "steps");
    record.stepsTook = spans(json, "steps_ms");
    if (const auto took = number(json, "took_ms"))
        record.took = milliseconds(*took);
    return record;
}

bool isWriterAlive(const AuditRecord &record)
{
    return record.processStart > 0 && record.host == QSysInfo::machineHostName() &&
           startOf(record.pid) == record.processStart;
}

bool isSettling(const AuditRecord &record)
{
    return record.phase == AuditEntry::Phase::Finding &&
           (record.outcome.startsWith(AuditEntry::kFoundDone) ||
            record.outcome.startsWith(AuditEntry::kFoundUndone) ||
            record.outcome.startsWith(AuditEntry::kFoundOver));
}

QByteArray chainHash(const QByteArray &line)
{
    return QCryptographicHash::hash(line, QCryptographicHash::Sha256).toHex();
}

} // namespace lockkeeper::app
