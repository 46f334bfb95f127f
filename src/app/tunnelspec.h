// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QString>

#include <optional>

namespace lockkeeper::app {

/// Through which host a tunnel goes.
struct TunnelSpec
{
    QString destination;         ///< "host", "user@host" or an alias of ~/.ssh/config
    std::optional<quint16> port; ///< nullopt: what ~/.ssh/config says, else 22

    /// As it is written for people: "user@host", or "ssh://user@host:port" where a port is given.
    [[nodiscard]] QString toString() const;

    friend bool operator==(const TunnelSpec &, const TunnelSpec &) = default;
};

/// Reads "host", "user@host", "ssh://[user@]host[:port]" and aliases. InvalidInput for anything
/// that ssh could take for an option, a command or a password.
[[nodiscard]] Result<TunnelSpec> parseTunnel(const QString &text);

} // namespace lockkeeper::app
