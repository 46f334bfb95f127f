// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/sessioncommand.h"

#include "app/preview.h"
#include "cli/context.h"
#include "cli/jsonvalues.h"
#include "cli/sessionview.h"
#include "core/text.h"

#include <QUuid>

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

using sessions::ChatSession;
using sessions::UpsertOutcome;

namespace {

/// What became of a write, for the audit log.
template<typename T>
app::ActionReport reportOf(const Result<T> &result)
{
    app::ActionReport report;
    if (!result)
        report.failure = result.error();
    return report;
}

app::ActionReport partlyDone(const std::optional<Error> &rest)
{
    app::ActionReport report;
    report.failure = rest;
    report.isPartlyDone = rest.has_value();
    return report;
}

constexpr const char *kCreateExample = "lockkeeper-cli session create --user 91d0… --json";
constexpr const char *kGetExample = "lockkeeper-cli session get 3f2a77c1-… --json";
constexpr const char *kListExample = "lockkeeper-cli session list --user 91d0… --limit 10";
constexpr const char *kAppendExample =
    "lockkeeper-cli session append 3f2a77c1-… --role user --content \"Hello\"";
constexpr const char *kRenameExample =
    "lockkeeper-cli session rename 3f2a77c1-… \"A better title\"";

/// Empty, or why it is no role; as CLI11 takes it.
std::string checkedRole(const std::string &role)
{
    static const QStringList kRoles{QStringLiteral("user"),   QStringLiteral("assistant"),
                                    QStringLiteral("system"), QStringLiteral("developer"),
                                    QStringLiteral("tool"),   QStringLiteral("function")};
    const QString given = QString::fromStdString(role);
    if (kRoles.contains(given))
        return {};
    return QCoreApplication::translate("cli", "\"%1\" is no role — the roles are %2")
        .arg(given, kRoles.join(u", "))
        .toStdString();
}

void printWarnings(const QStringList &warnings, Context &context)
{
    for (const QString &warning : warnings)
        context.output().warning(warning);
}

} // namespace

void SessionCommand::declare(CLI::App &app)
{
    app.require_subcommand(1, 1);
    declareReading(app);
    declareWriting(app);
    addExamples(app, QStringList{tr(kCreateExample), tr(kGetExample), tr(kListExample),
                                 tr(kAppendExample), tr(kRenameExample)}
                         .join(u'\n'));
}

void SessionCommand::declareReveal(CLI::App &verb)
{
    addFlag(verb, "--reveal", m_isRevealing,
            tr("With --json: show the messages' texts, and fields that are not known; that "
               "you asked is kept in the audit log"));
}

void SessionCommand::declareReading(CLI::App &app)
{
    CLI::App *get = app.add_subcommand("get", tr("Get a session: from the cache, else from the "
                                                 "database")
                                                  .toStdString());
    addSession(*get, "SESSION", m_session, tr("The session's id"));
    addUser(*get, "--user", m_user, tr("Only if it is this user's"));
    declareReveal(*get);
    get->group(kVerbs);
    addExamples(*get, tr(kGetExample));
    get->callback([this] { m_verb = Verb::Get; });

    CLI::App *list =
        app.add_subcommand("list", tr("List a user's sessions, newest first").toStdString());
    addUser(*list, "--user", m_user, tr("Whose sessions"))->required();
    addNumber(*list, "--limit", m_limit, 1, tr("At most this many (default 50)"));
    addNumber(*list, "--offset", m_offset, 0, tr("Leave out this many at the beginning"));
    list->group(kVerbs);
    addExamples(*list, tr(kListExample));
    list->callback([this] { m_verb = Verb::List; });
}

void SessionCommand::declareWriting(CLI::App &app)
{
    CLI::App *create = app.add_subcommand("create", tr("Create an empty session").toStdString());
    addUser(*create, "--user", m_user, tr("Whose session it is"))->required();
    declareReveal(*create);
    create->group(kVerbs);
    addExamples(*create, tr(kCreateExample));
    create->callback([this] { m_verb = Verb::Create; });

    CLI::App *append =
        app.add_subcommand("append", tr("Append a message, under the lock").toStdString());
    addSession(*append, "SESSION", m_session, tr("The session's id"));
    addText(*append, "--role", m_role, tr("user, assistant, system, developer, tool or function"))
        ->required()
        ->check(checkedRole)
        ->type_name("ROLE");
    addText(*append, "--content", m_content, tr("The message's text"))->required();
    declareReveal(*append);
    append->group(kVerbs);
    addExamples(*append, tr(kAppendExample));
    append->callback([this] { m_verb = Verb::Append; });

    CLI::App *rename = app.add_subcommand("rename", tr("Give a session a title").toStdString());
    addSession(*rename, "SESSION", m_session, tr("The session's id"));
    addText(*rename, "TITLE", m_title, tr("The new title"))->required();
    declareReveal(*rename);
    rename->group(kVerbs);
    addExamples(*rename, tr(kRenameExample));
    rename->callback([this] { m_verb = Verb::Rename; });
}

