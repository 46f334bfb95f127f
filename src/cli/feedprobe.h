// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/target.h"
#include "core/clock.h"
#include "core/flows.h"
#include "redis/changefeed.h"
#include "redis/client.h"

#include <QString>

#include <chrono>
#include <optional>
#include <stop_token>

namespace lockkeeper::cli {

/// What became of a try to be told of changes.
struct FeedProof
{
    redis::ChangeFeed::Kind kind = redis::ChangeFeed::Kind::Push;
    QString whyNotBetter; ///< why it is this kind and not a better one
    /// From our own write to the news of it, on the slowest primary; nullopt: subscribed, but not
    /// proven.
    std::optional<std::chrono::microseconds> echo;
    QString whyNot; ///< empty on a read-only connection: nothing was written
};

/// Chooses a feed as `watch` does. Where it is one that tells of changes, writes a key of its own
/// to each primary that expires within a second, and waits for the news of it; on a read-only
/// connection nothing is written. Cancelled when `stop` is requested. `client` and `clock` outlive
/// the flow.
[[nodiscard]] Task<FeedProof> tryFeed(redis::Client &client, app::Target target, const Clock &clock,
                                      std::stop_token stop);

} // namespace lockkeeper::cli
