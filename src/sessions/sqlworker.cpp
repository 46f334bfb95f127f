// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlworker.h"

#include <QTimer>

namespace lockkeeper::sessions {

using namespace std::chrono_literals;

namespace {

/// How long the end of a thread is waited for that is in no job: it ends at once, unless it is
/// connecting to a server that does not answer.
constexpr milliseconds kMoment = 200ms;

/// Brings a request to stop to the thread of its parent.
class StopRelay final : public QObject
{
public:
    StopRelay(std::stop_token stop, std::function<void()> act, QObject *parent)
        : QObject(parent)
        , m_act(std::move(act))
        , m_onStop(std::move(stop), [this] {
            QMetaObject::invokeMethod(this, [this] { m_act(); }, Qt::QueuedConnection);
        })
    {}

private:
    std::function<void()> m_act;
    /// Last, so that it is gone before what it calls.
    std::stop_callback<std::function<void()>> m_onStop;
};

} // namespace

SqlWorker::SqlWorker(Dsn dsn, SqlAccess access, Prepare prepare)
    : m_dsn(std::move(dsn))
    , m_access(access)
    , m_prepare(std::move(prepare))
{
    start();
}

SqlWorker::~SqlWorker()
{
    if (!m_thread)
        return;
    const Job current = m_thread->stop();
    const milliseconds patience = current ? kGrace : kMoment;
    if (m_thread->wait(QDeadlineTimer(patience)))
        return;
    // It may have come out of the job just now, and end in a moment.
    if (!SqlThread::leave(m_thread, current) && !m_thread->wait(QDeadlineTimer(kMoment)))
        static_cast<void>(SqlThread::leave(m_thread, {}));
}

void SqlWorker::start()
{
    m_thread = std::make_unique<SqlThread>(m_dsn, m_access, m_prepare);
    m_thread->start();
}

void SqlWorker::enqueue(const Job &job)
{
    if (m_isClosed)
        job->fail(databaseClosed());
    else
        m_thread->add(job);
}

void SqlWorker::setAccess(SqlAccess access)
{
    m_access = access;
    if (m_thread)
        m_thread->setAccess(access);
}

void SqlWorker::close()
{
    m_isClosed = true;
    const Job current = m_thread ? m_thread->stop() : nullptr;
    if (current)
        leaveLater(current);
}

void SqlWorker::cancel(const Job &job)
{
    if (m_thread && m_thread->cancel(job))
        leaveLater(job);
}

void SqlWorker::leaveLater(const Job &job)
{
    QTimer::singleShot(kGrace, this, [this, job] {
        const auto behind = m_thread ? SqlThread::leave(m_thread, job) : std::nullopt;
        if (!behind || m_isClosed)
            return;
        start();
        for (const Job &next : *behind)
            m_thread->add(next);
    });
}

void SqlWorker::cancelOnStop(const Job &job, std::stop_token stop, QObject *parent)
{
    const auto act = [this, weak = std::weak_ptr(job)] {
        if (const Job alive = weak.lock())
            cancel(alive);
    };
    new StopRelay(std::move(stop), act, parent);
}

} // namespace lockkeeper::sessions
