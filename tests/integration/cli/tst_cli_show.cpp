// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

QByteArray sessionJson(const QByteArray &id, const QByteArray &content)
{
    return R"({"session_id":")" + id + R"(","user_id":"u-1","title":"A title","messages":[)" +
           R"({"role":"user","content":")" + content + R"("}],"usage":[],)" +
           R"("credentials":{"github":{"token":"ghs_secret"}},)" +
           R"("started_at":"2026-01-01T00:00:00.000000Z",)" +
           R"("updated_at":"2026-01-01T00:00:00.000000Z",)" +
           R"("successful_agent_runs":{},"successful_agent_schedules":{}})";
}

QStringList show(const char *session)
{
    return {QStringLiteral("show"), QString::fromLatin1(session)};
}

} // namespace

class TestCliShow final : public QObject
{
    Q_OBJECT

private slots:
    void showsLockAndCopiesSideBySide();
    void masksTextsUntilAsked();
    void tellsWhatHasNoText();
    void tellsWhenThereIsNothing();
    void showsCorruptEntriesAndKeepsThem_data();
    void showsCorruptEntriesAndKeepsThem();
    void showsHugeSessions();
    void tellsWhereTheCopiesDisagree();
};

void TestCliShow::showsLockAndCopiesSideBySide()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QString id =
        cli.run({QStringLiteral("session"), QStringLiteral("create"), QStringLiteral("--user"),
                 QStringLiteral("u-1"), QStringLiteral("--json")})
            .object()[u"session_id"]
            .toString();
    QVERIFY(!id.isEmpty());
    const QByteArray token = freshToken();
    server.redis({"SET", lockKey(id.toUtf8()), token, "PX", "60000"});

    const CliRun run = cli.run({QStringLiteral("show"), id, QStringLiteral("--json")});
    QVERIFY2(run.exitCode == 0, run.err.constData());
    const QJsonObject json = run.object();
    QCOMPARE(json[u"session_id"].toString(), id);
    QCOMPARE(json[u"session_state"].toString(), QStringLiteral("ok"));
    QCOMPARE(json[u"lock"][u"state"].toString(), QStringLiteral("held"));
    QCOMPARE(json[u"lock"][u"token"].toString(), QString::fromLatin1(token));
    QCOMPARE(json[u"owner"][u"kind"].toString(), QStringLiteral("uuid1"));
    QCOMPARE(json[u"cache"][u"state"].toString(), QStringLiteral("present"));
    QCOMPARE(json[u"cache"][u"session"][u"user_id"].toString(), QStringLiteral("u-1"));
    QCOMPARE(json[u"database"][u"state"].toString(), QStringLiteral("present"));
    QCOMPARE(json[u"database"][u"session"][u"user_id"].toString(), QStringLiteral("u-1"));

    const CliRun text = cli.run({QStringLiteral("show"), id});
    QCOMPARE(text.exitCode, 0);
    QVERIFY(text.out.contains("CACHE"));
    QVERIFY(text.out.contains("DATABASE"));
    QVERIFY2(text.out.contains("state     ok: Cache and database agree."), text.out.constData());
    QVERIFY(text.out.contains(token));
}

void TestCliShow::masksTextsUntilAsked()
{
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SETEX", cacheKey("s"), "43200", sessionJson("s", "my private words")});
    const CliProgram cli(server.url());
    for (const QStringList &format : {QStringList{}, QStringList{QStringLiteral("--json")}}) {
        const CliRun masked = cli.run(show("s") + format);
        QCOMPARE(masked.exitCode, 0);
        QVERIFY(!masked.out.contains("private"));
        QVERIFY(!masked.out.contains("ghs_secret"));
    }
    QCOMPARE(cli.audit().size(), 0);
    for (const QStringList &format : {QStringList{}, QStringList{QStringLiteral("--json")}}) {
        const CliRun revealed =
            cli.run(show("s") + format + QStringList{QStringLiteral("--reveal")});
        QCOMPARE(revealed.exitCode, 0);
        QVERIFY(revealed.out.contains("my private words"));
        QVERIFY(!revealed.out.contains("ghs_secret"));
    }
    QCOMPARE(cli.audit().size(), 2);
    const QJsonObject line = cli.audit().constFirst();
    QCOMPARE(line[u"action"].toString(), QStringLiteral("reveal"));
    QCOMPARE(line[u"session"].toString(), QStringLiteral("s"));
}

void TestCliShow::tellsWhatHasNoText()
{
    RedisServer server;
    LK_START_REDIS(server);
    QByteArray json = sessionJson("s", "words");
    json.replace(R"({"role":"user","content":"words"})",
                 R"({"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function",)"
                 R"("function":{"name":"find_order","arguments":"{\"secret\":1}"}}]},)"
                 R"({"role":"assistant","function_call":{"name":"refund","arguments":"{}"}},)"
                 R"({"role":"assistant","content":"","tool_calls":[{"id":"c"},7]},)"
                 R"({"role":"assistant","refusal":"I may not"},{"role":"user","content":""})");
    server.redis({"SETEX", cacheKey("s"), "43200", json});
    const CliProgram cli(server.url());
    const CliRun revealed = cli.run(show("s") + QStringList{QStringLiteral("--reveal")});
    QCOMPARE(revealed.exitCode, 0);
    for (const char *line : {"1 assistant calls tool find_order\n",
                             "2 assistant calls tool refund\n", "3 assistant calls tools ?, ?\n",
                             "4 assistant refuses: I may not\n", "5 user      empty\n"})
        QVERIFY2(revealed.out.contains(line), revealed.out.constData());
    const CliRun masked = cli.run(show("s"));
    QVERIFY2(masked.out.contains("4 assistant refuses: 9 characters\n"), masked.out.constData());
    QVERIFY(!masked.out.contains("secret"));
}