QCoro::Task<int> SessionCommand::run(Context &context)
{
    if (m_isRevealing && !context.isJson())
        co_return context.fail({ErrorCode::InvalidInput, tr("--reveal goes with --json"),
                                tr("lockkeeper-cli show SESSION --reveal prints texts")});
    const bool isWriting = m_verb != Verb::Get && m_verb != Verb::List;
    const std::optional<Error> readOnly = context.readOnlyRefusal();
    if (isWriting && readOnly)
        co_return context.fail(*readOnly);
    m_actionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    const auto use = !isWriting               ? Context::DatabaseUse::Reads
                     : m_verb == Verb::Rename ? Context::DatabaseUse::Writes
                                              : Context::DatabaseUse::Adds;
    const Result<app::Workspace *> connected = co_await context.connectWithDatabase(use);
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
    app::WriteWindow::Pass pass; // while it writes
    if (isWriting) {
        const Result<app::WriteWindow::Pass> given = co_await context.writePass(workspace);
        if (!given)
            co_return context.fail(given.error());
        pass = *given;
    }
    switch (m_verb) {
    case Verb::Create:
        co_return co_await runCreate(workspace, context);
    case Verb::Get:
        co_return co_await runGet(workspace, context);
    case Verb::List:
        co_return co_await runList(workspace, context);
    case Verb::Append:
        co_return co_await runAppend(workspace, context);
    case Verb::Rename:
        co_return co_await runRename(workspace, context);
    }
    Q_UNREACHABLE();
}

QCoro::Task<int> SessionCommand::runGet(app::Workspace &workspace, Context &context)
{
    const Result<sessions::FoundSession> found = co_await workspace.store()->get(m_session, m_user);
    if (!found)
        co_return context.fail(found.error());
    printWarnings(found->warnings, context);
    if (!found->session)
        co_return context.fail(notFound());
    co_return co_await print(*found->session, workspace, context);
}

QCoro::Task<int> SessionCommand::runList(app::Workspace &workspace, Context &context)
{
    const auto summaries = co_await workspace.store()->list(*m_user, m_limit, m_offset);
    if (!summaries)
        co_return context.fail(summaries.error());
    if (context.isJson())
        context.output().json(summariesJson(*summaries));
    else if (summaries->isEmpty())
        context.output().note(tr("no sessions of user %1").arg(printable(m_user->bytes())));
    else
        context.output().table(summariesTable(*summaries));
    co_return code(ExitCode::Done);
}

QCoro::Task<int> SessionCommand::runCreate(app::Workspace &workspace, Context &context)
{
    const Result<void> recorded = co_await workspace.audit().append(auditEntry(workspace));
    if (!recorded)
        co_return context.fail(recorded.error());
    const Result<UpsertOutcome> created = co_await workspace.store()->create(*m_user);
    if (created)
        m_session = created->session.id;
    const app::ActionReport report = reportOf(created);
    if (const std::optional<int> ended = co_await conclude(report, workspace, context))
        co_return *ended;
    printWarnings(created->warnings, context);
    co_return co_await print(created->session, workspace, context);
}

QCoro::Task<int> SessionCommand::runAppend(app::Workspace &workspace, Context &context)
{
    const Result<void> recorded = co_await workspace.audit().append(auditEntry(workspace));
    if (!recorded)
        co_return context.fail(recorded.error());
    sessions::ChatMessage message;
    message.role = m_role;
    message.content = m_content;
    Result<std::optional<UpsertOutcome>> appended =
        co_await workspace.store()->append(m_session, m_user, message);
    if (appended && !*appended)
        appended = notFound();
    const app::ActionReport report =
        appended ? partlyDone((*appended)->notCached) : reportOf(appended);
    if (appended)
        printWarnings((*appended)->warnings, context);
    if (const std::optional<int> ended = co_await conclude(report, workspace, context))
        co_return *ended;
    co_return co_await print((*appended)->session, workspace, context);
}

