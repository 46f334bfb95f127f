// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/auditcommand.h"

#include "app/auditexport.h"
#include "cli/auditview.h"
#include "cli/context.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace lockkeeper::cli {

namespace {

constexpr const char *kListExample = "lockkeeper-cli audit list --since 7d --session 3f2a77c1-…";
constexpr const char *kVerifyExample = "lockkeeper-cli audit verify";
constexpr const char *kExportExample = "lockkeeper-cli audit export --format csv > audit.csv";

std::string checkedFormat(const std::string &format)
{
    if (format == "csv" || format == "json")
        return {};
    return QCoreApplication::translate("cli", "\"%1\" is no format — csv and json are")
        .arg(QString::fromStdString(format))
        .toStdString();
}

constexpr std::array kActions{"release", "take-over", "give-back", "delete", "unlock",
                              "create",  "append",    "rename",    "reveal"};

QString actionNames()
{
    QStringList names;
    for (const char *action : kActions)
        names.append(QLatin1StringView(action));
    return names.join(u", ");
}

std::string checkedAction(const std::string &action)
{
    if (std::ranges::find(kActions, action) != kActions.end())
        return {};
    return QCoreApplication::translate("cli", "\"%1\" is no kind of act — the kinds are %2")
        .arg(QString::fromStdString(action), actionNames())
        .toStdString();
}

/// `one` for 1, else `several` with the number for %1.
QString counted(qint64 number, const QString &one, const QString &several)
{
    return number == 1 ? one : several.arg(number);
}

QString placeText(const app::ChainFault &fault)
{
    return fault.line > 0 ? QStringLiteral("%1:%2").arg(fault.file).arg(fault.line) : fault.file;
}

} // namespace

void AuditCommand::declare(CLI::App &app)
{
    app.require_subcommand(1, 1);
    CLI::App *list =
        app.add_subcommand("list", tr("List what was done, oldest first").toStdString());
    declareSelection(*list);
    addFlag(*list, "--cut-short", m_isCutShortOnly,
            tr("Only what has no outcome: the program ended in between"));
    list->group(kVerbs);
    addExamples(*list, tr(kListExample));
    list->callback([this] { m_verb = Verb::List; });

    CLI::App *verify = app.add_subcommand(
        "verify", tr("Check that no line was changed, removed, added or moved; exit code 1 if one "
                     "was")
                      .toStdString());
    verify->group(kVerbs);
    addExamples(*verify, tr(kVerifyExample));
    verify->callback([this] { m_verb = Verb::Verify; });

    CLI::App *exporting = app.add_subcommand(
        "export", tr("Write every line to standard output, as CSV or JSON").toStdString());
    declareSelection(*exporting);
    addText(*exporting, "--format", m_format, tr("csv (the default) or json"))
        ->check(checkedFormat)
        ->type_name("FORMAT");
    exporting->group(kVerbs);
    addExamples(*exporting, tr(kExportExample));
    exporting->callback([this] { m_verb = Verb::Export; });
    addExamples(app,
                QStringList{tr(kListExample), tr(kVerifyExample), tr(kExportExample)}.join(u'\n'));
}

void AuditCommand::declareSelection(CLI::App &app)
{
    addSpan(app, "--since", m_since, tr("Only of this last span, as 7d"));
    addText(app, "--session", m_session, tr("Only of this session"))->type_name("SESSION");
    addText(app, "--action", m_action, tr("Only this kind: %1").arg(actionNames()))
        ->check(checkedAction)
        ->type_name("ACTION");
}

QCoro::Task<int> AuditCommand::run(Context &context)
{
    app::AuditLog log(app::AuditLog::defaultFolder(), context.clock());
    switch (m_verb) {
    case Verb::List:
        co_return co_await runList(log, context);
    case Verb::Verify:
        co_return co_await runVerify(log, context);
    case Verb::Export:
        co_return co_await runExport(log, context);
    }
    Q_UNREACHABLE();
}

