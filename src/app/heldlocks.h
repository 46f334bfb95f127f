// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/writewindow.h"
#include "core/flows.h"
#include "locks/lockguard.h"

#include <QHash>
#include <QList>
#include <QObject>

#include <memory>
#include <optional>

namespace lockkeeper::app {

/// The locks that an operator took over: each is renewed until it is given back, or lost. They are
/// given back when the workspace closes; if the program dies they end with their lease.
class HeldLocks final : public QObject
{
    Q_OBJECT

public:
    /// `protocol` must outlive it, and its flows.
    explicit HeldLocks(locks::LockProtocol &protocol, QObject *parent = nullptr);

    /// `pass` keeps the gates open for the renewals.
    void keep(const locks::HeldLock &lock, WriteWindow::Pass pass);
    /// Whether this hold is ours: of a lock that we took over.
    [[nodiscard]] bool isOurs(const SessionId &session, const Token &token) const;
    /// Of our hold; nullopt: we have none.
    [[nodiscard]] std::optional<Token> tokenOf(const SessionId &session) const;
    [[nodiscard]] QList<SessionId> sessions() const { return m_holds.keys(); }
    /// NotFound where there is none; else as LockGuard::release().
    [[nodiscard]] Task<locks::CompareResult> giveBack(SessionId session);

signals:
    /// One has been taken or given back.
    void changed();
    /// It is no longer ours.
    void lost(const lockkeeper::SessionId &session, const lockkeeper::Error &reason);

private:
    struct Hold
    {
        std::shared_ptr<locks::LockGuard> guard;
        WriteWindow::Pass pass;
    };

    /// @return false: it is not this guard that holds it.
    bool forget(const SessionId &session, const locks::LockGuard *guard);

    locks::LockProtocol &m_protocol;
    QHash<SessionId, Hold> m_holds;
};

} // namespace lockkeeper::app
