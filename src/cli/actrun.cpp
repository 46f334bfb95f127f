// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/actrun.h"

#include "app/workspace.h"
#include "cli/bulkview.h"
#include "cli/console.h"
#include "cli/context.h"
#include "cli/ending.h"
#include "cli/exitcode.h"
#include "cli/reportprinter.h"
#include "core/text.h"

#include <algorithm>

namespace lockkeeper::cli {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

milliseconds verifySpan(const ActOptions &options)
{
    const milliseconds wanted = options.verify.value_or(
        isInteractive() ? milliseconds(app::Aftercare::kSpan) : milliseconds::zero());
    return std::min<milliseconds>(wanted, app::Aftercare::kSpan);
}

/// Waits until nothing is watched any more, the span is over, or the operator has seen enough.
QCoro::Task<Afterwards> watchAfterwards(app::Workspace &workspace, milliseconds span,
                                        Context &context)
{
    Afterwards after;
    app::Aftercare &care = workspace.aftercare();
    if (span <= milliseconds::zero() || care.watching() == 0)
        co_return after;
    context.output().note(
        isInteractive() ? tr("watching for %1 who comes back; Ctrl+C ends that").arg(spanText(span))
                        : tr("watching for %1 who comes back").arg(spanText(span)));
    const SteadyTime begun = context.clock().steady();
    Ending<void> over;
    QObject scope;
    QObject::connect(&care, &app::Aftercare::found, &scope, [&](const app::Finding &finding) {
        after.findings.append(finding);
        context.output().warning(printable(finding.session.bytes()) + u": " + finding.text);
    });
    QObject::connect(&care, &app::Aftercare::ended, &scope, [&](const SessionId &, bool isKnown) {
        after.isKnown = after.isKnown && isKnown;
        if (care.watching() == 0)
            over.end({});
    });
    QTimer::singleShot(span, &scope, [&] { over.end({}); });
    const auto stopped = endOnStop(context.stop(), over);
    static_cast<void>(co_await over.future());
    after.isKnown = after.isKnown && care.isKnown();
    after.watched = std::chrono::floor<milliseconds>(context.clock().steady() - begun);
    co_return after;
}

/// Asks for what has to be typed, or for a yes.
Task<QString> confirmed(QString phrase, QString question, ActOptions options, Context &context)
{
    if (phrase.isEmpty()) {
        if (options.isConfirmed)
            co_return QString();
        const Result<void> yes = co_await context.confirm(question);
        if (!yes)
            co_return yes.error();
        co_return QString();
    }
    if (!options.typed.isEmpty() || options.isConfirmed)
        co_return options.typed; // Actions says whether it is right
    co_return co_await context.askFor(question +
                                      tr(" This is production. Type %1 to do it:").arg(phrase));
}

/// What is typed in the window and at a terminal is an option as well.
Error withConfirmOption(Error refusal, const QString &phrase)
{
    if (refusal.hint == u"type " + phrase)
        refusal.hint = tr("give --confirm %1").arg(phrase);
    return refusal;
}

/// The same of all that may be in the way of many.
Error withOptions(Error refusal, const app::BulkRequest &request, const app::Workspace &workspace)
{
    refusal = withConfirmOption(refusal, QString::number(request.items.size()));
    const int cap = request.raisedCap.value_or(workspace.target().guardrails.cap);
    if (request.items.size() > cap)
        refusal.hint =
            tr("choose fewer, or give --cap %1 if you mean all of them").arg(request.items.size());
    return refusal;
}

/// Shows what would be done and asks for a yes. @return the exit code of a dry run, or of a
/// refusal; nothing: what was typed is in `typed`, and it is to be done.
QCoro::Task<std::optional<int>> preview(app::BulkRequest request, ActOptions options,
                                        app::Workspace &workspace, Context &context, QString *typed)
{
    const app::BulkPreview preview = co_await app::previewBulk(workspace.actions(), request);
    if (options.isDryRun)
        printBulkPreviewAsData(preview, request, context);
    if (preview.refusal)
        co_return context.fail(withOptions(*preview.refusal, request, workspace));
    if (options.isDryRun)
        co_return exitCodeOf(preview);
    printBulkPreview(preview, context);
    if (preview.refused() == preview.items.size()) // there is nothing to ask
        co_return exitCodeOf(preview);
    const Result<QString> answer =
        co_await confirmed(preview.phrase, bulkQuestion(request), options, context);
    if (!answer)
        co_return context.fail(answer.error());
    *typed = *answer;
    co_return std::nullopt;
}

} // namespace