QCoro::Task<int> AuditCommand::runVerify(app::AuditLog &log, Context &context)
{
    const Result<app::ChainReport> report = co_await log.verify();
    if (!report)
        co_return context.fail(report.error());
    Output &output = context.output();
    if (context.isJson())
        output.json(chainReportJson(*report, log.folder()));
    for (const app::ChainFault &fault : report->faults)
        output.note(placeText(fault) + u": " + fault.what, Tone::Bad);
    if (report->unchained > 0)
        output.note(counted(report->unchained,
                            tr("1 line from before the log was chained cannot be checked"),
                            tr("%1 lines from before the log was chained cannot be checked")));
    if (report->torn > 0)
        output.note(counted(report->torn, tr("1 torn line"), tr("%1 torn lines")) +
                    tr(", left by a program that ended while it wrote; nothing was done on its "
                       "word"));
    if (!report->isWhole())
        co_return context.fail(
            {ErrorCode::Corrupt, tr("the audit log in %1 is not whole").arg(log.folder()),
             tr("keep a copy of the folder as it is, and compare it with your backups")});
    if (!context.isJson() && report->files == 0)
        output.line(tr("there is no audit log in %1 yet").arg(log.folder()));
    else if (!context.isJson())
        output.line(tr("whole: %1 in %2; newest %3")
                        .arg(counted(report->entries, tr("1 entry"), tr("%1 entries")),
                             counted(report->files, tr("1 file"), tr("%1 files")),
                             QString::fromLatin1(report->head)),
                    Tone::Ok);
    co_return code(ExitCode::Done);
}

QCoro::Task<int> AuditCommand::runList(app::AuditLog &log, Context &context)
{
    const Result<QList<app::AuditRecord>> records = co_await selected(log, context);
    if (!records)
        co_return context.fail(records.error());
    QList<app::AuditRun> runs = app::runsOf(*records);
    if (m_isCutShortOnly)
        runs.removeIf([](const app::AuditRun &run) { return !run.isCutShort(); });
    if (context.isJson())
        context.output().json(auditRunsJson(runs));
    else if (!runs.isEmpty())
        context.output().table(auditTable(runs));
    else
        co_return co_await tellOfNone(log, context);
    co_return code(ExitCode::Done);
}

/// Nothing was done, or nothing like what was asked for.
QCoro::Task<int> AuditCommand::tellOfNone(app::AuditLog &log, Context &context)
{
    const Result<QList<app::AuditRecord>> all = co_await log.records(std::nullopt);
    if (!all)
        co_return context.fail(all.error());
    const qsizetype acts = app::runsOf(*all).size();
    context.output().note(acts == 0 ? tr("nothing in %1").arg(log.folder())
                                    : counted(acts, tr("the 1 act there is does not match"),
                                              tr("none of %1 acts match")));
    co_return code(ExitCode::Done);
}

QCoro::Task<int> AuditCommand::runExport(app::AuditLog &log, Context &context)
{
    const Result<QList<app::AuditRecord>> records = co_await selected(log, context);
    if (!records)
        co_return context.fail(records.error());
    const bool isJson = m_format.isEmpty() ? context.isJson() : m_format == u"json";
    context.output().json(isJson ? app::auditRecordsJson(*records)
                                 : app::auditRecordsCsv(*records));
    co_return code(ExitCode::Done);
}

Task<QList<app::AuditRecord>> AuditCommand::selected(app::AuditLog &log, Context &context) const
{
    std::optional<WallTime> since;
    if (m_since)
        since = context.clock().wall() - *m_since;
    Result<QList<app::AuditRecord>> records = co_await log.records(since);
    if (!records)
        co_return records;
    records->removeIf([this](const app::AuditRecord &record) {
        return (!m_session.isEmpty() && record.session != m_session) ||
               (!m_action.isEmpty() && record.action != m_action);
    });
    co_return records;
}

} // namespace lockkeeper::cli
