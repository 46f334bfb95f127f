// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "redis/deployment.h"

#include <QString>

namespace lockkeeper::redis {

/// Reads every URL of parseServerUrl(), and
/// `redis+sentinel://[user[:password]@]host[:port],…/SERVICE[?db=&sentinel_user=&sentinel_password=
/// &tls=1&cacert=&cert=&key=&insecure=&map=announced=reachable,…]` and
/// `redis+cluster://[user[:password]@]host[:port],…[?pin=1&map=…&tls=1&…]`.
/// @return InvalidInput naming the part that is wrong; passwords are never repeated.
[[nodiscard]] Result<Deployment> parseDeploymentUrl(const QString &url);

/// The URL that parseDeploymentUrl() reads as this, with every option but the passwords.
[[nodiscard]] QString editableUrl(const Deployment &deployment);

} // namespace lockkeeper::redis
