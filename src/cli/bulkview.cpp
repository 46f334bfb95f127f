// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/bulkview.h"

#include "cli/context.h"
#include "cli/exitcode.h"
#include "cli/findingsjson.h"
#include "cli/jsonvalues.h"
#include "core/text.h"

namespace lockkeeper::cli {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QString idOf(const app::BulkItem &item)
{
    return printable(item.session.bytes());
}

TextTable previewTable(const app::BulkPreview &preview)
{
    TextTable table({{tr("SESSION")},
                     {tr("OWNER")},
                     {tr("HELD FOR"), true},
                     {tr("CACHED"), true},
                     {tr("DATABASE")},
                     {tr("REMARK"), false, true}});
    for (const app::BulkPreviewItem &one : preview.items) {
        const app::Preview &what = one.preview;
        const QString remark = what.refusal        ? tr("would be refused: ") + what.refusal->what
                               : what.isOwnerAlive ? what.warnings.value(0)
                                                   : what.changes.join(u"; ");
        table.add({{idOf(one.item), Tone::Strong},
                   {what.fact(QLatin1StringView("Owner"))},
                   {what.fact(QLatin1StringView("Held for"))},
                   {what.fact(QLatin1StringView("Cached copy"))},
                   {what.fact(QLatin1StringView("Database"))},
                   {remark, what.refusal ? Tone::Bad : Tone::Warn}});
    }
    return table;
}

QString summaryOf(const app::BulkPreview &preview)
{
    QString text =
        preview.items.size() == 1 ? tr("1 lock") : tr("%1 locks").arg(preview.items.size());
    if (preview.refused() > 0)
        text += tr(", of which %1 would be refused").arg(preview.refused());
    if (preview.alive() > 0)
        text += tr(", of which %1 have a worker that is alive").arg(preview.alive());
    return text;
}

QString outcomeWord(const app::BulkOutcome &outcome)
{
    return outcome.report ? app::outcomeText(*outcome.report) : tr("not reached");
}

Tone toneOf(const app::BulkOutcome &outcome)
{
    if (!outcome.report)
        return Tone::Faint;
    return outcome.report->isDone() ? Tone::Ok : Tone::Bad;
}

int exitCodeOfAll(const app::BulkReport &report, const Afterwards &after)
{
    if (report.isAllDone())
        return static_cast<int>(after.isUndone() ? ExitCode::PartlyDone : ExitCode::Done);
    const app::BulkOutcome *failed = nullptr;
    for (const app::BulkOutcome &outcome : report.outcomes) {
        if (outcome.report && outcome.report->isPartlyDone)
            return static_cast<int>(ExitCode::PartlyDone);
        if (!failed && outcome.report && !outcome.report->isDone())
            failed = &outcome;
    }
    if (report.done() > 0)
        return static_cast<int>(ExitCode::PartlyDone);
    return static_cast<int>(failed ? exitCodeOf(failed->report->failure->code) : ExitCode::Failed);
}

} // namespace

QString bulkQuestion(const app::BulkRequest &request)
{
    QString verb = app::verbOf(request.deed);
    verb[0] = verb[0].toUpper();
    const bool isOne = request.items.size() == 1;
    const bool isDelete =
        request.deed == app::BulkDeed::Delete || request.deed == app::BulkDeed::TakeOverAndDelete;
    const QString what =
        isDelete ? (isOne ? tr("session") : tr("sessions")) : (isOne ? tr("lock") : tr("locks"));
    return tr("%1 %2 %3?").arg(verb).arg(request.items.size()).arg(what);
}

void printBulkPreview(const app::BulkPreview &preview, Context &context)
{
    Output &output = context.output();
    for (const QString &line : previewTable(preview).rendered(0, false).split(u'\n')) {
        if (!line.isEmpty())
            output.note(line, Tone::Plain);
    }
    output.note(summaryOf(preview), Tone::Strong);
}

