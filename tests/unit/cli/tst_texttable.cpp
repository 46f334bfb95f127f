// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/texttable.h"

#include <QTest>

using namespace lockkeeper::cli;

class TestTextTable final : public QObject
{
    Q_OBJECT

private slots:
    void alignsColumns();
    void coloursCellsWithoutShiftingThem();
    void cutsElasticColumnsToTheTerminal();
    void cutsTheWidestFirst();
    void leavesOutWhatDoesNotFit();
    void countsWideCharactersTwice();
};

void TestTextTable::alignsColumns()
{
    TextTable table({{QStringLiteral("NAME")}, {QStringLiteral("TTL"), true}});
    table.add({{QStringLiteral("a")}, {QStringLiteral("9 s")}});
    table.add({{QStringLiteral("longer")}, {QStringLiteral("41 s")}});
    QCOMPARE(table.rendered(0, false), QStringLiteral("NAME     TTL\n"
                                                      "a        9 s\n"
                                                      "longer  41 s\n"));
}

void TestTextTable::coloursCellsWithoutShiftingThem()
{
    TextTable table({{QStringLiteral("A")}, {QStringLiteral("B")}});
    table.add({{QStringLiteral("x"), Tone::Bad}, {QStringLiteral("y")}});
    const QString coloured = table.rendered(0, true);
    QVERIFY(coloured.contains(QStringLiteral("\x1b[31mx\x1b[0m  y\n")));
}

void TestTextTable::cutsElasticColumnsToTheTerminal()
{
    TextTable table({{QStringLiteral("ID")}, {QStringLiteral("TITLE"), false, true}});
    table.add({{QStringLiteral("0123456789")}, {QStringLiteral("a title that is too long")}});
    const QStringList lines = table.rendered(24, false).split(u'\n');
    QCOMPARE(lines.at(1), QStringLiteral("0123456789  a title tha…"));
    QCOMPARE(lines.at(1).size(), 24);
}

void TestTextTable::cutsTheWidestFirst()
{
    TextTable table(
        {{QStringLiteral("USER"), false, true}, {QStringLiteral("TITLE"), false, true}});
    table.add({{QStringLiteral("somebody-1")}, {QStringLiteral("a title that is too long")}});
    const QStringList lines = table.rendered(26, false).split(u'\n');
    QCOMPARE(lines.at(1), QStringLiteral("somebody-1  a title that …"));
}

void TestTextTable::leavesOutWhatDoesNotFit()
{
    TextTable table({{QStringLiteral("ID")},
                     {QStringLiteral("USER"), false, true},
                     {QStringLiteral("SIZE"), true},
                     {QStringLiteral("TITLE"), false, true}});
    table.add({{QStringLiteral("0123456789")},
               {QStringLiteral("somebody-1")},
               {QStringLiteral("3 KB")},
               {QStringLiteral("a title")}});
    const QString wide = table.rendered(35, false).section(u'\n', 1, 1);
    QCOMPARE(wide, QStringLiteral("0123456789  somebod…  3 KB  a title"));
    const QString narrow = table.rendered(30, false).section(u'\n', 1, 1);
    QCOMPARE(narrow, QStringLiteral("0123456789  somebod…  3 KB"));
    const QString narrowest = table.rendered(18, false).section(u'\n', 1, 1);
    QCOMPARE(narrowest, QStringLiteral("0123456789  3 KB"));
}

void TestTextTable::countsWideCharactersTwice()
{
    QCOMPARE(displayWidth(QStringLiteral("ab")), 2);
    QCOMPARE(displayWidth(QStringLiteral("é")), 1);
    QCOMPARE(displayWidth(QStringLiteral("漢字")), 4);
}

QTEST_GUILESS_MAIN(TestTextTable)
#include "tst_texttable.moc"
