// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlthread.h"

#include <algorithm>
#include <utility>

namespace lockkeeper::sessions {

using namespace std::chrono_literals;

namespace {

/// A cancellation that comes before its statement has no effect: it is repeated.
constexpr milliseconds kCancelInterval = 250ms;
constexpr int kCancellations = 4;

} // namespace

SqlThread::SqlThread(Dsn dsn, SqlAccess access, Prepare prepare)
    : m_dsn(std::move(dsn))
    , m_access(access)
    , m_prepare(std::move(prepare))
{
    setObjectName(QStringLiteral("sql"));
}

void SqlThread::add(Job job)
{
    {
        const QMutexLocker locker(&m_mutex);
        m_jobs.push_back(std::move(job));
    }
    m_hasJob.wakeOne();
}

bool SqlThread::cancel(const Job &job)
{
    {
        const QMutexLocker locker(&m_mutex);
        if (m_current == job) {
            interruptCurrent();
            return true;
        }
        if (std::erase(m_jobs, job) == 0)
            return false; // it has ended
    }
    job->fail({ErrorCode::Cancelled, QStringLiteral("it was not begun any more"), {}});
    return false;
}

SqlThread::Job SqlThread::stop()
{
    Job current;
    {
        const QMutexLocker locker(&m_mutex);
        m_isStopping = true;
        current = m_current;
        if (current)
            interruptCurrent();
    }
    m_hasJob.wakeOne();
    for (const Job &job : takeAll())
        job->fail(databaseClosed());
    return current;
}

std::optional<std::deque<SqlThread::Job>> SqlThread::leave(std::unique_ptr<SqlThread> &thread,
                                                           const Job &job)
{
    std::deque<Job> behind;
    {
        const QMutexLocker locker(&thread->m_mutex);
        if (thread->m_current != job)
            return std::nullopt;
        thread->m_isStopping = true;
        behind.swap(thread->m_jobs);
    }
    if (job)
        job->leave();
    SqlThread *const left = thread.release();
    connect(left, &QThread::finished, left, &QObject::deleteLater);
    if (left->isFinished()) // before anyone listened
        left->deleteLater();
    return behind;
}

void SqlThread::interruptCurrent()
{
    const Job job = m_current;
    if (m_hasRun || job->isAnswered())
        return;
    job->interrupt();
    const qint64 pid = m_backendPid;
    if (pid == 0 || m_canceller.joinable())
        return;
    // Connecting for it may hang as well: only the thread that may be left behind waits for it.
    m_canceller = std::thread([job, pid, dsn = m_dsn] {
        int left = kCancellations;
        do
            SqlConnection::cancelStatement(dsn, pid);
        while (!job->waitForEnd(kCancelInterval) && --left > 0);
    });
}

void SqlThread::run()
{
    SqlConnection connection(m_dsn, m_access);
    while (waitForJob()) {
        const Result<SqlConnection *> usable = connected(connection);
        if (!usable) {
            // Those who came while it was being tried would only wait for the same failure.
            for (const Job &job : takeAll())
                job->fail(usable.error());
            continue;
        }
        const Job job = begin();
        if (!job)
            continue;
        connection.serve(job.get());
        job->run(connection);
        connection.serve(nullptr);
        end(connection);
    }
}

bool SqlThread::waitForJob()
{
    const QMutexLocker locker(&m_mutex);
    while (m_jobs.empty() && !m_isStopping)
        m_hasJob.wait(&m_mutex);
    return !m_isStopping;
}

SqlThread::Job SqlThread::begin()
{
    const QMutexLocker locker(&m_mutex);
    if (m_jobs.empty())
        return {};
    m_current = std::move(m_jobs.front());
    m_jobs.pop_front();
    m_hasRun = false;
    return m_current;
}

void SqlThread::end(SqlConnection &connection)
{
    Job job;
    {
        const QMutexLocker locker(&m_mutex);
        m_hasRun = true;
        job = m_current;
    }
    if (job->isInterrupted()) {
        // A late cancellation must not hit the next one's statement, nor run on when the program
        // ends. Where it hangs this thread can be left, for the job is still the current one.
        if (m_canceller.joinable())
            m_canceller.join();
        connection.close();
    }
    const QMutexLocker locker(&m_mutex);
    m_current.reset();
}

Result<SqlConnection *> SqlThread::connected(SqlConnection &connection)
{
    connection.setAccess(m_access);
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

std::deque<SqlThread::Job> SqlThread::takeAll()
{
    const QMutexLocker locker(&m_mutex);
    return std::exchange(m_jobs, {});
}

} // namespace lockkeeper::sessions
