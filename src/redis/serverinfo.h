// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace lockkeeper::redis {

/// What INFO said of a server; fields that it did not say, or was not allowed to, stay empty.
struct ServerInfo
{
    QString version; ///< "7.0.15"
    QString runId;   ///< changes with every start of the process
    QString role;    ///< "master" or "slave", as Redis says it

    /// "redis 7.0.15 primary", with what is known.
    [[nodiscard]] QString toString() const;
    [[nodiscard]] bool isReplica() const { return role == u"slave"; }

    friend bool operator==(const ServerInfo &, const ServerInfo &) = default;
};

[[nodiscard]] ServerInfo parseServerInfo(const QByteArray &infoText);

} // namespace lockkeeper::redis
