// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/arguments.h"
#include "cli/exitcode.h"
#include "core/text.h"

#include <QTest>

#include <CLI/CLI.hpp>

using namespace lockkeeper;
using namespace lockkeeper::cli;
using namespace std::chrono_literals;

class TestArguments final : public QObject
{
    Q_OBJECT

private slots:
    void readsPrintableBytes_data();
    void readsPrintableBytes();
    void readsSpans();
    void refusesWithTheOptionsName_data();
    void refusesWithTheOptionsName();
    void mapsErrorsToExitCodes();
};

void TestArguments::readsPrintableBytes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("hex digits") << QByteArray("8c1f2a775a044b529c2e0b6a4f1e91c4");
    QTest::newRow("utf-8") << QByteArray("wörker-1");
    QTest::newRow("binary") << QByteArray("\x00\xff\x10 abc\x7f", 8);
    QTest::newRow("not quite utf-8") << QByteArray("w\xc3");
    QTest::newRow("backslash in text") << QByteArray("a\\b");
    QTest::newRow("an escape that is text") << QByteArray("\\x41");
    QTest::newRow("an escape of a byte that is text") << QByteArray("a\\xff");
    QTest::newRow("an escape of the backslash that is text") << QByteArray("\\x5cxff");
    QTest::newRow("cut escape") << QByteArray("ab\\x4");
}

void TestArguments::readsPrintableBytes()
{
    QFETCH(QByteArray, bytes);
    QCOMPARE(bytesFromPrintable(printable(bytes)), bytes);
}

void TestArguments::readsSpans()
{
    CLI::App app;
    std::optional<milliseconds> wait;
    addSpan(app, "--wait", wait, {});
    app.parse("--wait 250ms");
    QCOMPARE(*wait, 250ms);
}

void TestArguments::refusesWithTheOptionsName_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("named");
    QTest::newRow("no duration") << QStringLiteral("--wait soon") << QStringLiteral("--wait");
    QTest::newRow("no number") << QStringLiteral("--limit many") << QStringLiteral("--limit");
    QTest::newRow("too small") << QStringLiteral("--limit 0") << QStringLiteral("--limit");
}

void TestArguments::refusesWithTheOptionsName()
{
    QFETCH(QString, line);
    QFETCH(QString, named);
    CLI::App app;
    std::optional<milliseconds> wait;
    std::optional<Token> token;
    int limit = 0;
    addSpan(app, "--wait", wait, {});
    addNumber(app, "--limit", limit, 1, {});
    addToken(app, "--token", token, {});
    try {
        app.parse(line.toStdString());
        QFAIL("was taken");
    } catch (const CLI::ParseError &refusal) {
        QVERIFY2(QString::fromUtf8(refusal.what()).contains(named), refusal.what());
    }
}

void TestArguments::mapsErrorsToExitCodes()
{
    QCOMPARE(exitCodeOf(ErrorCode::InvalidInput), ExitCode::Usage);
    QCOMPARE(exitCodeOf(ErrorCode::NotFound), ExitCode::NotFound);
    QCOMPARE(exitCodeOf(ErrorCode::ChangedHands), ExitCode::ChangedHands);
    QCOMPARE(exitCodeOf(ErrorCode::LockTimeout), ExitCode::LockTimeout);
    QCOMPARE(exitCodeOf(ErrorCode::CannotConnect), ExitCode::CannotConnect);
    QCOMPARE(exitCodeOf(ErrorCode::NotPermitted), ExitCode::NotPermitted);
    QCOMPARE(exitCodeOf(ErrorCode::Database), ExitCode::Failed);
}

QTEST_GUILESS_MAIN(TestArguments)
#include "tst_arguments.moc"
