// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/commandgate.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::redis;

class TestCommandGate : public QObject
{
    Q_OBJECT

private slots:
    void readOnlyLetsReadsPass();
    void readOnlyStopsWrites_data();
    void readOnlyStopsWrites();
    void otherwiseEverythingPasses();
};

void TestCommandGate::readOnlyLetsReadsPass()
{
    const CommandGate gate(true);
    for (const Command &command :
         {commands::ping(), commands::get("k"), commands::pttl("k"), commands::strlen("k"),
          commands::getRange("k", 0, 9), commands::scan("0", "p*", 100), commands::info("server"),
          commands::clientId(), commands::clientTrackingOn(1, {"p"}), commands::subscribe("c"),
          commands::role(), commands::dbSize(), commands::type("k")})
        QVERIFY2(gate.check(command).has_value(), command.name().constData());
}

void TestCommandGate::readOnlyStopsWrites_data()
{
    QTest::addColumn<QList<QByteArray>>("words");
    using Words = QList<QByteArray>;
    QTest::newRow("SET") << Words{"SET", "k", "v"};
    QTest::newRow("lower case") << Words{"del", "k"};
    QTest::newRow("EVAL") << Words{"EVAL", "return 1", "0"};
    QTest::newRow("EVALSHA") << Words{"EVALSHA", "abc", "0"};
    QTest::newRow("SCRIPT") << Words{"SCRIPT", "FLUSH"};
    QTest::newRow("CONFIG") << Words{"CONFIG", "SET", "maxmemory", "1"};
    QTest::newRow("CLIENT KILL") << Words{"CLIENT", "KILL", "ID", "3"};
    QTest::newRow("PUBLISH") << Words{"PUBLISH", "c", "m"};
    QTest::newRow("ACL SETUSER") << Words{"ACL", "SETUSER", "u"};
    QTest::newRow("unknown") << Words{"FROBNICATE"};
    QTest::newRow("nothing") << Words{};
}

void TestCommandGate::readOnlyStopsWrites()
{
    QFETCH(QList<QByteArray>, words);
    // What the caller says of the command's effect does not open the gate.
    const auto allowed = CommandGate(true).check({words, Effect::ReadOnly});
    QVERIFY(!allowed);
    QCOMPARE(allowed.error().code, ErrorCode::NotPermitted);
}

void TestCommandGate::otherwiseEverythingPasses()
{
    QVERIFY(CommandGate(false).check(commands::del("k")));
}

QTEST_APPLESS_MAIN(TestCommandGate)
#include "tst_commandgate.moc"
