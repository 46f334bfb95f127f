// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace lockkeeper {

/// Where a server listens: a host and port, or the path of a unix socket.
struct Endpoint
{
    enum class Kind { Tcp, Unix };

    Kind kind = Kind::Tcp;
    QString host = QStringLiteral("localhost");
    quint16 port = 6379;
    QString path; ///< of the unix socket

    /// "host:port", "[v6]:port" or the socket's path.
    [[nodiscard]] QString toString() const;

    friend bool operator==(const Endpoint &, const Endpoint &) = default;
};

} // namespace lockkeeper
