// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/context.h"

#include "cli/console.h"
#include "cli/ending.h"
#include "cli/exitcode.h"

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
    if (!m_options.isDemo)
        co_return app::resolveTarget(m_options.target, QProcessEnvironment::systemEnvironment());
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

Task<void> Context::startDemo()
{
    demo::DemoStack::Options options;
    options.workerProgram = QCoreApplication::applicationFilePath();
    m_demo = std::make_unique<demo::DemoStack>(options);
    QObject::connect(m_demo.get(), &demo::DemoStack::serverEnded, this, [this](const Error &error) {
        m_demoFailure = fail(error);
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
    co_return co_await unlockDatabase(*where);
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
    return code == 0 ? m_demoFailure : code;
}

int Context::fail(const Error &error)
{
    m_output.error(error);
    return static_cast<int>(exitCodeOf(error.code));
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
