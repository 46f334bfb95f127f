// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/guardrails.h"
#include "core/result.h"
#include "locks/lockfamily.h"
#include "locks/owner.h"
#include "redis/deployment.h"
#include "sessions/dsn.h"

#include <QProcessEnvironment>
#include <QString>

#include <optional>

namespace lockkeeper::app {

/// Loopback ports that lead to a target through a tunnel.
struct Route
{
    quint16 redisPort = 0;
    quint16 databasePort = 0; ///< 0: there is no PostgreSQL to reach
};

/// What a workspace connects to.
struct Target
{
    QString name; ///< for screens and the audit log: "Demo", or the server's address
    redis::Deployment server;
    std::optional<sessions::Dsn> database;
    locks::LockFamily family;
    locks::NodeNames nodeNames;
    Guardrails guardrails;
    QString ssh;                ///< "[user@]host" of a tunnel to all of it; empty: directly
    std::optional<Route> route; ///< of the tunnel, once it is open
    bool isReadOnly = false;    ///< asked for, whatever the guardrails would allow
    /// The database is only looked at: an SQLite file is neither created nor migrated.
    bool isDatabaseReadOnly = false;
    /// An SQLite file that is missing is made; else it is an error, since paths are mistyped.
    bool createsDatabase = false;

    /// Whether nothing may be written when it is opened: asked for, or by the guardrails.
    [[nodiscard]] bool opensReadOnly() const;
    /// The server and the database as they are reached: at the tunnel's ports, if there is one,
    /// while names in certificates stay those of the hosts behind it.
    [[nodiscard]] redis::Deployment reachableServer() const;
    [[nodiscard]] std::optional<sessions::Dsn> reachableDatabase() const;
};

/// What the user gave: options of the command line or fields of the connect dialog. An empty
/// address falls back to the environment (LOCKKEEPER_URL, else REDIS_CLUSTER_HOST and
/// REDIS_CLUSTER_PORT, else REDIS_HOST and REDIS_PORT; with REDIS_PASSWORD), an empty database to
/// LOCKKEEPER_DB, else DATABASE_URL; a prefix or a lease that was not given is the family's, and
/// one that was given empty is refused.
struct TargetInput
{
    QString url;
    QString database;
    QString family; ///< empty: chat
    std::optional<QString> lockPrefix;
    std::optional<QString> sessionPrefix;
    std::optional<QString> lease;
    bool isReadOnly = false;
};

/// Whether the input or the environment names a server, rightly or not.
[[nodiscard]] bool isServerGiven(const TargetInput &input, const QProcessEnvironment &environment);

/// Checks everything before anything is sent; the Error names the option or variable.
[[nodiscard]] Result<Target> resolveTarget(const TargetInput &input,
                                           const QProcessEnvironment &environment);

/// Server and database, whoever logs in there: by this a delete that was cut short is found again.
[[nodiscard]] QString placeOf(const Target &target);

/// The database as resolveTarget() takes it, to be edited: with every option, without the password.
[[nodiscard]] QString editableDsn(const sessions::Dsn &database);

} // namespace lockkeeper::app
