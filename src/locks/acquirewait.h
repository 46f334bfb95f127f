// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/flows.h"
#include "locks/locknews.h"

#include <QTimer>

#include <functional>
#include <stop_token>

namespace lockkeeper::locks {

/// What ends the pause between two tries of an acquire: its time, news of the key, or a request to
/// stop, from whatever thread. News that came since the last pause ends the next one at once.
class AcquireWait final : public QObject
{
    Q_OBJECT

public:
    AcquireWait(LockNews *news, const LockKey &key, std::stop_token stop);
    ~AcquireWait() override;
    AcquireWait(const AcquireWait &) = delete;
    AcquireWait &operator=(const AcquireWait &) = delete;

    /// One at a time; ends with Cancelled when the object is destroyed meanwhile.
    [[nodiscard]] QFuture<Result<void>> pause(milliseconds atMost);

private:
    void wake();
    void finish(Result<void> result);

    QTimer m_timer;
    bool m_isWoken = false;
    std::unique_ptr<QPromise<Result<void>>> m_promise;
    /// Last, so that it is gone before what it wakes.
    std::stop_callback<std::function<void()>> m_onStop;
};

} // namespace lockkeeper::locks
