// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditexport.h"

#include "app/csv.h"
#include "core/text.h"

#include <nlohmann/json.hpp>

namespace lockkeeper::app {

namespace {

using Json = nlohmann::ordered_json;

Json value(const QString &text)
{
    return text.toStdString();
}

Json value(WallTime time)
{
    return value(rfc3339(time));
}

Json value(const QStringList &texts)
{
    Json array = Json::array();
    for (const QString &text : texts)
        array.push_back(value(text));
    return array;
}

Json textOrNull(const QString &text)
{
    return text.isEmpty() ? Json() : value(text);
}

QLatin1StringView phaseName(const AuditRecord &record)
{
    switch (record.phase) {
    case AuditEntry::Phase::Intent:
        return QLatin1StringView("intent");
    case AuditEntry::Phase::Outcome:
        return QLatin1StringView("outcome");
    case AuditEntry::Phase::Finding:
        return QLatin1StringView("finding");
    }
    Q_UNREACHABLE();
}

Json recordJson(const AuditRecord &record)
{
    Json json;
    json["n"] = record.place.number > 0 ? Json(record.place.number) : Json();
    json["prev"] = textOrNull(QString::fromLatin1(record.place.previous));
    json["at"] = value(record.at);
    json["id"] = value(record.actionId);
    json["phase"] = value(QString(phaseName(record)));
    json["action"] = value(record.action);
    json["user"] = value(record.user);
    json["host"] = value(record.host);
    json["target"] = value(record.target);
    json["environment"] = textOrNull(record.environment);
    json["batch"] = textOrNull(record.batch);
    json["place"] = textOrNull(record.where);
    json["session_id"] = textOrNull(record.session);
    json["key"] = textOrNull(record.key);
    json["token"] = textOrNull(record.token);
    json["owner"] = textOrNull(record.owner);
    json["reason"] = textOrNull(record.reason);
    json["outcome"] = textOrNull(record.outcome);
    json["steps"] = value(record.steps);
    json["steps_ms"] = record.stepsTook.isEmpty() ? Json() : Json::array();
    for (const milliseconds took : record.stepsTook)
        json["steps_ms"].push_back(took.count());
    json["took_ms"] = record.took ? Json(record.took->count()) : Json();
    return json;
}

QString numberText(qint64 number)
{
    return number > 0 ? QString::number(number) : QString();
}

} // namespace

QByteArray auditRecordsJson(const QList<AuditRecord> &records)
{
    Json json = Json::array();
    for (const AuditRecord &record : records)
        json.push_back(recordJson(record));
    return QByteArray::fromStdString(json.dump(2, ' ', false, Json::error_handler_t::replace) +
                                     '\n');
}

QByteArray auditRecordsCsv(const QList<AuditRecord> &records)
{
    QByteArray csv =
        "n,at,id,phase,action,user,host,target,environment,batch,place,session_id,key,token,owner,"
        "reason,outcome,steps,took_ms,prev\r\n";
    for (const AuditRecord &record : records) {
        csv += csvLine({numberText(record.place.number),
                        rfc3339(record.at),
                        record.actionId,
                        QString(phaseName(record)),
                        record.action,
                        record.user,
                        record.host,
                        record.target,
                        record.environment,
                        record.batch,
                        record.where,
                        record.session,
                        record.key,
                        record.token,
                        record.owner,
                        record.reason,
                        record.outcome,
                        record.steps.join(u"; "),
                        record.took ? QString::number(record.took->count()) : QString(),
                        QString::fromLatin1(record.place.previous)});
    }
    return csv;
}

QString outcomeText(const AuditRun &run)
{
    if (!run.outcome && run.findings.isEmpty())
        return QStringLiteral("no outcome: cut short");
    if (!run.outcome)
        return u"cut short; " + run.findings.last().outcome;
    QString text = run.outcome->outcome;
    for (const AuditRecord &finding : run.findings) {
        if (!finding.steps.isEmpty())
            text += u"; " + finding.steps.join(u"; ");
    }
    return text;
}

} // namespace lockkeeper::app
