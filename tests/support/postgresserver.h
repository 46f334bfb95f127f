// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/need.h"

#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <optional>

namespace lockkeeper::test {

/// A real PostgreSQL in a temporary folder, on a unix socket only, ended with this object or with
/// this process. As root it runs as another user, for it refuses to run as root.
///
///     test::PostgresServer server;
///     LK_START_POSTGRES(server);
class PostgresServer
{
public:
    /// The chat platform's releases, as far as its tables tell them apart.
    enum class Release {
        Older, ///< the base columns
        Newer, ///< with metadata, chatStatus, …
    };

    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer &) = delete;
    PostgresServer &operator=(const PostgresServer &) = delete;

    /// Whether PostgreSQL is installed on this machine.
    [[nodiscard]] static bool isInstalled();

    /// Starts the server and waits until it answers; false, with reason(), when it does not.
    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_reason; }
    /// At once, as in a crash: every connection is cut.
    void stop();
    /// Starts it again with the data it had.
    [[nodiscard]] bool restart();

    [[nodiscard]] qint64 pid() const { return m_process.processId(); }
    [[nodiscard]] QString socketFolder() const { return m_folder.path(); }

    /// `postgresql://lk@/DATABASE?host=…`, and `&schema=` where one is given.
    [[nodiscard]] QString dsn(const QString &database, const QString &schema = {},
                              const QString &user = QStringLiteral("lk")) const;
    /// A new database with the chat tables of a release in `schema`.
    [[nodiscard]] bool createChatDatabase(const QString &database, Release release,
                                          const QString &schema = QStringLiteral("public"));
    /// Runs SQL by psql; what it answered, a row a line and columns parted by `|`, or its error.
    QString sql(const QString &database, const QString &statements);

private:
    [[nodiscard]] std::optional<QString> runProgram(const QString &program,
                                                    const QStringList &arguments);
    [[nodiscard]] bool launch();

    QTemporaryDir m_folder;
    QProcess m_process;
    QString m_reason;
};

} // namespace lockkeeper::test

/// Starts a PostgresServer, or skips the test function where PostgreSQL is not installed.
#define LK_START_POSTGRES(server)                                                                  \
    do {                                                                                           \
        if (!lockkeeper::test::PostgresServer::isInstalled()) {                                    \
            if (qEnvironmentVariableIsSet("LK_REQUIRE_SERVERS"))                                   \
                QFAIL("PostgreSQL is not installed");                                              \
            QSKIP("PostgreSQL is not installed");                                                  \
        }                                                                                          \
        LK_START(server);                                                                          \
    } while (false)
