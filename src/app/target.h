// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "locks/lockfamily.h"
#include "locks/owner.h"
#include "redis/deployment.h"
#include "sessions/dsn.h"

#include <QProcessEnvironment>
#include <QString>

#include <optional>

namespace lockkeeper::app {

/// What a workspace connects to.
struct Target
{
    QString name; ///< for screens and the audit log: "Demo", or the server's address
    redis::Deployment server;
    std::optional<sessions::Dsn> database;
    locks::LockFamily family;
    locks::NodeNames nodeNames;
    bool isReadOnly = false;
    /// The database is only looked at: an SQLite file is neither created nor migrated.
    bool isDatabaseReadOnly = false;
    /// An SQLite file that is missing is made; else it is an error, since paths are mistyped.
    bool createsDatabase = false;
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
