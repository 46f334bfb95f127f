// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sqlerrors.h"

#include <QRegularExpression>
#include <QSqlError>

namespace lockkeeper::sessions {

SqlFailure postgreSqlFailure(const QString &sqlState)
{
    if (sqlState.startsWith(u"08") || sqlState == u"57P01" || sqlState == u"57P02" ||
        sqlState == u"57P03")
        return {ErrorCode::ConnectionLost,
                QStringLiteral("the next request connects again; see whether the server runs"),
                true, false};
    if (sqlState == u"57014")
        return {
            ErrorCode::TimedOut,
            QStringLiteral("the server is busy or another transaction holds the rows; try again "
                           "later"),
            false, false};
    if (sqlState == u"55P03" || sqlState == u"40001" || sqlState == u"40P01")
        return {ErrorCode::TimedOut,
                QStringLiteral("another transaction holds the rows; try again"), false, false};
    if (sqlState == u"42501")
        return {ErrorCode::NotPermitted,
                QStringLiteral("grant the database user rights on the tables ChatSession and "
                               "ChatMessage"),
                false, false};
    if (sqlState == u"25006")
        return {ErrorCode::NotPermitted,
                QStringLiteral("the connection or the server is read-only"), false, false};
    if (sqlState == u"23505")
        return {ErrorCode::Database, QStringLiteral("read the session again and repeat"), false,
                true};
    if (sqlState.startsWith(u"53"))
        return {ErrorCode::Database,
                QStringLiteral("the database server is short of connections, memory or disk"),
                false, false};
    return {};
}

SqlFailure sqliteFailure(int resultCode)
{
    switch (resultCode & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
        return {ErrorCode::TimedOut,
                QStringLiteral("another program is writing to the file; try again"), false, false};
    case 8: // SQLITE_READONLY
        return {ErrorCode::NotPermitted, QStringLiteral("the connection or the file is read-only"),
                false, false};
    case 13: // SQLITE_FULL
        return {ErrorCode::Database, QStringLiteral("the disk is full"), false, false};
    case 14: // SQLITE_CANTOPEN
        return {ErrorCode::CannotConnect,
                QStringLiteral("see whether the file's folder is there and may be written"), false,
                false};
    case 19: // SQLITE_CONSTRAINT; 1555 and 2067: primary key and unique
        return {ErrorCode::Database, QStringLiteral("read the session again and repeat"), false,
                resultCode == 1555 || resultCode == 2067};
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
        return {ErrorCode::Database,
                QStringLiteral("the file is damaged or no SQLite database; it was left as it is"),
                false, false};
    default:
        return {};
    }
}

QString sqlErrorText(const QSqlError &error, const Dsn &dsn)
{
    QString text = error.databaseText().isEmpty() ? error.driverText() : error.databaseText();
    text = text.section(u'\n', 0, 0).simplified();
    static const QRegularExpression kSeverity(QStringLiteral("^(ERROR|FATAL|PANIC): *"));
    text.remove(kSeverity);
    if (!dsn.password.isEmpty())
        text.replace(QString::fromUtf8(dsn.password.reveal()), QStringLiteral("•••"));
    return text.isEmpty() ? QStringLiteral("the database gave no reason") : text;
}

Error connectError(const QSqlError &error, const Dsn &dsn)
{
    const QString text = sqlErrorText(error, dsn);
    QString hint = QStringLiteral("see whether the database server runs and can be reached from "
                                  "here");
    ErrorCode code = ErrorCode::CannotConnect;
    // Failures to connect carry no SQLSTATE; the words are those of libpq and the server.
    if (text.contains(u"no password supplied")) {
        code = ErrorCode::PasswordNeeded;
        hint = QStringLiteral("put it into the DSN, into PGPASSWORD or into ~/.pgpass");
    } else if (text.contains(u"password authentication failed")) {
        code = ErrorCode::WrongPassword;
        hint = QStringLiteral("check user name and password of the DSN");
    } else if (text.contains(u"pg_hba.conf"))
        hint = QStringLiteral("the server does not admit this user from here; see its pg_hba.conf");
    else if (text.contains(u"role \"") && text.contains(u"does not exist"))
        hint = QStringLiteral("check the user name of the DSN");
    else if (text.contains(u"database \"") && text.contains(u"does not exist"))
        hint = QStringLiteral("check the database name of the DSN");
    else if (text.contains(u"SSL") || text.contains(u"certificate"))
        hint = QStringLiteral("check sslmode of the DSN");
    else if (text.contains(u"could not translate host name"))
        hint = QStringLiteral("check the host name of the DSN");
    else if (dsn.kind == Dsn::Kind::Sqlite)
        hint = QStringLiteral("see whether the file may be read and written, and its folder too");
    return {code,
            QStringLiteral("cannot connect to the database %1: %2").arg(dsn.displayText(), text),
            hint};
}

} // namespace lockkeeper::sessions
