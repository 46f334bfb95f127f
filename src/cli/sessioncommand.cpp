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

/// A message that a concurrent writer kept out is tried once more on fresh data.
constexpr int kAppendTries = 3;

template<typename T>
std::optional<Error> failureOf(const Result<T> &result)
{
    if (result)
        return std::nullopt;
    return result.error();
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
    addExamples(app, tr("lockkeeper-cli session create --user 91d0… --json\n"
                        "lockkeeper-cli session list --user 91d0… --limit 10\n"
                        "lockkeeper-cli session append 3f2a77c1-… --role user --content \"Hello\"\n"
                        "lockkeeper-cli session rename 3f2a77c1-… \"A better title\""));
}

void SessionCommand::declareReading(CLI::App &app)
{
    CLI::App *get = app.add_subcommand("get", tr("Get a session: from the cache, else from the "
                                                 "database")
                                                  .toStdString());
    addSession(*get, "SESSION", m_session, tr("The session's id"));
    addUser(*get, "--user", m_user, tr("Only if it is this user's"));
    get->callback([this] { m_verb = Verb::Get; });

    CLI::App *list =
        app.add_subcommand("list", tr("List a user's sessions, newest first").toStdString());
    addUser(*list, "--user", m_user, tr("Whose sessions"))->required();
    addNumber(*list, "--limit", m_limit, 1, tr("At most this many (default 50)"));
    addNumber(*list, "--offset", m_offset, 0, tr("Leave out this many at the beginning"));
    list->callback([this] { m_verb = Verb::List; });
}

void SessionCommand::declareWriting(CLI::App &app)
{
    CLI::App *create = app.add_subcommand("create", tr("Create an empty session").toStdString());
    addUser(*create, "--user", m_user, tr("Whose session it is"))->required();
    create->callback([this] { m_verb = Verb::Create; });

    CLI::App *append =
        app.add_subcommand("append", tr("Append a message, under the lock").toStdString());
    addSession(*append, "SESSION", m_session, tr("The session's id"));
    addText(*append, "--role", m_role, tr("user, assistant, system, developer, tool or function"))
        ->required()
        ->check(CLI::IsMember({"user", "assistant", "system", "developer", "tool", "function"})
                    .description(""))
        ->type_name("ROLE");
    addText(*append, "--content", m_content, tr("The message's text"))->required();
    append->callback([this] { m_verb = Verb::Append; });

    CLI::App *rename = app.add_subcommand("rename", tr("Give a session a title").toStdString());
    addSession(*rename, "SESSION", m_session, tr("The session's id"));
    addText(*rename, "TITLE", m_title, tr("The new title"))->required();
    rename->callback([this] { m_verb = Verb::Rename; });
}

QCoro::Task<int> SessionCommand::run(Context &context)
{
    const bool isWriting = m_verb != Verb::Get && m_verb != Verb::List;
    if (isWriting && context.isReadOnly())
        co_return context.fail(app::readOnlyRefusal());
    m_actionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    const auto use = isWriting ? Context::DatabaseUse::Writes : Context::DatabaseUse::Reads;
    const Result<app::Workspace *> connected = co_await context.connectWithDatabase(use);
    if (!connected)
        co_return context.fail(connected.error());
    app::Workspace &workspace = **connected;
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
    const std::optional<Error> failure = failureOf(created);
    const Result<void> outcome = co_await recordOutcome(workspace, failure);
    if (!created)
        co_return context.fail(created.error());
    if (!outcome)
        co_return context.fail(outcome.error());
    printWarnings(created->warnings, context);
    co_return co_await print(created->session, workspace, context);
}

QCoro::Task<int> SessionCommand::runAppend(app::Workspace &workspace, Context &context)
{
    const Result<void> recorded = co_await workspace.audit().append(auditEntry(workspace));
    if (!recorded)
        co_return context.fail(recorded.error());
    Result<UpsertOutcome> appended = co_await appendOnce(*workspace.store());
    for (int tries = 1; tries < kAppendTries; ++tries) {
        if (!appended || appended->saved.messagesInserted > 0)
            break;
        appended = co_await appendOnce(*workspace.store());
    }
    if (appended && appended->saved.messagesInserted == 0)
        appended = Error{ErrorCode::Database,
                         tr("the message was not stored: others write to session %1 all the time")
                             .arg(printable(m_session.bytes())),
                         tr("try again")};
    const std::optional<Error> failure = failureOf(appended);
    const Result<void> outcome = co_await recordOutcome(workspace, failure);
    if (!appended)
        co_return context.fail(appended.error());
    if (!outcome)
        co_return context.fail(outcome.error());
    printWarnings(appended->warnings, context);
    co_return co_await print(appended->session, workspace, context);
}

Task<UpsertOutcome> SessionCommand::appendOnce(sessions::SessionStore &store) const
{
    const Result<sessions::FoundSession> found = co_await store.get(m_session, m_user);
    if (!found)
        co_return found.error();
    if (!found->session)
        co_return notFound();
    ChatSession session = *found->session;
    sessions::ChatMessage message;
    message.role = m_role;
    message.content = m_content;
    session.messages.append(message);
    Result<UpsertOutcome> outcome = co_await store.upsert(session);
    if (outcome)
        outcome->warnings = found->warnings + outcome->warnings;
    co_return outcome;
}

QCoro::Task<int> SessionCommand::runRename(app::Workspace &workspace, Context &context)
{
    const Result<void> recorded = co_await workspace.audit().append(auditEntry(workspace));
    if (!recorded)
        co_return context.fail(recorded.error());
    Result<bool> renamed = co_await workspace.store()->rename(m_session, m_title);
    if (renamed && !*renamed)
        renamed = notFound();
    const std::optional<Error> failure = failureOf(renamed);
    const Result<void> outcome = co_await recordOutcome(workspace, failure);
    if (!renamed)
        co_return context.fail(renamed.error());
    if (!outcome)
        co_return context.fail(outcome.error());
    co_return co_await runGet(workspace, context);
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

Task<void> SessionCommand::recordOutcome(app::Workspace &workspace,
                                         std::optional<Error> failure) const
{
    app::AuditEntry entry = auditEntry(workspace);
    entry.phase = app::AuditEntry::Phase::Outcome;
    entry.outcome = failure ? QString(u"failed: " + failure->what) : QStringLiteral("done");
    co_return co_await workspace.audit().append(entry);
}

QCoro::Task<int> SessionCommand::print(ChatSession session, app::Workspace &workspace,
                                       Context &context) const
{
    if (!context.isJson()) {
        printSession(session, context.output());
        co_return code(ExitCode::Done);
    }
    if (m_verb == Verb::Get && !session.messages.isEmpty()) {
        const std::optional<Error> noFailure;
        const Result<void> recorded = co_await recordOutcome(workspace, noFailure);
        if (!recorded)
            co_return context.fail(recorded.error());
    }
    context.output().json(sessionDocument(session));
    co_return code(ExitCode::Done);
}

} // namespace lockkeeper::cli
