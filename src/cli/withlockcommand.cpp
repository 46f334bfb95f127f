// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/withlockcommand.h"

#include "app/preview.h"
#include "app/workspace.h"
#include "cli/context.h"
#include "cli/ending.h"
#include "core/text.h"
#include "locks/lockguard.h"

#include <QProcess>
#include <QTimer>

#include <CLI/CLI.hpp>

#include <csignal>
#include <unistd.h>

namespace lockkeeper::cli {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kDefaultWait = 10s;
constexpr milliseconds kDefaultGrace = 5s;
constexpr int kSignalBase = 128; ///< added to a signal's number, as shells do

/// Asks the command to end, and makes it end when it does not.
void stopProgram(QProcess &process, milliseconds grace)
{
    process.terminate();
    QTimer::singleShot(grace, &process, &QProcess::kill);
}

int codeOf(const QProcess &process)
{
    // After a crash Qt's exit code is the number of the signal.
    return process.exitStatus() == QProcess::CrashExit ? kSignalBase + process.exitCode()
                                                       : process.exitCode();
}

} // namespace

void WithLockCommand::declare(CLI::App &app)
{
    addSession(app, "SESSION", m_session, tr("The session whose lock is to be held"));
    addSpan(app, "--wait", m_wait, tr("How long to wait for the lock (default 10s)"));
    addSpan(app, "--lease", m_lease,
            tr("Lease of the lock (default: the family's); it is renewed at a third of it"));
    addSpan(app, "--grace", m_grace,
            tr("When the lease is lost: from SIGTERM to SIGKILL (default 5s)"));
    addExamples(app,
                tr("lockkeeper-cli with-lock 3f2a77c1-… -- ./repair.sh 3f2a77c1-…\n"
                   "lockkeeper-cli with-lock 3f2a77c1-… --wait 1m --lease 30s -- psql -f fix.sql\n"
                   "\n"
                   "The exit code is the command's (128 + N after signal N, 127 when it could\n"
                   "not be started). When the lease is lost the command gets SIGTERM, and\n"
                   "SIGKILL after --grace; where it then ends with 0, the exit code is 4.\n"
                   "Signals reach the command itself, not what it has started."));
}

QCoro::Task<int> WithLockCommand::run(Context &context)
{
    if (m_program.isEmpty())
        co_return context.fail(
            Error{ErrorCode::InvalidInput, tr("no command was given"),
                  tr("write it behind --, for example: with-lock SESSION -- ls -l")});
    if (const auto readOnly = context.readOnlyRefusal())
        co_return context.fail(*readOnly);
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    const Result<app::WriteWindow::Pass> pass = co_await context.writePass(**connected);
    if (!pass)
        co_return context.fail(pass.error());
    context.leaveStoppingToVerb();
    const Result<void> asked = co_await (*connected)->rights().settled();
    const std::optional<Error> missing = (*connected)->rights().refusal(app::Deed::Hold);
    if (asked && missing)
        co_return context.fail(*missing);
    locks::LockProtocol &protocol = (*connected)->locks();

    locks::LockProtocol::AcquireOptions options;
    options.wait = m_wait.value_or(kDefaultWait);
    options.lease = m_lease;
    options.stop = context.stop();
    const Result<locks::HeldLock> lock = co_await protocol.acquire(m_session, options);
    if (!lock)
        co_return context.fail(lock.error());

    const std::shared_ptr<locks::LockGuard> guard = locks::LockGuard::create(protocol, *lock);
    int exitCode = co_await runProgram(guard, context);
    const Result<void> held = guard->check();
    const Result<locks::CompareResult> released = co_await guard->release();
    if (!released)
        context.output().warning(
            tr("the lock could not be released: %1").arg(lockkeeper::describe(released.error())));
    else if (!released->isDone)
        context.output().warning(tr("the lock was no longer ours when the command had ended"));
    const bool isLost = !held || (released && !released->isDone);
    if (exitCode == 0 && isLost)
        exitCode = code(ExitCode::ChangedHands);
    co_return exitCode;
}

QCoro::Task<int> WithLockCommand::runProgram(std::shared_ptr<locks::LockGuard> guard,
                                             Context &context)
{
    Ending<int> ended;
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedChannels);
    process.setInputChannelMode(QProcess::ForwardedInputChannel);
    QObject::connect(&process, &QProcess::finished, &process, [&] { ended.end(codeOf(process)); });
    QObject::connect(
        &process, &QProcess::errorOccurred, &process, [&](QProcess::ProcessError error) {
            if (error != QProcess::FailedToStart)
                return;
            context.output().error(
                {ErrorCode::Io,
                 tr("cannot start %1: %2").arg(m_program.first(), process.errorString()),
                 {}});
            ended.end(kCannotStart);
        });
    QObject::connect(guard.get(), &locks::LockGuard::lost, &process, [&](const Error &reason) {
        context.output().error(
            {ErrorCode::LeaseLost, tr("%1; telling the command to stop").arg(reason.what), {}});
        stopProgram(process, m_grace.value_or(kDefaultGrace));
    });
    QObject::connect(&context.processSignals(), &SignalWatcher::received, &process,
                     [&](int number) {
                         // Ctrl+C reaches the command by itself: it is in our process group.
                         const auto pid = static_cast<pid_t>(process.processId());
                         if (pid > 0 && (number != SIGINT || isatty(STDIN_FILENO) != 1))
                             ::kill(pid, number);
                     });
    process.start(m_program.first(), m_program.mid(1));
    const Result<int> exitCode = co_await ended.future();
    co_return exitCode.value_or(kCannotStart);
}

} // namespace lockkeeper::cli
