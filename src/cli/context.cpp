// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/context.h"

#include "cli/console.h"
#include "cli/ending.h"
#include "cli/exitcode.h"
#include "core/text.h"

#include <QCoreApplication>
#include <QProcessEnvironment>

namespace lockkeeper::cli {

namespace {

/// Whatever keeps us from talking to the server means that we cannot connect; what it was exactly
/// is in the sentence.
Error openingError(Error error)
{
    if (error.code != ErrorCode::InvalidInput && error.code != ErrorCode::Cancelled)
        error.code = ErrorCode::CannotConnect;
    return error;
}

} // namespace

Context::Context(CommonOptions options, const Clock &clock)
    : m_options(std::move(options))
    , m_clock(clock)
{
    QObject::connect(&m_signals, &SignalWatcher::received, this, [this] { m_stop.request_stop(); });
}

Task<app::Target> Context::target()
{
    if (!m_options.profile.isEmpty())
        co_return co_await targetOfProfile();
    if (!m_options.isDemo) {
        const Result<app::Target> given =
            app::resolveTarget(m_options.target, QProcessEnvironment::systemEnvironment());
        if (!given)
            co_return given.error();
        co_return guarded(*given);
    }
    const Result<void> started = co_await startDemo();
    if (!started)
        co_return started.error();
    app::Target target;
    target.name = QStringLiteral("Demo");
    target.server = m_demo->server();
    target.database = m_demo->database();
    target.nodeNames = m_demo->nodeNames();
    target.isReadOnly = m_options.target.isReadOnly;
    co_return target;
}

std::optional<Error> Context::readOnlyRefusal() const
{
    if (!m_options.target.isReadOnly)
        return std::nullopt;
    return Error{ErrorCode::NotPermitted,
                 tr("this connection is read-only: nothing is changed over it"),
                 tr("connect without the read-only setting to act")};
}

Task<app::Target> Context::targetOfProfile()
{
    const Result<app::Profile> profile = m_profiles.find(m_options.profile);
    if (!profile)
        co_return profile.error();
    Result<app::Target> target = app::targetOf(*profile, m_options.target.family);
    if (!target)
        co_return target.error();
    target->isReadOnly = m_options.target.isReadOnly;
    target->server.node.password = Secret(qgetenv("LOCKKEEPER_REDIS_PASSWORD"));
    if (target->server.kind == redis::Deployment::Kind::Sentinel)
        target->server.sentinelPassword = Secret(qgetenv("LOCKKEEPER_SENTINEL_PASSWORD"));
    const auto endWaits = [this] { m_secrets.endWaits(); };
    const std::stop_callback<std::function<void()>> stopped(stop(), endWaits);
    const app::Target filled = co_await app::withSecrets(m_secrets, *target);
    if (stop().stop_requested())
        co_return Error{ErrorCode::Cancelled, tr("interrupted"), {}};
    app::SshTunnel::Options options;
    options.mayAsk = isInteractive();
    const Result<app::RoutedTarget> reached = co_await app::routed(filled, options, stop());
    if (!reached)
        co_return openingError(reached.error());
    m_tunnel = reached->tunnel;
    if (m_tunnel)
        QObject::connect(m_tunnel.get(), &app::SshTunnel::closed, this, [this](const Error &error) {
            m_connectionFailure = fail(error);
            m_stop.request_stop();
        });
    co_return reached->target;
}

app::Target Context::guarded(app::Target target)
{
    target.guardrails = app::guardrailsFor(target, m_profiles.load());
    if (!target.guardrails.doubt.isEmpty())
        m_output.warning(target.guardrails.doubt);
    if (!target.guardrails.profile.isEmpty())
        m_output.note(
            tr("this is the server of the profile \"%1\" (%2): its guardrails hold")
                .arg(target.guardrails.profile, QString(name(target.guardrails.environment))));
    return target;
}

Task<void> Context::unlock(app::Workspace &workspace, QString reason)
{
    const app::WriteWindow &window = workspace.window();
    if (window.state() == app::WriteWindow::State::Open && !m_options.unlock.isEmpty())
        m_output.note(tr("nothing is locked here: --unlock %1 does nothing").arg(m_options.unlock));
    if (window.state() != app::WriteWindow::State::Closed)
        co_return Result<void>(); // open, or the act itself says why not
    QString typed = m_options.unlock;
    if (typed.isEmpty()) {
        if (!isInteractive())
            co_return *window.refusal();
        const Result<QString> answer =
            co_await askFor(tr("\"%1\" is production, and locked. Type %2 to unlock it:")
                                .arg(workspace.target().guardrails.profile, window.phrase()));
        if (!answer)
            co_return answer.error();
        typed = *answer;
    }
    co_return co_await workspace.actions().unlock(typed, reason);
}

Task<app::WriteWindow::Pass> Context::writePass(app::Workspace &workspace)
{
    const Result<void> unlocked = co_await unlock(workspace, QString());
    if (!unlocked)
        co_return unlocked.error();
    const app::WriteWindow::Pass pass = workspace.window().pass();
    if (!pass)
        co_return *workspace.window().refusal();
    if (workspace.target().guardrails.scope == app::Scope::StaleLocks)
        co_return Error{ErrorCode::NotPermitted,
                        tr("the profile \"%1\" only lets you release stale locks")
                            .arg(workspace.target().guardrails.profile),
                        tr("ask somebody with the rights of an operator")};
    co_return pass;
}

/// A delete that was cut short is not left to be found by chance.
QCoro::Task<> Context::tellOfCutShortActs()
{
    const auto acts = co_await m_workspace->cutShortActs();
    if (!acts) {
        m_output.warning(tr("whether an earlier act was cut short is not known: %1")
                             .arg(describe(acts.error())));
        co_return;
    }
    for (const app::CutShortAct &act : *acts) {
        m_output.warning(tr("%1 of %2 by %3 at %4 was cut short: %5")
                             .arg(act.intent.action, act.intent.session, act.intent.user,
                                  rfc3339(act.intent.at), act.found));
        if (act.canBeFinished())
            m_output.note(tr("lockkeeper-cli delete %1 finishes it").arg(act.intent.session));
    }
}

Task<void> Context::startDemo()
{
    demo::DemoStack::Options options;
    options.workerProgram = QCoreApplication::applicationFilePath();
    m_demo = std::make_unique<demo::DemoStack>(options);
    QObject::connect(m_demo.get(), &demo::DemoStack::serverEnded, this, [this](const Error &error) {
        m_connectionFailure = fail(error);
        m_stop.request_stop();
    });
    co_return co_await m_demo->start();
}

Task<app::Workspace *> Context::connect()
{
    return connectTo(DatabaseUse::Reads);
}

Task<app::Workspace *> Context::connectTo(DatabaseUse use)
{
    Result<app::Target> where = co_await target();
    if (!where)
        co_return where.error();
    // A mistyped path must not leave an empty database behind.
    where->isDatabaseReadOnly = use == DatabaseUse::Reads;
    where->createsDatabase = use == DatabaseUse::Adds;
    Result<void> opened = co_await openWorkspace(*where);
    if (!opened && opened.error().code == ErrorCode::PasswordNeeded) {
        const Result<Secret> given = co_await password(opened.error());
        if (!given)
            co_return openingError(given.error());
        where->server.node.password = *given;
        opened = co_await openWorkspace(*where);
    }
    if (!opened)
        co_return openingError(opened.error());
    const Result<app::Workspace *> unlocked = co_await unlockDatabase(*where);
    if (unlocked)
        co_await tellOfCutShortActs();
    co_return unlocked;
}

Task<void> Context::openWorkspace(app::Target where)
{
    co_await closeWorkspace();
    m_workspace = std::make_unique<app::Workspace>(where, m_clock, app::AuditLog::defaultFolder());
    m_isWorkspaceClosed = false;
    QObject::connect(m_workspace.get(), &app::Workspace::closed, this,
                     [this] { m_isWorkspaceClosed = true; });
    m_closeOnStop.emplace(stop(), [this] { m_workspace->close(); });
    co_return co_await m_workspace->open();
}

Task<app::Workspace *> Context::unlockDatabase(app::Target where)
{
    // Elsewhere the database is tried in its own time: nobody waits for it who needs it not.
    const bool mayAsk = isInteractive() && where.database &&
                        where.database->kind == sessions::Dsn::Kind::PostgreSql &&
                        where.database->password.isEmpty();
    if (!mayAsk)
        co_return m_workspace.get();
    const Result<void> checked = co_await m_workspace->database()->check();
    if (checked || checked.error().code != ErrorCode::PasswordNeeded)
        co_return m_workspace.get();
    const Result<Secret> given = co_await password(checked.error());
    if (!given)
        co_return openingError(given.error());
    where.database->password = *given;
    const Result<void> opened = co_await openWorkspace(where);
    if (!opened)
        co_return openingError(opened.error());
    co_return m_workspace.get();
}

Task<Secret> Context::password(Error whyNeeded)
{
    if (!isInteractive())
        co_return whyNeeded;
    const Result<QString> answer =
        co_await ask(tr("%1. Password:").arg(whyNeeded.what), stop(), Echo::Off);
    if (!answer)
        co_return answer.error();
    if (answer->isEmpty())
        co_return whyNeeded;
    co_return Secret(answer->toUtf8());
}

Task<app::Workspace *> Context::connectWithDatabase(DatabaseUse use)
{
    const Result<app::Workspace *> workspace = co_await connectTo(use);
    if (!workspace)
        co_return workspace.error();
    if (!(*workspace)->database())
        co_return Error{ErrorCode::InvalidInput, tr("no database was given"),
                        tr("name it with --db or in LOCKKEEPER_DB, for example "
                           "--db postgresql://user@host/database")};
    const Result<void> checked = co_await (*workspace)->database()->check();
    if (!checked)
        co_return checked.error();
    co_return *workspace;
}

int Context::exitCode(int code) const
{
    if (code == 0 && m_output.isIncomplete())
        return static_cast<int>(ExitCode::Failed);
    return code == 0 ? m_connectionFailure : code;
}

int Context::fail(const Error &error)
{
    m_output.error(error);
    return static_cast<int>(exitCodeOf(error.code));
}

Task<QString> Context::askFor(QString question)
{
    if (!isInteractive())
        co_return Error{
            ErrorCode::NotPermitted, tr("not confirmed, and there is no terminal to ask on"), {}};
    const Result<QString> answer = co_await ask(question, stop());
    if (!answer && stop().stop_requested())
        co_return answer.error();
    co_return answer ? answer->trimmed() : QString(); // none: Ctrl+D
}

Task<void> Context::confirm(QString question)
{
    if (!isInteractive())
        co_return Error{ErrorCode::NotPermitted,
                        tr("not confirmed, and there is no terminal to ask on"),
                        tr("look at it with --dry-run, then give --yes")};
    const Result<QString> answer = co_await ask(question + tr(" [y/N]"), stop());
    if (!answer && stop().stop_requested())
        co_return answer.error();
    const QString word = answer ? answer->trimmed().toLower() : QString(); // none: Ctrl+D
    if (word != u"y" && word != u"yes")
        co_return Error{ErrorCode::NotPermitted, tr("not confirmed: nothing was changed"), {}};
    co_return Result<void>();
}

QCoro::Task<> Context::close()
{
    co_await closeWorkspace();
    if (m_demo)
        m_demo->stop();
    m_demo.reset();
}

QCoro::Task<> Context::closeWorkspace()
{
    m_closeOnStop.reset();
    if (m_workspace && !m_isWorkspaceClosed) {
        Ending<void> closed;
        QObject scope;
        QObject::connect(m_workspace.get(), &app::Workspace::closed, &scope,
                         [&closed] { closed.end({}); });
        m_workspace->close();
        static_cast<void>(co_await closed.future());
    }
    m_workspace.reset();
}

} // namespace lockkeeper::cli
