// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "core/secret.h"

#include <QString>

#include <chrono>
#include <optional>

namespace lockkeeper::sessions {

/// Where the chat tables are: a PostgreSQL database or an SQLite file.
struct Dsn
{
    enum class Kind { PostgreSql, Sqlite };

    Kind kind = Kind::Sqlite;
    QString host;        ///< name, address, or the folder of a unix socket
    QString hostAddress; ///< where the host is reached, if not at what its name means
    quint16 port = 5432;
    QString user;
    Secret password;
    QString database; ///< PostgreSQL
    QString schema;   ///< PostgreSQL; empty: `public`, or `platform` where the tables are there
    std::chrono::seconds connectTimeout{5};
    QString sslMode; ///< PostgreSQL; as libpq takes it, empty: libpq's default
    QString path;    ///< SQLite

    /// The DSN without the password, for screens and logs.
    [[nodiscard]] QString displayText() const;

    friend bool operator==(const Dsn &, const Dsn &) = default;
};

/// Reads `postgresql://[user[:password]@][host][:port]/database[?schema=&connect_timeout=&sslmode=
/// &host=/socket/folder]` (also `postgres://`) and `sqlite:///absolute/path` or `sqlite:relative`.
[[nodiscard]] Result<Dsn> parseDsn(const QString &text);

} // namespace lockkeeper::sessions
