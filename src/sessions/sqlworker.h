// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "sessions/sqlthread.h"

#include <QFutureWatcher>

#include <functional>
#include <memory>
#include <stop_token>

namespace lockkeeper::sessions {

/// Runs SQL on a thread of its own, one job after the other, on one connection that it opens when
/// it is needed and again after it was lost. Every run() ends with a Result. A job that failed is
/// never run again.
///
/// A job that is to end gets Cancelled at once if it has not begun. One that has begun is cancelled
/// on the server; where that does not help within kGrace it is left, and its thread with it: the
/// result then says that nothing was written, or that the outcome is unknown. Where the cancelling
/// itself hangs the thread is left as well. The jobs behind go on on another thread.
class SqlWorker final : public QObject
{
public:
    /// How long a statement that was cancelled is waited for.
    static constexpr milliseconds kGrace = std::chrono::seconds(1);

    /// Called once per connection, before its first job; its failure closes the connection.
    using Prepare = SqlThread::Prepare;

    SqlWorker(Dsn dsn, SqlAccess access, Prepare prepare);
    /// Ends the jobs and the thread; waits for kGrace at the most.
    ~SqlWorker() override;
    SqlWorker(const SqlWorker &) = delete;
    SqlWorker &operator=(const SqlWorker &) = delete;

    [[nodiscard]] const Dsn &dsn() const { return m_dsn; }

    /// `body` gets an open connection, on the worker's thread. When there is none it is not called
    /// and the future ends with the reason. `stop` ends the job.
    template<typename T>
    [[nodiscard]] QFuture<Result<T>> run(std::function<Result<T>(SqlConnection &)> body,
                                         std::stop_token stop = {});
    /// What the jobs from here on may do.
    void setAccess(SqlAccess access);
    /// Ends all jobs, without waiting for it; new ones get Cancelled.
    void close();

private:
    using Job = SqlThread::Job;

    void enqueue(const Job &job);
    void start();
    void cancel(const Job &job);
    void leaveLater(const Job &job);
    /// Calls cancel() when `stop` is requested, from whatever thread, while `parent` lives.
    void cancelOnStop(const Job &job, std::stop_token stop, QObject *parent);

    const Dsn m_dsn;
    SqlAccess m_access;
    const Prepare m_prepare;
    std::unique_ptr<SqlThread> m_thread; ///< null once it was left on closing
    bool m_isClosed = false;
};

template<typename T>
QFuture<Result<T>> SqlWorker::run(std::function<Result<T>(SqlConnection &)> body,
                                  std::stop_token stop)
{
    const auto job = std::make_shared<SqlJobOf<T>>(std::move(body));
    const QFuture<Result<T>> future = job->future();
    if (stop.stop_possible()) {
        auto *const watcher = new QFutureWatcher<Result<T>>(this);
        connect(watcher, &QFutureWatcherBase::finished, watcher, &QObject::deleteLater);
        watcher->setFuture(future);
        cancelOnStop(job, std::move(stop), watcher);
    }
    enqueue(job);
    return future;
}

} // namespace lockkeeper::sessions
