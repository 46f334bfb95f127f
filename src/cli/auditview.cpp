// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/auditview.h"

#include "app/csv.h"
#include "cli/jsonvalues.h"
#include "core/text.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

namespace {

using app::AuditEntry;
using app::AuditRecord;
using app::AuditRun;

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

Json textOrNull(const QString &text)
{
    return text.isEmpty() ? Json() : jsonOf(text);
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

TextTable::Cell outcomeCell(const AuditRun &run)
{
    if (!run.outcome && run.findings.isEmpty())
        return {tr("no outcome: cut short"), Tone::Bad};
    if (!run.outcome)
        return {tr("cut short; ") + run.findings.last().outcome, Tone::Bad};
    QString outcome = run.outcome->outcome;
    for (const AuditRecord &finding : run.findings) {
        if (!finding.steps.isEmpty())
            outcome += u"; " + finding.steps.join(u"; ");
    }
    return {outcome, outcome == AuditEntry::kDone ? Tone::Ok : Tone::Warn};
}

Json runJson(const AuditRun &run)
{
    const AuditRecord &begun = run.begun;
    Json json;
    json["id"] = jsonOf(begun.actionId);
    json["at"] = jsonOf(begun.at);
    json["action"] = jsonOf(begun.action);
    json["user"] = jsonOf(begun.user);
    json["host"] = jsonOf(begun.host);
    json["target"] = jsonOf(begun.target);
    json["environment"] = textOrNull(begun.environment);
    json["batch"] = textOrNull(begun.batch);
    json["place"] = textOrNull(begun.where);
    json["session_id"] = textOrNull(begun.session);
    json["key"] = textOrNull(begun.key);
    json["token"] = textOrNull(begun.token);
    json["owner"] = textOrNull(begun.owner);
    json["reason"] = textOrNull(begun.reason);
    json["outcome"] = run.outcome ? jsonOf(run.outcome->outcome) : Json();
    json["steps"] = run.outcome ? jsonOf(run.outcome->steps) : Json();
    json["took_ms"] = run.outcome ? jsonOrNull(run.outcome->took) : Json();
    Json findings = Json::array();
    for (const AuditRecord &finding : run.findings) {
        Json one;
        one["at"] = jsonOf(finding.at);
        one["outcome"] = jsonOf(finding.outcome);
        one["steps"] = jsonOf(finding.steps);
        findings.push_back(std::move(one));
    }
    json["findings"] = std::move(findings);
    return json;
}

Json recordJson(const AuditRecord &record)
{
    Json json;
    json["n"] = record.place.number > 0 ? Json(record.place.number) : Json();
    json["prev"] = textOrNull(QString::fromLatin1(record.place.previous));
    json["at"] = jsonOf(record.at);
    json["id"] = jsonOf(record.actionId);
    json["phase"] = jsonOf(phaseName(record));
    json["action"] = jsonOf(record.action);
    json["user"] = jsonOf(record.user);
    json["host"] = jsonOf(record.host);
    json["target"] = jsonOf(record.target);
    json["environment"] = textOrNull(record.environment);
    json["batch"] = textOrNull(record.batch);
    json["place"] = textOrNull(record.where);
    json["session_id"] = textOrNull(record.session);
    json["key"] = textOrNull(record.key);
    json["token"] = textOrNull(record.token);
    json["owner"] = textOrNull(record.owner);
    json["reason"] = textOrNull(record.reason);
    json["outcome"] = textOrNull(record.outcome);
    json["steps"] = jsonOf(record.steps);
    json["took_ms"] = jsonOrNull(record.took);
    return json;
}

QString numberText(qint64 number)
{
    return number > 0 ? QString::number(number) : QString();
}

} // namespace

TextTable auditTable(const QList<AuditRun> &runs)
{
    TextTable table({{tr("AT")},
                     {tr("WHO")},
                     {tr("ACTION")},
                     {tr("SESSION")},
                     {tr("TARGET"), false, true},
                     {tr("OUTCOME"), false, true},
                     {tr("REASON"), false, true}});
    for (const AuditRun &run : runs) {
        const AuditRecord &begun = run.begun;
        table.add({{rfc3339(begun.at), Tone::Faint},
                   {begun.user + u'@' + begun.host},
                   {begun.action},
                   {begun.session.isEmpty() ? QStringLiteral("—") : begun.session, Tone::Strong},
                   {begun.target},
                   outcomeCell(run),
                   {begun.reason}});
    }
    return table;
}

QByteArray auditRunsJson(const QList<AuditRun> &runs)
{
    Json json = Json::array();
    for (const AuditRun &run : runs)
        json.push_back(runJson(run));
    return documentText(json);
}

QByteArray auditRecordsJson(const QList<AuditRecord> &records)
{
    Json json = Json::array();
    for (const AuditRecord &record : records)
        json.push_back(recordJson(record));
    return documentText(json);
}

QByteArray auditRecordsCsv(const QList<AuditRecord> &records)
{
    QByteArray csv =
        "n,at,id,phase,action,user,host,target,environment,batch,place,session_id,key,token,owner,"
        "reason,outcome,steps,took_ms,prev\r\n";
    for (const AuditRecord &record : records) {
        csv += app::csvLine({numberText(record.place.number),
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

QByteArray chainReportJson(const app::ChainReport &report, const QString &folder)
{
    Json faults = Json::array();
    for (const app::ChainFault &fault : report.faults) {
        Json one;
        one["file"] = jsonOf(fault.file);
        one["line"] = fault.line > 0 ? Json(fault.line) : Json();
        one["what"] = jsonOf(fault.what);
        faults.push_back(std::move(one));
    }
    Json json;
    json["folder"] = jsonOf(folder);
    json["whole"] = report.isWhole();
    json["files"] = report.files;
    json["entries"] = report.entries;
    json["unchained"] = report.unchained;
    json["torn"] = report.torn;
    json["head"] = textOrNull(QString::fromLatin1(report.head));
    json["faults"] = std::move(faults);
    return documentText(json);
}

} // namespace lockkeeper::cli
