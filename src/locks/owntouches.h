// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QHash>

#include <optional>

namespace lockkeeper::locks {

/// When we ourselves last touched which lock's key other than by watching: details, previews and
/// acts read it too. Who looks for waiters must not take that for theirs.
class OwnTouches
{
public:
    /// A command that touches `key` was sent, or answered, at `now`.
    void note(const LockKey &key, SteadyTime now);
    /// nullopt: not within kKept.
    [[nodiscard]] std::optional<SteadyTime> newestOf(const LockKey &key) const;

    /// Longer than it takes to look at every lock of a large server once.
    static constexpr std::chrono::minutes kKept{10};

private:
    QHash<LockKey, SteadyTime> m_newest;
    SteadyTime m_sweptAt;
};

/// Notes a touch when it is made, before a command is sent, and when it ends, after the answer: the
/// server has touched the key somewhere in between.
class TouchNote
{
public:
    /// `touches` may be null; it and `clock` outlive the note.
    TouchNote(OwnTouches *touches, LockKey key, const Clock &clock);
    ~TouchNote();
    Q_DISABLE_COPY_MOVE(TouchNote)

private:
    void note();

    OwnTouches *m_touches;
    LockKey m_key;
    const Clock &m_clock;
};

} // namespace lockkeeper::locks
