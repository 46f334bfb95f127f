// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockattempt.h"
#include "locks/lockreader.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::locks;

namespace {

QByteArray lineOf(const QByteArray &command, const QByteArray &origin = "0 10.4.0.31:50412")
{
    return "+1700000000.123456 [" + origin + "] " + command;
}

const QByteArray kSet = R"("SET" "chat:session_lock:s1" "aabb" "NX" "PX" "60000")";

} // namespace

class TestLockAttempt : public QObject
{
    Q_OBJECT

private slots:
    void readsAttempts_data();
    void readsAttempts();
    void ignoresTheRest_data();
    void ignoresTheRest();
    void survivesAnyCut();
};

void TestLockAttempt::readsAttempts_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QByteArray>("token");
    QTest::addColumn<QByteArray>("address");
    const QByteArray key = "chat:session_lock:s1";
    const QByteArray host = "10.4.0.31:50412";
    QTest::newRow("redis-py") << lineOf(kSet) << key << QByteArray("aabb") << host;
    QTest::newRow("lower case") << lineOf(R"("set" "chat:session_lock:s1" "t" "ex" "9" "nx")")
                                << key << QByteArray("t") << host;
    QTest::newRow("setnx") << lineOf(R"("SETNX" "chat:session_lock:s1" "t")") << key
                           << QByteArray("t") << host;
    QTest::newRow("escapes") << lineOf(R"("SET" "chat:session_lock:a\"]\\" "\x00\xff\n\t" "NX")")
                             << QByteArray("chat:session_lock:a\"]\\")
                             << QByteArray("\x00\xff\n\t", 4) << host;
    QTest::newRow("ipv6") << lineOf(kSet, "0 [::1]:5000") << key << QByteArray("aabb")
                          << QByteArray("[::1]:5000");
    QTest::newRow("unix") << lineOf(kSet, "0 unix:/a b/redis.sock") << key << QByteArray("aabb")
                          << QByteArray("unix:/a b/redis.sock");
    QTest::newRow("script") << lineOf(kSet, "0 lua") << key << QByteArray("aabb") << QByteArray();
}

void TestLockAttempt::readsAttempts()
{
    QFETCH(const QByteArray, line);
    const auto attempt = attemptFrom(line, LockFamily(), 0);
    QVERIFY(attempt);
    QTEST(attempt->key.bytes(), "key");
    QTEST(attempt->token.bytes(), "token");
    QTEST(attempt->address, "address");
}

void TestLockAttempt::ignoresTheRest_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("ok") << QByteArray("+OK");
    QTest::newRow("another database") << lineOf(kSet, "1 10.4.0.31:50412");
    QTest::newRow("no database") << lineOf(kSet, "10.4.0.31:50412");
    QTest::newRow("auth") << lineOf(R"("AUTH" "secret")");
    QTest::newRow("get") << lineOf(R"("GET" "chat:session_lock:s1")");
    QTest::newRow("other key") << lineOf(R"("SET" "chat:session:s1" "{}" "NX")");
    QTest::newRow("bare prefix") << lineOf(R"("SET" "chat:session_lock:" "t" "NX")");
    QTest::newRow("not conditional") << lineOf(R"("SET" "chat:session_lock:s1" "t" "PX" "9")");
    QTest::newRow("no token") << lineOf(R"("SET" "chat:session_lock:s1")");
    QTest::newRow("bad escape") << lineOf(R"("SET" "chat:session_lock:\q" "t" "NX")");
    QTest::newRow("bad hex") << lineOf(R"("SET" "chat:session_lock:\xzz" "t" "NX")");
    QTest::newRow("token too long") << lineOf(R"("SET" "chat:session_lock:s1" ")" +
                                              QByteArray(kLongestToken + 1, 'x') + R"(" "NX")");
}

void TestLockAttempt::ignoresTheRest()
{
    QFETCH(const QByteArray, line);
    QVERIFY(!attemptFrom(line, LockFamily(), 0));
}

void TestLockAttempt::survivesAnyCut()
{
    const QByteArray line = lineOf(R"("SET" "chat:session_lock:a\x41\"" "t\\" "NX" "PX" "60000")");
    QVERIFY(attemptFrom(line, LockFamily(), 0));
    for (qsizetype length = 0; length < line.size(); ++length) {
        for (qsizetype from = 0; from < 3; ++from) {
            const QByteArray cut = line.mid(from, length);
            const auto attempt = attemptFrom(cut, LockFamily(), 0);
            QVERIFY(!attempt || cut.contains("\"NX\""));
        }
    }
}

QTEST_GUILESS_MAIN(TestLockAttempt)
#include "tst_lockattempt.moc"