QString Afterwards::silence() const
{
    if (watched <= milliseconds::zero() || !findings.isEmpty())
        return {};
    return isKnown ? tr("nothing came back within %1").arg(spanText(watched))
                   : tr("whether anything came back within %1 is not known: it could not be read "
                        "to the end")
                         .arg(spanText(watched));
}

bool Afterwards::isUndone() const
{
    return std::ranges::any_of(findings, [](const app::Finding &finding) {
        return finding.kind != app::Finding::Kind::Lock;
    });
}

QCoro::Task<int> runOne(OneAct act, ActOptions options, app::Workspace &workspace, Context &context)
{
    if (!options.isDryRun) {
        // Nothing is unlocked, and on record as that, for what is not done anyway.
        const bool isChecked = options.isConfirmed && act.unconfirmed;
        if (const auto refusal = isChecked ? act.unconfirmed(options.typed) : std::nullopt)
            co_return context.fail(withConfirmOption(*refusal, printable(act.session.bytes())));
        const Result<void> unlocked = co_await context.unlock(workspace, options.reason);
        if (!unlocked)
            co_return context.fail(unlocked.error());
    }
    QString typed = options.typed;
    if (!options.isConfirmed || options.isDryRun) {
        const app::Preview preview = co_await act.preview();
        if (options.isDryRun)
            printPreviewAsData(preview, act.action, context);
        if (preview.refusal)
            co_return context.fail(*preview.refusal);
        if (options.isDryRun)
            co_return static_cast<int>(ExitCode::Done);
        printPreview(preview, context);
        const Result<QString> answer =
            co_await confirmed(preview.phrase, act.question, options, context);
        if (!answer)
            co_return context.fail(answer.error());
        typed = *answer;
    }
    const milliseconds span = verifySpan(options);
    if (span > milliseconds::zero())
        workspace.hear();
    if (act.isDelete)
        context.leaveStoppingToVerb(); // a delete under way ends in order
    app::ActionReport report = co_await act.act(typed);
    if (report.failure)
        report.failure = withConfirmOption(*report.failure, printable(act.session.bytes()));
    if (!context.isJson())
        printReportText(report, context);
    context.leaveStoppingToVerb();
    const Afterwards after = co_await watchAfterwards(workspace, span, context);
    co_return printReport(report, after, act, context);
}

QCoro::Task<int> runMany(app::BulkRequest request, ActOptions options, QString resultFile,
                         app::Workspace &workspace, Context &context)
{
    request.typed = options.typed;
    if (!options.isDryRun) {
        // Nothing is unlocked, and on record as that, for what is not done anyway.
        const auto refusal =
            app::bulkRefusal(request, workspace.actions().guardrails(), options.isConfirmed);
        if (refusal)
            co_return context.fail(withOptions(*refusal, request, workspace));
        const Result<void> unlocked = co_await context.unlock(workspace, options.reason);
        if (!unlocked)
            co_return context.fail(unlocked.error());
    }
    request.reason = options.reason;
    request.stop = context.stop();
    if (!options.isConfirmed || options.isDryRun) {
        const std::optional<int> ended =
            co_await preview(request, options, workspace, context, &request.typed);
        if (ended)
            co_return *ended;
    }
    ResultFile results(resultFile);
    if (const Result<void> opened = results.open(); !opened)
        co_return context.fail(opened.error());
    const milliseconds span = verifySpan(options);
    if (span > milliseconds::zero())
        workspace.hear();
    context.leaveStoppingToVerb(); // the act under way ends in order, and no other begins
    const auto tell = [&context](const app::BulkProgress &progress) {
        printProgress(progress, context);
    };
    const app::BulkReport report = co_await app::runBulk(workspace.actions(), request, tell);
    if (report.refusal)
        co_return context.fail(withOptions(*report.refusal, request, workspace));
    const Result<void> written = results.write(report);
    const Afterwards after = co_await watchAfterwards(workspace, span, context);
    const int exitCode = printBulkReport(report, after, request, context);
    if (!written)
        co_return context.fail(written.error());
    co_return exitCode;
}

} // namespace lockkeeper::cli
