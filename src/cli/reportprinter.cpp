// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/reportprinter.h"

#include "cli/exitcode.h"
#include "cli/findingsjson.h"
#include "cli/inspectionview.h"
#include "cli/jsonvalues.h"
#include "core/text.h"

#include <algorithm>
#include <array>

namespace lockkeeper::cli {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

/// What the line of the lock says already.
constexpr std::array kInLock{QLatin1StringView("Lock"), QLatin1StringView("Token"),
                             QLatin1StringView("Owner"), QLatin1StringView("Expires")};

QString line(const QString &word, const QString &text)
{
    constexpr int kWordWidth = 12;
    return word.leftJustified(kWordWidth) + text;
}

/// "session 3f2a…, user …, held by … for …": what the operator has to recognise.
QStringList describeSubject(const app::Preview &preview, const Clock &clock)
{
    const app::Inspection &inspection = preview.inspection;
    QStringList lines{line(tr("session"), printable(inspection.id.bytes()))};
    if (const sessions::ChatSession *session = inspection.session()) {
        if (session->title)
            lines.append(line(tr("title"), printable(session->title->toUtf8())));
        if (session->user)
            lines.append(line(tr("user"), printable(session->user->bytes())));
    }
    lines.append(line(tr("lock"), lockText(inspection, clock.steady())));
    for (const app::PreviewFact &fact : preview.facts) {
        if (std::ranges::find(kInLock, fact.label) == kInLock.end())
            lines.append(line(fact.label.toLower(), printable(fact.text.toUtf8())));
    }
    return lines;
}

Json factsJson(const QList<app::PreviewFact> &facts)
{
    Json json = Json::object();
    for (const app::PreviewFact &fact : facts)
        json[fact.label.toLower().replace(u' ', u'_').toStdString()] = jsonOf(fact.text);
    return json;
}

} // namespace

void printPreview(const app::Preview &preview, Context &context)
{
    Output &output = context.output();
    for (const QString &line : describeSubject(preview, context.clock()))
        output.note(line, Tone::Plain);
    for (const QString &effect : preview.effects)
        output.note(QStringLiteral("- ") + effect, Tone::Strong);
    for (const QString &change : preview.changes)
        output.warning(change);
    for (const QString &warning : preview.warnings)
        output.warning(warning);
}

void printPreviewAsData(const app::Preview &preview, const QString &action, Context &context)
{
    Output &output = context.output();
    if (context.isJson()) {
        Json json;
        json["action"] = jsonOf(action);
        json["dry_run"] = true;
        json["session_id"] = jsonOfBytes(preview.inspection.id.bytes());
        json["lock_key"] = jsonOf(preview.lockKey);
        json["cache_key"] = jsonOf(preview.cacheKey);
        json["effects"] = jsonOf(preview.effects);
        json["warnings"] = jsonOf(preview.warnings);
        json["changes"] = jsonOf(preview.changes);
        json["facts"] = factsJson(preview.facts);
        json["to_be_typed"] = preview.phrase.isEmpty() ? Json() : jsonOf(preview.phrase);
        json["error"] = jsonOrNull(preview.refusal);
        output.json(documentText(json));
        return;
    }
    for (const QString &line : describeSubject(preview, context.clock()))
        output.line(line);
    for (const QString &effect : preview.effects)
        output.line(line(tr("effect"), effect));
    for (const QString &warning : preview.warnings)
        output.warning(warning);
}

void printReportText(const app::ActionReport &report, Context &context)
{
    Output &output = context.output();
    for (const QString &step : report.steps)
        output.line(step);
    if (!report.verification.isEmpty())
        output.line(report.verification);
    for (const QString &warning : report.warnings)
        output.warning(warning);
}

int printReport(const app::ActionReport &report, const Afterwards &after, const OneAct &act,
                Context &context)
{
    Output &output = context.output();
    if (context.isJson()) {
        Json json;
        json["action"] = jsonOf(act.action);
        json["session_id"] = jsonOfBytes(act.session.bytes());
        json["done"] = report.isDone();
        json["partly_done"] = report.isPartlyDone;
        json["steps"] = jsonOf(report.steps);
        json["warnings"] = jsonOf(report.warnings);
        json["verification"] = report.verification.isEmpty() ? Json() : jsonOf(report.verification);
        json["watched_ms"] = jsonOf(after.watched);
        json["watched_to_the_end"] = after.isKnown;
        json["reappeared"] = findingsJson(after.findings);
        json["error"] = jsonOrNull(report.failure);
        output.json(documentText(json));
    } else if (const QString silence = after.silence(); !silence.isEmpty()) {
        output.line(silence);
    }
    if (report.isDone())
        return static_cast<int>(after.isUndone() ? ExitCode::PartlyDone : ExitCode::Done);
    const int exitCode = context.fail(*report.failure);
    return report.isPartlyDone ? static_cast<int>(ExitCode::PartlyDone) : exitCode;
}

} // namespace lockkeeper::cli
