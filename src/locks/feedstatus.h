// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/changefeed.h"
#include "redis/scanner.h"

#include <QLatin1StringView>
#include <QString>

#include <optional>

namespace lockkeeper::locks {

/// How changes reach us, and whether what is shown can be trusted now.
struct FeedStatus
{
    enum class Kind { None, Push, Notify, Poll };

    Kind kind = Kind::None;
    /// Subscribed, scanned, read, heard of, and on a primary: the list is the server's state.
    bool isTrusted = false;
    /// Why it is not trusted, or what it is waiting for; of a trusted feed what it cannot see, and
    /// why there is no better one.
    QString reason;
    std::optional<redis::ScanProgress> scan; ///< while a scan is under way
    /// Rows that audits found different from the server, without news of it, since the beginning.
    int differences = 0;
    /// The scan was cancelled: locks that it had not reached show only when they change.
    bool isPartial = false;

    friend bool operator==(const FeedStatus &, const FeedStatus &) = default;
};

/// "push", "notify", "poll" or "none".
[[nodiscard]] QLatin1StringView name(FeedStatus::Kind kind);

[[nodiscard]] FeedStatus::Kind statusKind(redis::ChangeFeed::Kind kind);

/// What a feed that is trusted cannot see, and why there is no better one. `resolution`: how often
/// each lock is looked at where nobody tells of it, if that is known; `differences`: those that
/// audits have found.
[[nodiscard]] QString limitsOf(const redis::ChangeFeed &changes,
                               std::optional<milliseconds> resolution, int differences);

/// "the audit found 3 rows that differed".
[[nodiscard]] QString differencesText(int differences);

} // namespace lockkeeper::locks
