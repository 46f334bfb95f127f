// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/theme.h"

#include <QColor>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace lockkeeper::gui;
using Role = Theme::Role;

class ThemeTest : public QObject
{
    Q_OBJECT

private slots:
    void textsCanBeRead_data();
    void textsCanBeRead();
    void knowsItsPalettes();
    void styleSheetIsComplete();
};

void ThemeTest::textsCanBeRead_data()
{
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("ground");
    QTest::addColumn<double>("least");
    for (const Theme *theme : {&Theme::light(), &Theme::dark()}) {
        const char *name = theme->isDark() ? "dark" : "light";
        const auto add = [&](Role text, Role ground, double least) {
            QTest::addRow("%s: %d on %d", name, static_cast<int>(text), static_cast<int>(ground))
                << theme->color(text) << theme->color(ground) << least;
        };
        for (const Role ground : {Role::Window, Role::Surface, Role::Raised, Role::Selection}) {
            for (const Role text : {Role::Text, Role::Secondary, Role::Ok, Role::Warn, Role::Bad,
                                    Role::Gone, Role::Odd})
                add(text, ground, 4.5);
        }
        for (const Role ground : {Role::Window, Role::Surface, Role::Raised})
            add(Role::Accent, ground, 4.5);
        add(Role::OnAccent, Role::Accent, 4.5);
        add(Role::OnAccent, Role::Bad, 4.5);
        add(Role::StripText, Role::StripSurface, 4.5);
        add(Role::Text, Role::StripSurface, 7);
        add(Role::Calm, Role::Line, 1.1);
    }
}

void ThemeTest::textsCanBeRead()
{
    QFETCH(QColor, text);
    QFETCH(QColor, ground);
    QFETCH(double, least);
    const double ratio = contrastRatio(text, ground);
    QVERIFY2(ratio >= least,
             qPrintable(QStringLiteral("%1 on %2: %3").arg(text.name(), ground.name()).arg(ratio)));
}

void ThemeTest::knowsItsPalettes()
{
    QCOMPARE(&Theme::of(Theme::light().palette()), &Theme::light());
    QCOMPARE(&Theme::of(Theme::dark().palette()), &Theme::dark());
}

void ThemeTest::styleSheetIsComplete()
{
    for (const Theme *theme : {&Theme::light(), &Theme::dark()}) {
        const QString sheet = theme->styleSheet();
        QVERIFY(sheet.contains(theme->color(Role::Accent).name()));
        QVERIFY(!sheet.contains(QRegularExpression(QStringLiteral("@[a-zA-Z]+@"))));
        const auto icons =
            QRegularExpression(QStringLiteral("url\\(([^)]+)\\)")).globalMatch(sheet);
        for (auto icon = icons; icon.hasNext();)
            QVERIFY(QFile::exists(icon.next().captured(1)));
    }
}

QTEST_GUILESS_MAIN(ThemeTest)
#include "tst_theme.moc"
