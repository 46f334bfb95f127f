// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/guardrails.h"
#include "core/clock.h"
#include "core/result.h"

#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>
#include <optional>

namespace lockkeeper::app {

/// Whether anything may be changed over a connection, and for how long. It works the gates of Redis
/// and database, below both front ends.
///
/// Production opens read-only. Whoever names the environment may write for kSpan; then it closes by
/// itself. An act that has begun by then ends in order: it holds a Pass, and the gates stay open
/// for it, but nothing new is begun.
class WriteWindow final : public QObject
{
    Q_OBJECT

public:
    enum class State {
        Open,     ///< nothing guards it
        ReadOnly, ///< for good: it was asked for, or the profile gives no more
        Closed,   ///< until unlock()
        Unlocked, ///< for left()
    };

    static constexpr std::chrono::minutes kSpan{15};

    /// Called with whether anything may be sent that writes; once at once, when that is not so.
    using Gates = std::function<void(bool mayWrite)>;
    /// While there is one, the gates stay open.
    using Pass = std::shared_ptr<void>;

    WriteWindow(const Guardrails &guardrails, bool isReadOnly, const Clock &clock, Gates gates,
                QObject *parent = nullptr);

    [[nodiscard]] State state() const;
    [[nodiscard]] bool isOpen() const
    {
        return state() == State::Open || state() == State::Unlocked;
    }
    /// Until it closes by itself; nullopt while it is not Unlocked.
    [[nodiscard]] std::optional<milliseconds> left() const;
    /// What has to be typed to unlock it: the name of the environment.
    [[nodiscard]] QString phrase() const;
    /// Why nothing may be changed now; nullopt: it may be.
    [[nodiscard]] std::optional<Error> refusal() const;
    /// Whether unlock() would do it; NotPermitted when not.
    [[nodiscard]] Result<void> check(const QString &typed) const;
    [[nodiscard]] Result<void> unlock(const QString &typed);
    /// Closes it before its time.
    void lock();
    /// For an act that begins now; null while the window is not open.
    [[nodiscard]] Pass pass();

signals:
    void changed();

private:
    class Holder;

    /// Closes it when its time has come; else looks again a moment later.
    void watchTime();
    void close();
    void setGates();

    const Guardrails m_guardrails;
    const bool m_isReadOnly;
    const Clock &m_clock;
    Gates m_gates;
    std::optional<SteadyTime> m_until;
    std::weak_ptr<void> m_pass; ///< one for all acts that are under way
    QTimer m_timer;
    bool m_areGatesOpen = true;
};

} // namespace lockkeeper::app
