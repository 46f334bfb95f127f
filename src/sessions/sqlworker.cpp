// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlworker.h"

#include <QMutex>
#include <QThread>
#include <QWaitCondition>

#include <atomic>
#include <deque>
#include <utility>

namespace lockkeeper::sessions {

using namespace std::chrono_literals;

/// The worker's thread: takes jobs off the queue until it is stopped.
class SqlWorker::Thread final : public QThread
{
public:
    Thread(Dsn dsn, SqlAccess access, Prepare prepare)
        : m_dsn(std::move(dsn))
        , m_access(access)
        , m_prepare(std::move(prepare))
    {
        setObjectName(QStringLiteral("sql"));
    }

    void add(Job job)
    {
        {
            const QMutexLocker locker(&m_mutex);
            m_jobs.push_back(std::move(job));
        }
        m_hasJob.wakeOne();
    }

    void stop()
    {
        {
            const QMutexLocker locker(&m_mutex);
            m_isStopping = true;
        }
        const std::deque<Job> open = takeAll();
        m_hasJob.wakeOne();
        for (const Job &job : open)
            job(Error{ErrorCode::Cancelled, QStringLiteral("the database is being closed"), {}});
        while (!wait(QDeadlineTimer(250ms))) {
            if (const qint64 pid = m_backendPid)
                SqlConnection::cancelStatement(m_dsn, pid);
        }
    }

protected:
    void run() override
    {
        SqlConnection connection(m_dsn, m_access);
        while (Job job = next()) {
            const Result<SqlConnection *> usable = connected(connection);
            // Those who came while it was being tried would only wait for the same failure.
            const std::deque<Job> waiting = usable ? std::deque<Job>() : takeAll();
            job(usable);
            for (const Job &other : waiting)
                other(usable);
        }
    }

private:
    /// The next job; none when the thread is to end.
    [[nodiscard]] Job next()
    {
        const QMutexLocker locker(&m_mutex);
        while (m_jobs.empty() && !m_isStopping)
            m_hasJob.wait(&m_mutex);
        if (m_jobs.empty())
            return {};
        Job job = std::move(m_jobs.front());
        m_jobs.pop_front();
        return job;
    }

    [[nodiscard]] Result<SqlConnection *> connected(SqlConnection &connection)
    {
        if (connection.isOpen() && connection.isAlive())
            return &connection;
        m_backendPid = 0;
        Result<void> ready = connection.open();
        m_backendPid = connection.backendPid();
        if (ready)
            ready = m_prepare(connection);
        if (ready)
            return &connection;
        m_backendPid = 0;
        connection.close();
        return ready.error();
    }

    [[nodiscard]] std::deque<Job> takeAll()
    {
        const QMutexLocker locker(&m_mutex);
        return std::exchange(m_jobs, {});
    }

    const Dsn m_dsn;
    const SqlAccess m_access;
    const Prepare m_prepare;
    QMutex m_mutex;
    QWaitCondition m_hasJob;
    std::deque<Job> m_jobs;
    bool m_isStopping = false;
    std::atomic<qint64> m_backendPid{0};
};

SqlWorker::SqlWorker(Dsn dsn, SqlAccess access, Prepare prepare)
    : m_dsn(std::move(dsn))
    , m_thread(std::make_unique<Thread>(m_dsn, access, std::move(prepare)))
{
    m_thread->start();
}

SqlWorker::~SqlWorker()
{
    m_thread->stop();
}

void SqlWorker::enqueue(Job job)
{
    m_thread->add(std::move(job));
}

} // namespace lockkeeper::sessions
