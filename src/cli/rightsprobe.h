// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/target.h"
#include "core/flows.h"
#include "locks/lockfamily.h"
#include "redis/client.h"

#include <QStringList>

/// Tries the commands that Lockkeeper sends on keys that nobody has: each would be refused for want
/// of rights as it would be on a real key, and none of them changes anything.
namespace lockkeeper::cli {

/// The commands that the user may not send. `client` outlives the flow; `probe` is a session id
/// that nobody has.
[[nodiscard]] Task<QStringList> missingReadingRights(redis::Client &client,
                                                     locks::LockFamily family, QByteArray probe);
[[nodiscard]] Task<QStringList> missingActingRights(redis::Client &client, locks::LockFamily family,
                                                    QByteArray probe);

/// What is missing, and the ACL rule that gives it.
[[nodiscard]] Error readingRightsError(const QStringList &missing, const app::Target &target);
[[nodiscard]] Error actingRightsError(const QStringList &missing, const app::Target &target);

} // namespace lockkeeper::cli
