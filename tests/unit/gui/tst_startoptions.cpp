// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/startoptions.h"

#include <QScopeGuard>
#include <QTest>

#include <vector>

using namespace lockkeeper::gui;

class StartOptionsTest : public QObject
{
    Q_OBJECT

private:
    static StartRequest read(std::vector<QByteArray> words)
    {
        words.insert(words.begin(), "lockkeeper");
        std::vector<char *> argv;
        for (QByteArray &word : words)
            argv.push_back(word.data());
        return readArguments(static_cast<int>(argv.size()), argv.data(), QStringLiteral("1.2.3"));
    }

private slots:
    void takesATarget();
    void takesATargetFromTheEnvironment_data();
    void takesATargetFromTheEnvironment();
    void anEmptyPrefixIsGivenNotMissing();
    void helpNamesEveryOption();
    void refusesWhatItDoesNotKnow_data();
    void refusesWhatItDoesNotKnow();
};

void StartOptionsTest::takesATarget()
{
    const StartRequest request =
        read({"--url", "redis://host", "--db=sqlite:///x", "--read-only", "--theme", "dark"});
    QVERIFY(request.text.isEmpty());
    QCOMPARE(request.options.input.url, QStringLiteral("redis://host"));
    QCOMPARE(request.options.input.database, QStringLiteral("sqlite:///x"));
    QVERIFY(request.options.input.isReadOnly);
    QVERIFY(request.options.isTargetGiven);
    QVERIFY(!request.options.isDemo);
    QCOMPARE(request.options.appearance, Appearance::Choice::Dark);
}

void StartOptionsTest::takesATargetFromTheEnvironment_data()
{
    QTest::addColumn<QByteArray>("variable");
    for (const char *variable : {"LOCKKEEPER_URL", "REDIS_HOST", "REDIS_CLUSTER_HOST"})
        QTest::newRow(variable) << QByteArray(variable);
}

/// The window connects at once then, to what the command line would connect to.
void StartOptionsTest::takesATargetFromTheEnvironment()
{
    QFETCH(QByteArray, variable);
    const auto unset = [] {
        for (const char *name : {"LOCKKEEPER_URL", "REDIS_HOST", "REDIS_PORT", "REDIS_CLUSTER_HOST",
                                 "REDIS_CLUSTER_PORT"})
            qunsetenv(name);
    };
    unset();
    QVERIFY(!read({}).options.isTargetGiven);
    qputenv(variable.constData(), "host");
    const auto restore = qScopeGuard(unset);
    QVERIFY(read({}).options.isTargetGiven);
}

void StartOptionsTest::anEmptyPrefixIsGivenNotMissing()
{
    QVERIFY(!read({}).options.input.lockPrefix);
    QCOMPARE(read({"--lock-prefix", ""}).options.input.lockPrefix, QString(QLatin1String("")));
}

void StartOptionsTest::helpNamesEveryOption()
{
    const StartRequest request = read({"--help"});
    QCOMPARE(request.exitCode, 0);
    for (const char *option :
         {"--url", "--db", "--family", "--lock-prefix", "--session-prefix", "--lease",
          "--read-only", "--demo", "--theme", "--screenshot", "--help", "--version"})
        QVERIFY2(request.text.contains(QLatin1StringView(option)), option);
    QCOMPARE(read({"--version"}).text, QStringLiteral("lockkeeper 1.2.3\n"));
}

void StartOptionsTest::refusesWhatItDoesNotKnow_data()
{
    QTest::addColumn<QByteArray>("word");
    QTest::newRow("option") << QByteArray("--bogus");
    QTest::newRow("argument") << QByteArray("redis://host");
    QTest::newRow("theme") << QByteArray("--theme=blue");
    QTest::newRow("empty address") << QByteArray("--url=");
    QTest::newRow("empty database") << QByteArray("--db=");
    QTest::newRow("empty family") << QByteArray("--family=");
}

void StartOptionsTest::refusesWhatItDoesNotKnow()
{
    QFETCH(QByteArray, word);
    const StartRequest request = read({word});
    QCOMPARE(request.exitCode, 2);
    QVERIFY(request.text.contains(QStringLiteral("lockkeeper --help")));
}

QTEST_GUILESS_MAIN(StartOptionsTest)
#include "tst_startoptions.moc"
