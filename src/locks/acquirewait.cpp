// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/acquirewait.h"

namespace lockkeeper::locks {

AcquireWait::AcquireWait(LockNews *news, const LockKey &key, std::stop_token stop)
    : m_onStop(std::move(stop), [this] {
        QMetaObject::invokeMethod(this, &AcquireWait::wake, Qt::QueuedConnection);
    })
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, [this] { finish({}); });
    if (news) {
        connect(news, &LockNews::keyChanged, this, [this, key](const LockKey &changed) {
            if (changed == key)
                wake();
        });
    }
}

AcquireWait::~AcquireWait()
{
    finish(Error{ErrorCode::Cancelled, QStringLiteral("the wait for the lock was ended"), {}});
}

QFuture<Result<void>> AcquireWait::pause(milliseconds atMost)
{
    m_promise = std::make_unique<QPromise<Result<void>>>();
    m_promise->start();
    const auto future = m_promise->future();
    if (std::exchange(m_isWoken, false))
        finish({});
    else
        m_timer.start(atMost);
    return future;
}

void AcquireWait::wake()
{
    if (m_promise)
        finish({});
    else
        m_isWoken = true;
}

void AcquireWait::finish(Result<void> result)
{
    m_timer.stop();
    if (const auto promise = std::exchange(m_promise, nullptr)) {
        promise->addResult(std::move(result));
        promise->finish();
    }
}

} // namespace lockkeeper::locks
