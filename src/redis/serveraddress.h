// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/endpoint.h"
#include "core/result.h"
#include "core/secret.h"

#include <QString>

namespace lockkeeper::redis {

/// How TLS is spoken, when it is. Chain and host name are verified unless `isInsecure`.
struct TlsSettings
{
    bool isEnabled = false;
    QString caFile;          ///< PEM; empty: the system's authorities
    QString certFile;        ///< PEM client certificate
    QString keyFile;         ///< PEM key of the client certificate
    QString peerName;        ///< that the certificate has to be for; empty: the endpoint's host
    bool isInsecure = false; ///< the user asked for no verification; said on screen

    friend bool operator==(const TlsSettings &, const TlsSettings &) = default;
};

/// All that a connection to one Redis server needs to know.
struct ServerAddress
{
    Endpoint endpoint;
    QString user; ///< empty: the default user
    Secret password;
    int database = 0;
    TlsSettings tls;

    /// The address as a URL without the password, for screens and logs.
    [[nodiscard]] QString displayUrl() const;

    friend bool operator==(const ServerAddress &, const ServerAddress &) = default;
};

/// Reads redis://, rediss:// and redis+unix:// URLs:
/// `redis[s]://[user[:password]@]host[:port][/db][?cacert=&cert=&key=&insecure=]` and
/// `redis+unix://[user[:password]@]/path[?db=N]`.
/// @return InvalidInput naming the part that is wrong; the password is never repeated.
[[nodiscard]] Result<ServerAddress> parseServerUrl(const QString &url);

} // namespace lockkeeper::redis
