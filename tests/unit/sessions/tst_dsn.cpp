// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/dsn.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::sessions;

class TestDsn final : public QObject
{
    Q_OBJECT

private slots:
    void readsPostgreSql();
    void reads_data();
    void reads();
    void refuses_data();
    void refuses();
};

void TestDsn::readsPostgreSql()
{
    const auto dsn = parseDsn(
        QStringLiteral("postgresql://jo%40x:p%3A%2F%40ss@db.example:6543/chat%20db?schema=platform"
                       "&connect_timeout=60&sslmode=require&connection_limit=5&pool_timeout=0"));
    QVERIFY(dsn);
    QCOMPARE(dsn->kind, Dsn::Kind::PostgreSql);
    QCOMPARE(dsn->host, QStringLiteral("db.example"));
    QCOMPARE(dsn->port, quint16(6543));
    QCOMPARE(dsn->user, QStringLiteral("jo@x"));
    QCOMPARE(dsn->password.reveal(), QByteArray("p:/@ss"));
    QCOMPARE(dsn->database, QStringLiteral("chat db"));
    QCOMPARE(dsn->schema, QStringLiteral("platform"));
    QCOMPARE(dsn->connectTimeout, std::chrono::seconds(60));
    QCOMPARE(dsn->sslMode, QStringLiteral("require"));
}

void TestDsn::reads_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("port");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("display");
    QTest::newRow("short scheme") << "postgres://h/d" << "h" << 5432 << "d" << "postgresql://h/d";
    QTest::newRow("case and space") << " PostgreSQL://h/d\n"
                                    << "h" << 5432 << "d"
                                    << "postgresql://h/d";
    QTest::newRow("no host") << "postgresql:///d" << "" << 5432 << "d" << "postgresql:///d";
    QTest::newRow("user only") << "postgresql://u@h/d" << "h" << 5432 << "d"
                               << "postgresql://u@h/d";
    QTest::newRow("password hidden") << "postgresql://u:secret@h:1/d" << "h" << 1 << "d"
                                     << "postgresql://u@h:1/d";
    QTest::newRow("IPv6") << "postgresql://[::1]:6000/d" << "::1" << 6000 << "d"
                          << "postgresql://[::1]:6000/d";
    QTest::newRow("IPv6, no port") << "postgresql://[::1]/d" << "::1" << 5432 << "d"
                                   << "postgresql://[::1]/d";
    QTest::newRow("socket folder") << "postgresql://u@/d?host=/run/pg" << "/run/pg" << 5432 << "d"
                                   << "postgresql://u@/d?host=/run/pg";
    QTest::newRow("socket in host") << "postgresql://%2Frun%2Fpg/d" << "/run/pg" << 5432 << "d"
                                    << "postgresql:///d?host=/run/pg";
    QTest::newRow("sqlite") << "sqlite:///var/a%20b.db" << "" << 5432 << "/var/a b.db"
                            << "sqlite:///var/a%20b.db";
    QTest::newRow("sqlite relative") << "sqlite:chat.db" << "" << 5432 << "chat.db"
                                     << "sqlite:chat.db";
    QTest::newRow("sqlite one slash") << "sqlite:/var/c.db" << "" << 5432 << "/var/c.db"
                                      << "sqlite:///var/c.db";
}

void TestDsn::reads()
{
    QFETCH(QString, text);
    const auto dsn = parseDsn(text);
    QVERIFY2(dsn, dsn ? "" : qPrintable(dsn.error().what));
    QTEST(dsn->host, "host");
    QTEST(int(dsn->port), "port");
    QTEST(dsn->kind == Dsn::Kind::Sqlite ? dsn->path : dsn->database, "name");
    QTEST(dsn->displayText(), "display");

    // What is shown can be typed in again; only the password is missing.
    Dsn expected = *dsn;
    expected.password = {};
    const auto again = parseDsn(dsn->displayText());
    QVERIFY(again);
    QCOMPARE(*again, expected);
}

void TestDsn::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("why");
    QTest::newRow("empty") << "" << "is empty";
    QTest::newRow("space") << "  " << "is empty";
    QTest::newRow("scheme") << "mysql://u:secret@h/d" << "neither postgresql:// nor sqlite:";
    QTest::newRow("path") << "/var/secret.db" << "neither";
    QTest::newRow("no database") << "postgresql://u:secret@h" << "names no database";
    QTest::newRow("empty database") << "postgresql://u:secret@h/" << "names no database";
    QTest::newRow("two @") << "postgresql://u:se@cret@h/d" << "more than one @";
    QTest::newRow("/ in password") << "postgresql://u:se/cret@h/d" << "";
    QTest::newRow("# in password") << "postgresql://u:se#cret@h/d" << "has a #";
    QTest::newRow("? in password") << "postgresql://u:se?cret@h/d" << "";
    QTest::newRow("broken percent") << "postgresql://u:secret%2@h/d" << "in its password";
    QTest::newRow("no UTF-8") << "postgresql://u:secret%ff@h/d" << "no UTF-8";
    QTest::newRow("control") << "postgresql://u:secret@h/d%00" << "control character";
    QTest::newRow("port 0") << "postgresql://h:0/d" << "port";
    QTest::newRow("port 65536") << "postgresql://h:65536/d" << "port";
    QTest::newRow("port text") << "postgresql://h:secret/d" << "port";
    QTest::newRow("port empty") << "postgresql://h:/d" << "port";
    QTest::newRow("two hosts") << "postgresql://h1,h2/d" << "several hosts";
    QTest::newRow("open bracket") << "postgresql://[::1/d" << "brackets";
    QTest::newRow("after bracket") << "postgresql://[::1]x/d" << "brackets";
    QTest::newRow("two path parts") << "postgresql://h/d/secret" << "a / in the name";
    QTest::newRow("timeout") << "postgresql://h/d?connect_timeout=soon" << "connect_timeout";
    QTest::newRow("timeout 0") << "postgresql://h/d?connect_timeout=0" << "connect_timeout";
    QTest::newRow("sslmode") << "postgresql://h/d?sslmode=secret" << "sslmode";
    QTest::newRow("empty schema") << "postgresql://h/d?schema=" << "empty schema";
    QTest::newRow("unknown") << "postgresql://h/d?sslcert=secret" << "sslcert";
    QTest::newRow("odd parameter") << "postgresql://h/d?Secret!=1" << "a parameter";
    QTest::newRow("sqlite host") << "sqlite://secret/x.db" << "a host in front";
    QTest::newRow("sqlite empty") << "sqlite:" << "names no SQLite file";
    QTest::newRow("sqlite folder") << "sqlite:///var/" << "names no SQLite file";
    QTest::newRow("sqlite memory") << "sqlite::memory:" << "names no SQLite file";
    QTest::newRow("sqlite query") << "sqlite:///a.db?mode=ro" << "take none";
    QTest::newRow("sqlite percent") << "sqlite:///a%zz.db" << "broken percent-encoding";
}

void TestDsn::refuses()
{
    QFETCH(QString, text);
    QFETCH(QString, why);
    const auto dsn = parseDsn(text);
    QVERIFY(!dsn);
    QCOMPARE(dsn.error().code, ErrorCode::InvalidInput);
    const QString said = describe(dsn.error());
    QVERIFY2(said.contains(why), qPrintable(said));
    for (const char16_t *part : {u"secret", u"Secret", u"cret"})
        QVERIFY2(!said.contains(QStringView(part)), qPrintable(said));
    QVERIFY(!dsn.error().hint.isEmpty());
}

QTEST_APPLESS_MAIN(TestDsn)
#include "tst_dsn.moc"
