// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqljob.h"

namespace lockkeeper::sessions {

void SqlJob::run(SqlConnection &connection)
{
    work(connection);
    {
        const std::lock_guard locker(m_mutex);
        m_isOver = true;
    }
    m_ended.notify_all();
}

bool SqlJob::mayCommit()
{
    const std::lock_guard locker(m_mutex);
    m_isCommitting = !m_isLeft;
    return m_isCommitting;
}

void SqlJob::leave()
{
    bool isCommitting = false;
    {
        const std::lock_guard locker(m_mutex);
        m_isLeft = true;
        isCommitting = m_isCommitting;
    }
    if (isCommitting)
        fail({ErrorCode::OutcomeUnknown,
              QStringLiteral("the database did not say in time whether it had committed"),
              QStringLiteral("read the session to see whether it took place")});
    else
        fail({ErrorCode::Cancelled,
              QStringLiteral("the database did not answer, and was not waited for; nothing was "
                             "written"),
              {}});
}

bool SqlJob::waitForEnd(milliseconds atMost)
{
    std::unique_lock locker(m_mutex);
    return m_ended.wait_for(locker, atMost, [this] { return m_isOver; });
}

Error databaseClosed()
{
    return {ErrorCode::Cancelled, QStringLiteral("the database is being closed"), {}};
}

} // namespace lockkeeper::sessions
