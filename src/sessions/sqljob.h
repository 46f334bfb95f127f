// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"

#include <QFuture>
#include <QPromise>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

namespace lockkeeper::sessions {

class SqlConnection;

/// One piece of work on the database, one transaction at the most. It ends exactly once: by its
/// own result, or by whoever does not wait for it.
class SqlJob
{
public:
    SqlJob() = default;
    virtual ~SqlJob() = default;
    SqlJob(const SqlJob &) = delete;
    SqlJob &operator=(const SqlJob &) = delete;

    // On the worker's thread ------------------------------------------------------------------

    void run(SqlConnection &connection);
    /// To be asked before COMMIT; false: the job was left, and it was said that nothing is written.
    [[nodiscard]] bool mayCommit();

    // On any thread ---------------------------------------------------------------------------

    /// Ends it unless it has ended already.
    virtual void fail(const Error &error) = 0;
    /// Its caller has the result: there is nothing left to interrupt.
    [[nodiscard]] virtual bool isAnswered() const = 0;
    /// From here on a statement that is ended by the server was cancelled.
    void interrupt() { m_isInterrupted = true; }
    [[nodiscard]] bool isInterrupted() const { return m_isInterrupted; }
    /// Ends it for its caller, whatever its thread is stuck in: nothing is written, or, where that
    /// was being committed, the outcome is unknown.
    void leave();
    /// Whether the thread was through with it in time.
    [[nodiscard]] bool waitForEnd(milliseconds atMost);

protected:
    virtual void work(SqlConnection &connection) = 0;

private:
    std::atomic<bool> m_isInterrupted = false;
    std::mutex m_mutex;
    std::condition_variable m_ended;
    bool m_isCommitting = false;
    bool m_isLeft = false;
    bool m_isOver = false;
};

[[nodiscard]] Error databaseClosed();

/// A job with a result.
template<typename T>
class SqlJobOf final : public SqlJob
{
public:
    explicit SqlJobOf(std::function<Result<T>(SqlConnection &)> body)
        : m_body(std::move(body))
    {
        m_promise.start();
    }
    ~SqlJobOf() override { end(databaseClosed()); }
    SqlJobOf(const SqlJobOf &) = delete;
    SqlJobOf &operator=(const SqlJobOf &) = delete;

    [[nodiscard]] QFuture<Result<T>> future() { return m_promise.future(); }
    void fail(const Error &error) override { end(error); }
    bool isAnswered() const override { return m_hasEnded; }

protected:
    void work(SqlConnection &connection) override { end(m_body(connection)); }

private:
    void end(Result<T> result)
    {
        if (m_hasEnded.exchange(true))
            return;
        m_promise.addResult(std::move(result));
        m_promise.finish();
    }

    std::function<Result<T>(SqlConnection &)> m_body;
    QPromise<Result<T>> m_promise;
    std::atomic<bool> m_hasEnded = false;
};

} // namespace lockkeeper::sessions
