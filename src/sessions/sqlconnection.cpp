// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlconnection.h"

#include "sessions/sqlerrors.h"
#include "sessions/sqljob.h"

#include <QDir>
#include <QFileInfo>
#include <QSqlError>

#include <algorithm>
#include <atomic>

namespace lockkeeper::sessions {

using namespace std::chrono_literals;

namespace {

/// However patient a DSN is: closing the program must not wait longer than this.
constexpr std::chrono::seconds kLongestConnect{15};
constexpr milliseconds kSqliteBusy = 5s;

QString nextName()
{
    static std::atomic<quint64> count{0};
    return QStringLiteral("lockkeeper-%1").arg(++count);
}

Error missingDriver(const QString &driver, const QString &package)
{
    return {ErrorCode::CannotConnect,
            QStringLiteral("Qt's database driver %1 is not installed").arg(driver),
            QStringLiteral("install the package %1").arg(package)};
}

} // namespace

SqlConnection::SqlConnection(Dsn dsn, SqlAccess access)
    : m_dsn(std::move(dsn))
    , m_access(access)
    , m_name(nextName())
{}

SqlConnection::~SqlConnection()
{
    close();
}

void SqlConnection::close()
{
    m_backendPid = 0;
    m_isLost = false;
    m_isInTransaction = false;
    m_failed.clear();
    if (!m_database.isValid())
        return;
    m_database.close();
    m_database = {};
    QSqlDatabase::removeDatabase(m_name);
}

void SqlConnection::setAccess(SqlAccess access)
{
    if (access == m_access)
        return;
    close();
    m_access = access;
}

bool SqlConnection::isOpen() const
{
    return m_database.isOpen() && !m_isLost;
}

bool SqlConnection::isAlive()
{
    if (!isPostgreSql())
        return isOpen();
    return isOpen() &&
           execute(QStringLiteral("SELECT 1"), {}, QStringLiteral("asking the database"));
}

Result<void> SqlConnection::open()
{
    close();
    Result<void> opened = isPostgreSql() ? openPostgreSql() : openSqlite();
    if (!opened)
        close();
    return opened;
}

Result<void> SqlConnection::openPostgreSql()
{
    if (!QSqlDatabase::isDriverAvailable(QStringLiteral("QPSQL")))
        return missingDriver(QStringLiteral("QPSQL"), QStringLiteral("libqt6sql6-psql"));
    m_database = QSqlDatabase::addDatabase(QStringLiteral("QPSQL"), m_name);
    m_database.setHostName(m_dsn.host);
    m_database.setPort(m_dsn.port);
    m_database.setUserName(m_dsn.user);
    m_database.setPassword(QString::fromUtf8(m_dsn.password.reveal()));
    m_database.setDatabaseName(m_dsn.database);
    // A peer that vanished without a word must not hold a statement for longer than the server
    // would have.
    QString options = QStringLiteral("application_name=lockkeeper;keepalives_idle=10;"
                                     "keepalives_interval=5;keepalives_count=3;"
                                     "tcp_user_timeout=15000;connect_timeout=%1")
                          .arg(std::min(m_dsn.connectTimeout, kLongestConnect).count());
    if (!m_dsn.hostAddress.isEmpty())
        options += QStringLiteral(";hostaddr=") + m_dsn.hostAddress;
    if (!m_dsn.sslMode.isEmpty())
        options += QStringLiteral(";sslmode=") + m_dsn.sslMode;
    m_database.setConnectOptions(options);
    if (!m_database.open())
        return connectError(m_database.lastError(), m_dsn);

    const QString doing = QStringLiteral("setting up the database connection");
    QString setUp = QStringLiteral("SET statement_timeout = %1; SET TimeZone = 'UTC'; "
                                   "SET client_min_messages = error")
                        .arg(kStatementTimeout.count());
    if (isReadOnly())
        setUp += QStringLiteral("; SET default_transaction_read_only = on");
    QSqlQuery query(m_database);
    if (!query.exec(setUp) || !query.exec(QStringLiteral("SELECT pg_backend_pid()")) ||
        !query.next())
        return translate(query.lastError(), doing);
    m_backendPid = query.value(0).toLongLong();
    return {};
}

Result<void> SqlConnection::openSqlite()
{
    if (!QSqlDatabase::isDriverAvailable(QStringLiteral("QSQLITE")))
        return missingDriver(QStringLiteral("QSQLITE"), QStringLiteral("libqt6sql6-sqlite"));
    const QFileInfo file(m_dsn.path);
    const bool isMissing = mayCreate() ? !file.dir().exists() : !file.exists();
    if (isMissing || file.isDir())
        return Error{ErrorCode::CannotConnect,
                     QStringLiteral("cannot open the database %1: %2")
                         .arg(m_dsn.displayText(), file.isDir() ? QStringLiteral("it is a folder")
                                                   : mayCreate()
                                                       ? QStringLiteral("there is no such folder")
                                                       : QStringLiteral("there is no such file")),
                     QStringLiteral("check the path of the DSN")};
    m_database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), m_name);
    m_database.setDatabaseName(m_dsn.path);
    m_database.setConnectOptions(
        QStringLiteral("QSQLITE_BUSY_TIMEOUT=%1").arg(kSqliteBusy.count()));
    if (!m_database.open())
        return connectError(m_database.lastError(), m_dsn);
    return setUpSqlite();
}

