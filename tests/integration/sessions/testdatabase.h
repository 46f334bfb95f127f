// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sessions/dsn.h"
#include "support/postgresserver.h"
#include "support/streamproxy.h"

#include <QString>
#include <QTemporaryDir>

#include <memory>

namespace lockkeeper::test {

/// Which kind of database a test runs on.
enum class Kind { Sqlite, PostgresOlder, PostgresNewer };

/// Databases for one test program: an own PostgreSQL and a folder for SQLite files.
class TestDatabases
{
public:
    /// Starts the PostgreSQL; false, with reason(), when it does not start.
    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_server.reason(); }
    [[nodiscard]] PostgresServer &server() { return m_server; }

    /// A fresh database with its tables; PostgresNewer has them in the schema `platform`.
    [[nodiscard]] sessions::Dsn make(Kind kind);
    /// Where the PostgreSQL listens, for a StreamProxy before it.
    [[nodiscard]] Endpoint socket() const;
    /// The database as it is reached through the proxy.
    [[nodiscard]] static sessions::Dsn through(const StreamProxy &proxy, sessions::Dsn dsn);
    /// Runs SQL without Lockkeeper's code; rows as lines, columns parted by `|`.
    QString sql(const sessions::Dsn &dsn, const QString &statement);

private:
    PostgresServer m_server;
    QTemporaryDir m_folder;
    int m_count = 0;
};

/// "sqlite", "older", "newer" as rows of a data table with the column "kind".
void addDatabaseKinds();

} // namespace lockkeeper::test

Q_DECLARE_METATYPE(lockkeeper::test::Kind)
