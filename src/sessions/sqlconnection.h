// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "sessions/dsn.h"

#include <QSqlDatabase>
#include <QSqlQuery>
#include <QString>
#include <QVariant>

#include <functional>
#include <vector>

namespace lockkeeper::sessions {

class SqlJob;

/// What a connection may do.
enum class SqlAccess {
    ReadWrite, ///< and make an SQLite file that is missing
    Existing,  ///< write, but only into an SQLite file that is there
    ReadOnly,  ///< enforced by the database itself
};

/// One connection to a database, on one thread. Every failure is an Error that names what was
/// being done, and repeats neither the password nor the values of a statement.
class SqlConnection final
{
public:
    /// A statement that runs longer is ended by the server.
    static constexpr milliseconds kStatementTimeout = std::chrono::seconds(10);

    SqlConnection(Dsn dsn, SqlAccess access);
    ~SqlConnection();
    SqlConnection(const SqlConnection &) = delete;
    SqlConnection &operator=(const SqlConnection &) = delete;

    [[nodiscard]] Result<void> open();
    void close();
    /// Whether the connection stands, as far as this side knows.
    [[nodiscard]] bool isOpen() const;
    /// Asks the server: a connection that stood idle may have been ended by it.
    [[nodiscard]] bool isAlive();

    /// The job whose statements run from now on, or null: it may forbid its COMMIT.
    void serve(SqlJob *job) { m_job = job; }

    [[nodiscard]] const Dsn &dsn() const { return m_dsn; }
    [[nodiscard]] bool isPostgreSql() const { return m_dsn.kind == Dsn::Kind::PostgreSql; }
    /// Closes a connection that was opened for another access.
    void setAccess(SqlAccess access);
    [[nodiscard]] bool isReadOnly() const { return m_access == SqlAccess::ReadOnly; }
    /// Whether an SQLite file may be made, and the tables of an empty one.
    [[nodiscard]] bool mayCreate() const { return m_access == SqlAccess::ReadWrite; }
    /// The server's process, for cancelStatement(); 0 on SQLite.
    [[nodiscard]] qint64 backendPid() const { return m_backendPid; }

    /// A statement with `?` for each value. `doing` opens the sentence of an Error: "reading the
    /// session".
    [[nodiscard]] Result<QSqlQuery> prepare(const QString &sql, const QString &doing);
    [[nodiscard]] Result<void> run(QSqlQuery &statement, const QVariantList &values,
                                   const QString &doing);
    [[nodiscard]] Result<QSqlQuery> execute(const QString &sql, const QVariantList &values,
                                            const QString &doing);
    /// Whether the last failure was that a unique value is there already.
    [[nodiscard]] bool wasUniqueViolation() const { return m_wasUniqueViolation; }

    enum class Intent { Read, Write };
    /// NotPermitted, with nothing sent, for a write where the access is ReadOnly.
    [[nodiscard]] Result<void> begin(Intent intent, const QString &doing);
    /// OutcomeUnknown when the connection was lost before the answer came; Cancelled, with nothing
    /// written, when nobody waits for the job any more.
    [[nodiscard]] Result<void> commit(const QString &doing);
    void rollback();

    /// Ends what the backend `pid` is doing, over a connection of its own.
    static void cancelStatement(const Dsn &dsn, qint64 pid);

private:
    [[nodiscard]] Result<void> openPostgreSql();
    [[nodiscard]] Result<void> openSqlite();
    [[nodiscard]] Result<void> setUpSqlite();
    [[nodiscard]] Error translate(const class QSqlError &error, const QString &doing);

    Dsn m_dsn;
    SqlAccess m_access;
    QString m_name; ///< under which QSqlDatabase knows it
    QSqlDatabase m_database;
    SqlJob *m_job = nullptr;
    qint64 m_backendPid = 0;
    bool m_wasUniqueViolation = false;
    bool m_isLost = false;
    bool m_isInTransaction = false;
    /// Statements that failed within a transaction: the driver cannot free them on the server
    /// before its end.
    std::vector<QSqlQuery> m_failed;
};

/// Runs `body` in one transaction: all of it or nothing.
template<typename T>
[[nodiscard]] Result<T> inTransaction(SqlConnection &connection, SqlConnection::Intent intent,
                                      const QString &doing, const std::function<Result<T>()> &body)
{
    if (Result<void> begun = connection.begin(intent, doing); !begun)
        return begun.error();
    Result<T> result = body();
    if (!result) {
        connection.rollback();
        return result;
    }
    if (Result<void> committed = connection.commit(doing); !committed)
        return committed.error();
    return result;
}

} // namespace lockkeeper::sessions
