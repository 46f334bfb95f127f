// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/lockprotocol.h"

#include <QObject>
#include <QTimer>

#include <memory>

namespace lockkeeper::locks {

/// Keeps a held lock alive while work goes on: renews at a third of the lease, and knows by its
/// own clock when the lease is lost. Work under it asks check(), or better confirm(), before each
/// write.
///
/// Shared, because the renewal under way keeps the guard alive until its reply is there.
class LockGuard final : public QObject, public std::enable_shared_from_this<LockGuard>
{
    Q_OBJECT

public:
    /// `protocol` must outlive the guard, and a renewal under way when it is dropped: release()
    /// waits for that.
    [[nodiscard]] static std::shared_ptr<LockGuard> create(LockProtocol &protocol, HeldLock lock);
    ~LockGuard() override;
    LockGuard(const LockGuard &) = delete;
    LockGuard &operator=(const LockGuard &) = delete;

    [[nodiscard]] const HeldLock &lock() const { return m_lock; }
    /// Nothing while the lease is ours by our own clock; LeaseLost with the reason otherwise.
    [[nodiscard]] Result<void> check() const;
    /// Asks the server whether the lock is still ours, and gives it a whole lease again. LeaseLost
    /// when it is not; any other Error says that the server could not be asked, and that the lease
    /// still runs by our own clock.
    [[nodiscard]] Task<void> confirm();
    /// Stops renewing and deletes the lock if it is still ours. Calling it again is harmless and
    /// gives the first outcome, or not done while the first call is under way.
    [[nodiscard]] Task<CompareResult> release();

signals:
    /// The lease is no longer ours: renewal was refused, or its deadline passed.
    void lost(const lockkeeper::Error &reason);

private:
    LockGuard(LockProtocol &protocol, HeldLock lock);

    void armTimers();
    void checkDeadline();
    QCoro::Task<> renew();
    void lose(const QString &why);
    [[nodiscard]] Error reason(const QString &why) const;

    LockProtocol &m_protocol;
    HeldLock m_lock;
    FlowGroup m_renewals;
    QTimer m_renewTimer;
    QTimer m_deadlineTimer;
    bool m_isReleased = false;
    std::optional<Result<CompareResult>> m_released; ///< how the release ended
    std::optional<Error> m_lost;
};

} // namespace lockkeeper::locks
