// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sessions/sqlconnection.h"
#include "sessions/sqljob.h"

#include <QMutex>
#include <QThread>
#include <QWaitCondition>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

namespace lockkeeper::sessions {

/// The thread of a SqlWorker: takes jobs off its queue, one after the other, on one connection.
/// A job stays in the queue, where it can be cancelled at once, until there is a connection.
class SqlThread final : public QThread
{
public:
    using Job = std::shared_ptr<SqlJob>;
    using Prepare = std::function<Result<void>(SqlConnection &)>;

    SqlThread(Dsn dsn, SqlAccess access, Prepare prepare);

    void add(Job job);
    /// From the next job on, on a new connection.
    void setAccess(SqlAccess access) { m_access = access; }
    /// Ends the job if it has not begun, else asks the server to end its statement.
    /// @return whether it is still to be waited for.
    bool cancel(const Job &job);
    /// Cancels all jobs; the thread ends as soon as it can. @return the one that it is still in.
    Job stop();
    /// Gives the job up that the thread is stuck in, or in cancelling it, and the thread with it,
    /// which deletes itself when it comes back. @return the jobs behind it; nullopt: it is not
    /// stuck in this one.
    static std::optional<std::deque<Job>> leave(std::unique_ptr<SqlThread> &thread, const Job &job);

protected:
    void run() override;

private:
    [[nodiscard]] bool waitForJob();
    [[nodiscard]] Job begin();
    /// Of the job that has run: it stays the current one until its cancellation is through, too.
    void end(SqlConnection &connection);
    [[nodiscard]] Result<SqlConnection *> connected(SqlConnection &connection);
    [[nodiscard]] std::deque<Job> takeAll();
    /// With m_mutex locked: once the job has ended, the cancellation would hit the next one.
    void interruptCurrent();

    const Dsn m_dsn;
    std::atomic<SqlAccess> m_access;
    const Prepare m_prepare;
    QMutex m_mutex;
    QWaitCondition m_hasJob;
    std::deque<Job> m_jobs;
    Job m_current;
    bool m_hasRun = false;   ///< the current job: there is nothing left to cancel
    std::thread m_canceller; ///< of the current job, joined before the next
    bool m_isStopping = false;
    std::atomic<qint64> m_backendPid{0};
};

} // namespace lockkeeper::sessions
