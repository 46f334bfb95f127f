// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "sessions/dsn.h"
#include "sessions/sqlconnection.h"

#include <QFuture>
#include <QPromise>

#include <functional>
#include <memory>

namespace lockkeeper::sessions {

/// Runs SQL on a thread of its own, one job after the other, on one connection that it opens when
/// it is needed and again after it was lost. Every run() ends with a Result. A job that failed is
/// never run again.
class SqlWorker final
{
public:
    /// Called once per connection, before its first job; its failure closes the connection.
    using Prepare = std::function<Result<void>(SqlConnection &)>;

    SqlWorker(Dsn dsn, SqlAccess access, Prepare prepare);
    /// Ends the thread: jobs that have not begun get Cancelled, a statement under way is cancelled.
    ~SqlWorker();
    SqlWorker(const SqlWorker &) = delete;
    SqlWorker &operator=(const SqlWorker &) = delete;

    [[nodiscard]] const Dsn &dsn() const { return m_dsn; }

    /// `job` gets an open connection, on the worker's thread. When there is none it is not called
    /// and the future ends with the reason.
    template<typename T>
    [[nodiscard]] QFuture<Result<T>> run(std::function<Result<T>(SqlConnection &)> job);

private:
    /// Called once: with an open connection, or with the reason why there is none.
    using Job = std::function<void(Result<SqlConnection *>)>;
    class Thread;

    void enqueue(Job job);

    Dsn m_dsn;
    std::unique_ptr<Thread> m_thread;
};

template<typename T>
QFuture<Result<T>> SqlWorker::run(std::function<Result<T>(SqlConnection &)> job)
{
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    QFuture<Result<T>> future = promise->future();
    enqueue([promise, job = std::move(job)](Result<SqlConnection *> connection) {
        promise->addResult(connection ? job(**connection) : Result<T>(connection.error()));
        promise->finish();
    });
    return future;
}

} // namespace lockkeeper::sessions