Result<void> SqlConnection::setUpSqlite()
{
    const QString doing = QStringLiteral("opening the database ") + m_dsn.displayText();
    QStringList pragmas{QStringLiteral("PRAGMA foreign_keys = ON")};
    if (isReadOnly())
        pragmas += QStringLiteral("PRAGMA query_only = ON");
    for (const QString &pragma : pragmas) {
        if (const Result<QSqlQuery> done = execute(pragma, {}, doing); !done)
            return done.error();
    }
    return {};
}

Result<QSqlQuery> SqlConnection::prepare(const QString &sql, const QString &doing)
{
    QSqlQuery statement(m_database);
    statement.setForwardOnly(true);
    if (!statement.prepare(sql))
        return translate(statement.lastError(), doing);
    return statement;
}

Result<void> SqlConnection::run(QSqlQuery &statement, const QVariantList &values,
                                const QString &doing)
{
    for (qsizetype i = 0; i < values.size(); ++i) {
        // It would end the statement's text on its way to the server.
        if (values[i].typeId() == QMetaType::QString && values[i].toString().contains(QChar(u'\0')))
            return Error{ErrorCode::InvalidInput,
                         QString(doing + u" failed: a text holds a zero character"),
                         QStringLiteral("databases cannot store it; remove it from the text")};
        statement.bindValue(static_cast<int>(i), values[i]);
    }
    if (!statement.exec())
        return translate(statement.lastError(), doing);
    return {};
}

Result<QSqlQuery> SqlConnection::execute(const QString &sql, const QVariantList &values,
                                         const QString &doing)
{
    Result<QSqlQuery> statement = prepare(sql, doing);
    if (!statement)
        return statement;
    if (Result<void> done = run(*statement, values, doing); !done) {
        if (m_isInTransaction)
            m_failed.push_back(*std::move(statement));
        return done.error();
    }
    return statement;
}

Result<void> SqlConnection::begin(Intent intent, const QString &doing)
{
    // SQLite: a transaction that reads first cannot wait for its turn to write.
    const QString sql =
        isPostgreSql()
            ? (intent == Intent::Write ? QStringLiteral("BEGIN")
                                       : QStringLiteral("BEGIN ISOLATION LEVEL REPEATABLE READ"))
            : (intent == Intent::Write ? QStringLiteral("BEGIN IMMEDIATE")
                                       : QStringLiteral("BEGIN"));
    QSqlQuery query(m_database);
    if (!query.exec(sql))
        return translate(query.lastError(), doing);
    m_isInTransaction = true;
    return {};
}

Result<void> SqlConnection::commit(const QString &doing)
{
    if (m_job && !m_job->mayCommit()) {
        m_isLost = true; // what was not committed goes with the connection
        return databaseClosed();
    }
    QSqlQuery query(m_database);
    if (query.exec(QStringLiteral("COMMIT"))) {
        m_isInTransaction = false;
        return {};
    }
    const Error error = translate(query.lastError(), doing);
    if (m_isLost)
        return Error{
            ErrorCode::OutcomeUnknown,
            QStringLiteral("%1 was sent to the database, and the connection was lost before "
                           "it answered")
                .arg(doing),
            QStringLiteral("read the session to see whether it took place")};
    rollback();
    return error;
}

void SqlConnection::rollback()
{
    QSqlQuery query(m_database);
    // Where it fails the connection is in a state that we do not know.
    if (!m_isLost && !query.exec(QStringLiteral("ROLLBACK")))
        m_isLost = true;
    m_isInTransaction = false;
    m_failed.clear();
}

Error SqlConnection::translate(const QSqlError &error, const QString &doing)
{
    SqlFailure failure = isPostgreSql() ? postgreSqlFailure(error.nativeErrorCode())
                                        : sqliteFailure(error.nativeErrorCode().toInt());
    if (isPostgreSql() && !m_database.isOpen())
        failure = postgreSqlFailure(QStringLiteral("08006"));
    m_wasUniqueViolation = failure.isUniqueViolation;
    m_isLost = m_isLost || failure.isLost;
    if (failure.code == ErrorCode::TimedOut && m_job && m_job->isInterrupted())
        return {ErrorCode::Cancelled, QString(doing + u" was ended; nothing was written"), {}};
    return {failure.code, QString(doing + u" failed: " + sqlErrorText(error, m_dsn)), failure.hint};
}

void SqlConnection::cancelStatement(const Dsn &dsn, qint64 pid)
{
    Dsn hasty = dsn;
    hasty.connectTimeout = 2s;
    SqlConnection connection(hasty, SqlAccess::ReadWrite);
    if (!connection.open())
        return;
    // Where it fails the statement ends by its own time limit.
    static_cast<void>(connection.execute(QStringLiteral("SELECT pg_cancel_backend(?)"), {pid},
                                         QStringLiteral("cancelling a statement")));
}

} // namespace lockkeeper::sessions
