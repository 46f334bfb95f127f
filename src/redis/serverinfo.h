// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace lockkeeper::redis {

class Reply;

/// What a server said of itself, by INFO and ROLE; what it did not say, or was not allowed to,
/// stays empty.
struct ServerInfo
{
    /// What a server is for.
    enum class Mode {
        Unknown,
        Standalone, ///< holds all keys, alone or with replicas
        Sentinel,   ///< holds none, watches over others
        Cluster,    ///< holds the keys of some slots
    };

    Mode mode = Mode::Unknown;
    QString version;             ///< "7.0.15"
    QString runId;               ///< changes with every start of the process
    QString role;                ///< "master" or "slave", as Redis says it
    QString primary;             ///< "host:port" that a replica follows
    bool isPrimaryLinkUp = true; ///< of a replica: whether it hears of its primary

    /// "redis 7.0.15 primary", with what is known.
    [[nodiscard]] QString toString() const;
    [[nodiscard]] bool isReplica() const { return role == u"slave"; }
    [[nodiscard]] bool isPrimary() const { return role == u"master"; }

    friend bool operator==(const ServerInfo &, const ServerInfo &) = default;
};

[[nodiscard]] ServerInfo parseServerInfo(const QByteArray &infoText);
/// Takes over what the text tells, and leaves the rest.
void readServerInfo(const QByteArray &infoText, ServerInfo &info);
/// The same of a reply to ROLE.
void readRole(const Reply &reply, ServerInfo &info);

} // namespace lockkeeper::redis
