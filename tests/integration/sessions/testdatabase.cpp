// SPDX-License-Identifier: GPL-3.0-or-later
#include "testdatabase.h"

#include "sessions/sessiondatabase.h"
#include "support/await.h"

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QSqlRecord>
#include <QTest>

namespace lockkeeper::test {

using sessions::Dsn;

bool TestDatabases::start()
{
    return m_server.start();
}

Dsn TestDatabases::make(Kind kind)
{
    const QString name = QStringLiteral("chat%1").arg(++m_count);
    if (kind == Kind::Sqlite) {
        Dsn dsn;
        dsn.path = m_folder.filePath(name + QStringLiteral(".db"));
        sessions::SessionDatabase creates(dsn);
        if (const auto checked = await(creates.check()); !checked)
            qFatal("%s", qPrintable(checked.error().what));
        return dsn;
    }
    const bool isOlder = kind == Kind::PostgresOlder;
    const bool isMade = m_server.createChatDatabase(
        name, isOlder ? PostgresServer::Release::Older : PostgresServer::Release::Newer,
        isOlder ? QStringLiteral("public") : QStringLiteral("platform"));
    if (!isMade)
        qFatal("%s", qPrintable(m_server.reason()));
    return *sessions::parseDsn(m_server.dsn(name));
}

Endpoint TestDatabases::socket() const
{
    Endpoint endpoint;
    endpoint.kind = Endpoint::Kind::Unix;
    endpoint.path = m_server.socketFolder() + QStringLiteral("/.s.PGSQL.5432");
    return endpoint;
}

Dsn TestDatabases::through(const StreamProxy &proxy, Dsn dsn)
{
    dsn.host = proxy.endpoint().host;
    dsn.port = proxy.endpoint().port;
    dsn.sslMode = QStringLiteral("disable");
    return dsn;
}

QString TestDatabases::sql(const Dsn &dsn, const QString &statement)
{
    if (dsn.kind == Dsn::Kind::PostgreSql)
        return m_server
            .sql(dsn.database, QStringLiteral("SET client_min_messages = error; SET search_path = "
                                              "public, platform;") +
                                   statement)
            .section(u'\n', 2); // the answers to SET
    const QString name = QStringLiteral("raw");
    QStringList lines;
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(QStringLiteral("QSQLITE"), name);
        database.setDatabaseName(dsn.path);
        database.open();
        QSqlQuery(database).exec(QStringLiteral("PRAGMA foreign_keys = ON"));
        QSqlQuery query(database);
        if (!query.exec(statement))
            lines += query.lastError().text();
        while (query.next()) {
            QStringList columns;
            for (int i = 0; i < query.record().count(); ++i)
                columns += query.value(i).toString();
            lines += columns.join(u'|');
        }
    }
    QSqlDatabase::removeDatabase(name);
    return lines.join(u'\n');
}

void addDatabaseKinds()
{
    QTest::addColumn<Kind>("kind");
    QTest::newRow("sqlite") << Kind::Sqlite;
    QTest::newRow("older") << Kind::PostgresOlder;
    QTest::newRow("newer") << Kind::PostgresNewer;
}

} // namespace lockkeeper::test
