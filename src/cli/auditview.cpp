// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/auditview.h"

#include "app/auditexport.h"
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

TextTable::Cell outcomeCell(const AuditRun &run)
{
    const QString outcome = app::outcomeText(run);
    if (!run.outcome)
        return {outcome, Tone::Bad};
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