void TestCliShow::tellsWhenThereIsNothing()
{
    RedisServer server;
    LK_START_REDIS(server);
    const CliRun run = CliProgram(server.url()).run(show("nowhere"));
    QCOMPARE(run.exitCode, 3);
    QVERIFY2(run.err.contains("nowhere"), run.err.constData());
}

void TestCliShow::showsCorruptEntriesAndKeepsThem_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("no JSON") << QByteArray("this is no JSON");
    QTest::newRow("cut") << sessionJson("s", "words").chopped(40);
    QTest::newRow("an array") << QByteArray("[1,2]");
    QTest::newRow("binary") << QByteArray("\x80\x04\x95\x00", 4);
    QTest::newRow("empty") << QByteArray("");
}

void TestCliShow::showsCorruptEntriesAndKeepsThem()
{
    QFETCH(QByteArray, value);
    RedisServer server;
    LK_START_REDIS(server);
    server.redis({"SETEX", cacheKey("s"), "43200", value});
    const CliProgram cli(server.url());
    const CliRun json = cli.run(show("s") + QStringList{QStringLiteral("--json")});
    QVERIFY2(json.exitCode == 0, json.err.constData());
    const QJsonObject cache = json.object()[u"cache"].toObject();
    QCOMPARE(cache[u"state"].toString(), QStringLiteral("corrupt"));
    QCOMPARE(cache[u"error"][u"code"].toString(), QStringLiteral("corrupt"));
    QCOMPARE(cache[u"bytes"].toInt(), value.size());
    const CliRun text = cli.run(show("s"));
    QVERIFY2(text.out.contains("corrupt"), text.out.constData());
    QCOMPARE(server.redis({"GET", cacheKey("s")}).toByteArray(), value);
}

void TestCliShow::showsHugeSessions()
{
    RedisServer server;
    LK_START_REDIS(server);
    const QByteArray json = sessionJson("big", QByteArray(50 * 1024 * 1024, 'x'));
    server.redis({"SET", cacheKey("big"), json});
    server.redis({"SET", lockKey("big"), freshToken(), "PX", "60000"});
    const CliProgram cli(server.url());
    const CliRun shown = cli.run(show("big") + QStringList{QStringLiteral("--json")});
    QVERIFY2(shown.exitCode == 0, shown.err.constData());
    const QJsonObject cache = shown.object()[u"cache"].toObject();
    QCOMPARE(cache[u"bytes"].toInt(), json.size());
    QCOMPARE(cache[u"session"][u"messages"][0][u"characters"].toInt(), 50 * 1024 * 1024);
    const CliRun listed = cli.run({QStringLiteral("list"), QStringLiteral("--json")});
    const QJsonObject row = rowOf(listed.array(), QStringLiteral("big"));
    QCOMPARE(row[u"session"][u"bytes"].toInt(), json.size());
    QCOMPARE(row[u"session"][u"title"].toString(), QStringLiteral("A title"));
}

void TestCliShow::tellsWhereTheCopiesDisagree()
{
    RedisServer server;
    LK_START_REDIS(server);
    CliProgram cli(server.url());
    cli.useSqlite();
    const QStringList create{QStringLiteral("session"), QStringLiteral("create"),
                             QStringLiteral("--user"), QStringLiteral("u-1"),
                             QStringLiteral("--json")};
    const QByteArray id = cli.run(create).object()[u"session_id"].toString().toUtf8();
    server.redis({"SETEX", cacheKey(id), "43200", sessionJson(id, "of another time")});
    const CliRun run = cli.run(QStringList(show(id.constData())) << QStringLiteral("--json"));
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(run.object()[u"session_state"].toString(), QStringLiteral("cache_mismatch"));
    QVERIFY(run.object()[u"session_reason"].toString().contains(u"messages (1 and 0)"));
    const CliRun text = cli.run(show(id.constData()));
    QVERIFY2(text.out.contains("state     cache mismatch: Cache and database disagree on"),
             text.out.constData());
    // `list` sees it, too.
    server.redis({"SET", lockKey(id), freshToken(), "PX", "60000"});
    const QJsonObject row = rowOf(
        cli.run({QStringLiteral("list"), QStringLiteral("--json")}).array(), QString::fromUtf8(id));
    QCOMPARE(row[u"session"][u"state"].toString(), QStringLiteral("cache_mismatch"));
}

QTEST_GUILESS_MAIN(TestCliShow)
#include "tst_cli_show.moc"