void printBulkPreviewAsData(const app::BulkPreview &preview, const app::BulkRequest &request,
                            Context &context)
{
    Output &output = context.output();
    if (!context.isJson()) {
        if (!preview.items.isEmpty()) { // else none was looked at
            output.table(previewTable(preview));
            output.note(summaryOf(preview));
        }
        return;
    }
    Json items = Json::array();
    for (const app::BulkPreviewItem &one : preview.items) {
        Json item;
        item["session_id"] = jsonOf(idOf(one.item));
        item["token"] = jsonOfBytes(one.item.seen.bytes());
        item["effects"] = jsonOf(one.preview.effects);
        item["changes"] = jsonOf(one.preview.changes);
        item["warnings"] = jsonOf(one.preview.warnings);
        item["error"] = jsonOrNull(one.preview.refusal);
        items.push_back(std::move(item));
    }
    Json json;
    json["action"] = jsonOf(app::verbOf(request.deed));
    json["dry_run"] = true;
    json["items"] = std::move(items);
    json["error"] = jsonOrNull(preview.refusal);
    output.json(documentText(json));
}

void printProgress(const app::BulkProgress &progress, Context &context)
{
    context.output().note(tr("%1 of %2  %3  %4")
                              .arg(progress.through)
                              .arg(progress.of)
                              .arg(idOf(progress.newest.item), outcomeWord(progress.newest)),
                          toneOf(progress.newest));
}

int printBulkReport(const app::BulkReport &report, const Afterwards &after,
                    const app::BulkRequest &request, Context &context)
{
    Output &output = context.output();
    const int exitCode = exitCodeOfAll(report, after);
    if (context.isJson()) {
        Json json = Json::parse(app::bulkJson(report).toStdString());
        json["action"] = jsonOf(app::verbOf(request.deed));
        json["watched_ms"] = jsonOf(after.watched);
        json["watched_to_the_end"] = after.isKnown;
        json["reappeared"] = findingsJson(after.findings);
        output.json(documentText(json));
    } else {
        TextTable table({{tr("SESSION")}, {tr("OUTCOME"), false, true}});
        for (const app::BulkOutcome &outcome : report.outcomes)
            table.add(
                {{idOf(outcome.item), Tone::Strong}, {outcomeWord(outcome), toneOf(outcome)}});
        output.table(table);
    }
    QString summary = tr("%1 of %2 done").arg(report.done()).arg(report.outcomes.size());
    if (report.notReached() > 0)
        summary += tr(", %1 not reached").arg(report.notReached());
    if (const QString silence = after.silence(); !silence.isEmpty())
        summary += u"; " + silence;
    output.note(summary, report.isAllDone() ? Tone::Ok : Tone::Bad);
    return exitCode;
}

int exitCodeOf(const app::BulkPreview &preview)
{
    if (preview.refusal)
        return static_cast<int>(exitCodeOf(preview.refusal->code));
    for (const app::BulkPreviewItem &one : preview.items) {
        if (preview.refused() == preview.items.size())
            return static_cast<int>(exitCodeOf(one.preview.refusal->code));
    }
    return static_cast<int>(preview.refused() > 0 ? ExitCode::PartlyDone : ExitCode::Done);
}

ResultFile::ResultFile(const QString &name)
    : m_file(name)
{}

Result<void> ResultFile::open()
{
    if (!isWanted() || m_file.open(QIODevice::WriteOnly))
        return {};
    return failure(tr("nothing was touched; give another --results"));
}

Result<void> ResultFile::write(const app::BulkReport &report)
{
    if (!isWanted())
        return {};
    const bool isJson = m_file.fileName().endsWith(u".json");
    const QByteArray bytes = isJson ? app::bulkJson(report) : app::bulkCsv(report);
    if (m_file.write(bytes) == bytes.size() && m_file.commit())
        return {};
    return failure(tr("the results are above, and in the audit log"));
}

Error ResultFile::failure(const QString &hint) const
{
    return {ErrorCode::Io, tr("cannot write %1: %2").arg(m_file.fileName(), m_file.errorString()),
            hint};
}

} // namespace lockkeeper::cli
