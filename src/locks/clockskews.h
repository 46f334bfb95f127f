// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "locks/owner.h"

#include <QHash>

#include <optional>

namespace lockkeeper::locks {

/// How far the clocks of the nodes that write tokens are off ours, as far as their holds tell.
///
/// Nobody acquires a lock before asking for it: the smallest `acquired - called` of a node that was
/// ever seen is its clock's offset and its shortest wait together. Where it is negative, the clock
/// is ahead by that much at least. Where it is positive, it counts as the clock's only after many
/// holds: before, they may all have had to wait.
class ClockSkews
{
public:
    static constexpr int kEnough = 20;            ///< holds, for a clock to count as behind
    static constexpr qsizetype kMostNodes = 4096; ///< those that come later are not learnt

    /// A hold whose beginning is known.
    void note(const Owner &owner, WallTime acquiredAt);
    /// What `acquired - called` is too large by; nullopt: no hold of this node was seen.
    [[nodiscard]] std::optional<std::chrono::microseconds> skewOf(const QString &nodeId) const;
    /// How long the owner waited for the lock; nullopt where the token does not tell.
    [[nodiscard]] std::optional<milliseconds> queued(const Owner &owner, WallTime acquiredAt) const;

private:
    struct Offset
    {
        std::chrono::microseconds least{0};
        int holds = 0;
    };

    QHash<QString, Offset> m_byNode;
};

} // namespace lockkeeper::locks