QCoro::Task<int> SessionCommand::runRename(app::Workspace &workspace, Context &context)
{
    const Result<void> recorded = co_await workspace.audit().append(auditEntry(workspace));
    if (!recorded)
        co_return context.fail(recorded.error());
    Result<sessions::RenameOutcome> renamed =
        co_await workspace.store()->rename(m_session, m_title);
    if (renamed && !renamed->isFound)
        renamed = notFound();
    const app::ActionReport report = renamed ? partlyDone(renamed->notDropped) : reportOf(renamed);
    if (const std::optional<int> ended = co_await conclude(report, workspace, context))
        co_return *ended;
    co_return co_await printRenamed(workspace, context);
}

QCoro::Task<int> SessionCommand::printRenamed(app::Workspace &workspace, Context &context)
{
    const Result<sessions::FoundSession> found = co_await workspace.store()->get(m_session, m_user);
    if (found)
        printWarnings(found->warnings, context);
    if (found && found->session)
        co_return co_await print(*found->session, workspace, context);
    const Error reason = found ? notFound() : found.error();
    context.output().warning(
        tr("the session is renamed, but could not be read after it: %1").arg(describe(reason)));
    co_return code(ExitCode::Done);
}

Error SessionCommand::notFound() const
{
    const QString id = printable(m_session.bytes());
    if (m_user)
        return {ErrorCode::NotFound,
                tr("there is no session %1 of user %2").arg(id, printable(m_user->bytes())),
                {}};
    return {ErrorCode::NotFound, tr("there is no session %1").arg(id), {}};
}

app::AuditEntry SessionCommand::auditEntry(const app::Workspace &workspace) const
{
    QString action;
    switch (m_verb) {
    case Verb::Create:
        action = QStringLiteral("create");
        break;
    case Verb::Append:
        action = QStringLiteral("append");
        break;
    case Verb::Rename:
        action = QStringLiteral("rename");
        break;
    case Verb::Get:
    case Verb::List:
        action = QStringLiteral("reveal");
        break;
    }
    app::AuditEntry entry;
    entry.actionId = m_actionId;
    entry.action = action;
    entry.target = workspace.target().name;
    entry.session = m_session;
    if (!m_session.isEmpty())
        entry.key = workspace.target().family.cacheKey(m_session).bytes();
    return entry;
}

Task<void> SessionCommand::recordOutcome(app::Workspace &workspace, app::ActionReport report) const
{
    app::AuditEntry entry = auditEntry(workspace);
    entry.phase = app::AuditEntry::Phase::Outcome;
    entry.outcome = app::outcomeText(report);
    co_return co_await workspace.audit().append(entry);
}

Task<void> SessionCommand::recordReveal(app::Workspace &workspace) const
{
    app::AuditEntry entry = auditEntry(workspace);
    entry.actionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    entry.phase = app::AuditEntry::Phase::Outcome;
    entry.action = QStringLiteral("reveal");
    entry.outcome = QStringLiteral("done");
    co_return co_await workspace.audit().append(entry);
}

QCoro::Task<std::optional<int>> SessionCommand::conclude(app::ActionReport report,
                                                         app::Workspace &workspace,
                                                         Context &context) const
{
    const Result<void> recorded = co_await recordOutcome(workspace, report);
    if (report.failure) {
        if (!recorded)
            context.output().warning(
                tr("THE OUTCOME IS NOT IN THE AUDIT LOG: %1 — keep this report")
                    .arg(recorded.error().what));
        const int failed = context.fail(*report.failure);
        co_return report.isPartlyDone ? code(ExitCode::PartlyDone) : failed;
    }
    if (!recorded)
        co_return context.fail(recorded.error());
    co_return std::nullopt;
}

QCoro::Task<int> SessionCommand::print(ChatSession session, app::Workspace &workspace,
                                       Context &context) const
{
    if (!context.isJson()) {
        printSession(session, context.output());
        co_return code(ExitCode::Done);
    }
    if (m_isRevealing) {
        const Result<void> recorded = co_await recordReveal(workspace);
        if (!recorded)
            co_return context.fail(recorded.error());
    }
    context.output().json(sessionDocument(session, m_isRevealing));
    co_return code(ExitCode::Done);
}

} // namespace lockkeeper::cli
