// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commandline.h"

#include <QTest>

#include <vector>

using namespace lockkeeper::cli;

namespace {

/// Parses the words; the exit code, or -1 when the verb is to be run.
int parse(CommandLine &line, QList<QByteArray> words)
{
    words.prepend("lockkeeper-cli");
    std::vector<char *> argv;
    argv.reserve(static_cast<std::size_t>(words.size()));
    for (QByteArray &word : words)
        argv.push_back(word.data());
    return line.parse(static_cast<int>(argv.size()), argv.data()).value_or(-1);
}

constexpr int kRuns = -1;
constexpr int kUsage = 2;

} // namespace

class TestCommandLine final : public QObject
{
    Q_OBJECT

private slots:
    void takesCommonOptionsOnBothSides();
    void tellsEmptyPrefixesFromMissingOnes();
    void refuses_data();
    void refuses();
    void takesAnythingAsSession();
    void takesAnythingAsToken_data();
    void takesAnythingAsToken();
    void leavesTheProgramsOptionsAlone();
};

void TestCommandLine::takesCommonOptionsOnBothSides()
{
    CommandLine line;
    QCOMPARE(
        parse(line, {"--url", "redis://a", "list", "--json", "--read-only", "--db", "sqlite:x"}),
        kRuns);
    QCOMPARE(line.options().target.url, QStringLiteral("redis://a"));
    QCOMPARE(line.options().target.database, QStringLiteral("sqlite:x"));
    QVERIFY(line.options().isJson);
    QVERIFY(line.options().target.isReadOnly);
    QCOMPARE(line.command().verb(), "list");

    CommandLine nested;
    QCOMPARE(parse(nested, {"session", "get", "id", "--url", "redis://b", "--json"}), kRuns);
    QCOMPARE(nested.options().target.url, QStringLiteral("redis://b"));
    QVERIFY(nested.options().isJson);
}

void TestCommandLine::tellsEmptyPrefixesFromMissingOnes()
{
    CommandLine missing;
    QCOMPARE(parse(missing, {"list"}), kRuns);
    QVERIFY(!missing.options().target.lockPrefix);
    CommandLine empty;
    QCOMPARE(parse(empty, {"list", "--lock-prefix", ""}), kRuns);
    QCOMPARE(empty.options().target.lockPrefix, std::optional(QString()));
}

void TestCommandLine::refuses_data()
{
    QTest::addColumn<QList<QByteArray>>("words");
    QTest::newRow("nothing") << QList<QByteArray>{};
    QTest::newRow("unknown verb") << QList<QByteArray>{"frobnicate"};
    QTest::newRow("unknown option") << QList<QByteArray>{"list", "--frobnicate"};
    QTest::newRow("profile and url")
        << QList<QByteArray>{"--profile", "x", "--url", "redis://a", "list"};
    QTest::newRow("release of nothing") << QList<QByteArray>{"release"};
    QTest::newRow("release of one and of many")
        << QList<QByteArray>{"release", "id", "--token", "t", "--state", "no_expiry"};
    QTest::newRow("delete of nothing") << QList<QByteArray>{"delete", "--yes"};
    QTest::newRow("no session") << QList<QByteArray>{"show"};
    QTest::newRow("empty session") << QList<QByteArray>{"show", ""};
    QTest::newRow("release without token") << QList<QByteArray>{"release", "id"};
    QTest::newRow("release with an option as token")
        << QList<QByteArray>{"release", "id", "--token", "--yes"};
    QTest::newRow("delete with an option as token")
        << QList<QByteArray>{"delete", "id", "--take-over", "--yes"};
    QTest::newRow("no kind of act") << QList<QByteArray>{"audit", "list", "--action", "foo"};
    QTest::newRow("bad duration") << QList<QByteArray>{"list", "--older-than", "soon"};
    QTest::newRow("bad role") << QList<QByteArray>{"session", "append",    "id", "--role",
                                                   "boss",    "--content", "x"};
    QTest::newRow("demo and url") << QList<QByteArray>{"--demo", "--url", "redis://a", "list"};
    QTest::newRow("session without verb") << QList<QByteArray>{"session"};
}

void TestCommandLine::refuses()
{
    QFETCH(QList<QByteArray>, words);
    CommandLine line;
    QCOMPARE(parse(line, words), kUsage);
}

void TestCommandLine::takesAnythingAsSession()
{
    // Ids that are verbs are ids all the same.
    CommandLine line;
    QCOMPARE(parse(line, {"show", "list"}), kRuns);
    QCOMPARE(line.command().verb(), "show");
    CommandLine nested;
    QCOMPARE(parse(nested, {"session", "rename", "get", "list"}), kRuns);
    QCOMPARE(nested.command().verb(), "session");
}

void TestCommandLine::takesAnythingAsToken_data()
{
    QTest::addColumn<QList<QByteArray>>("words");
    QTest::newRow("empty") << QList<QByteArray>{"release", "id", "--token", ""};
    QTest::newRow("one dash") << QList<QByteArray>{"release", "id", "--token", "-x"};
    QTest::newRow("two dashes") << QList<QByteArray>{"release", "id", "--token=--yes"};
}

void TestCommandLine::takesAnythingAsToken()
{
    QFETCH(QList<QByteArray>, words);
    CommandLine line;
    QCOMPARE(parse(line, words), kRuns);
}

void TestCommandLine::leavesTheProgramsOptionsAlone()
{
    CommandLine line;
    QCOMPARE(parse(line, {"with-lock", "id", "--wait", "1s", "--", "ls", "--json", "--", "-x"}),
             kRuns);
    QVERIFY(!line.options().isJson);
    QCOMPARE(line.command().verb(), "with-lock");
}

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_commandline.moc"
