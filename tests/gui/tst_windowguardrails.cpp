// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/actiondialog.h"
#include "gui/views/auditpage.h"
#include "gui/views/bulkdialog.h"
#include "gui/views/detailspane.h"
#include "gui/views/environmentstrip.h"
#include "gui/views/messagestrip.h"
#include "gui/views/selectionbar.h"
#include "gui/views/unlockdialog.h"
#include "support/await.h"
#include "windowfixture.h"

#include <QCheckBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QTableWidget>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kFirst("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");
const SessionId kSecond("91c40d5e-7a11-4c02-b3f0-0b8e4d139a52");
const SessionId kThird("c41f0077-23aa-4b1e-8f00-6e9d21bb10fc");
constexpr int kLimitMs = 20'000;

app::Guardrails production()
{
    app::Guardrails guardrails;
    guardrails.profile = QStringLiteral("api-prod");
    guardrails.environment = app::Environment::Production;
    return guardrails;
}

void fill(WindowFixture &fixture)
{
    for (const SessionId &id : {kFirst, kSecond, kThird}) {
        fixture.addSession(id, QStringLiteral("Refund"), QStringLiteral("ada"));
        fixture.lock(id, "aaaa-" + id.bytes().left(4));
    }
}

void selectAll(WindowFixture &fixture)
{
    QTRY_COMPARE_WITH_TIMEOUT(fixture.model().rowCount(), 3, kLimitMs);
    fixture.table().selectAll();
    QCOMPARE(fixture.table().countSelected(), 3);
}

void unlock(WindowFixture &fixture)
{
    QTest::mouseClick(button(fixture.window, "unlockButton"), Qt::LeftButton);
    auto *dialog = openDialog<UnlockDialog>(fixture.window);
    QVERIFY(dialog);
    QTest::keyClicks(dialog->findChild<QLineEdit *>(QStringLiteral("environmentName")),
                     QStringLiteral("production"));
    QTest::mouseClick(button(*dialog, "unlock"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.host.workspace()->window().isOpen(), kLimitMs);
}

QString stripText(WindowFixture &fixture)
{
    return fixture.window.findChild<QLabel *>(QStringLiteral("environmentState"))->text();
}

BulkDialog *openBulk(WindowFixture &fixture, const char *action)
{
    for (QAction *one : fixture.window.actions()) {
        if (one->text().remove(u'&') == QString::fromUtf8(action))
            one->trigger();
    }
    return openDialog<BulkDialog>(fixture.window);
}

QString remark(const BulkDialog &dialog, int row)
{
    return dialog.findChild<QTableWidget *>()->item(row, 4)->text();
}

} // namespace

/// The window behind the guardrails of a profile, and on many locks at once.
class WindowGuardrailsTest : public QObject
{
    Q_OBJECT

private slots:
    void productionOpensReadOnly();
    void theWrongNameUnlocksNothing();
    void aDeleteInProductionIsTyped();
    void severalLocksAreReleased();
    void theListTellsWhichWereRefused();
    void overTheCapNothingIsTouched();
    void manyInProductionAreTypedByNumber();
    void aLockIsTakenOverAndGivenBack();
    void whoComesBackIsNamed();
    void aCutShortDeleteIsOffered();
    void copyingSaysWhatWasCopied();
    void theAuditPageShowsWhatWasDone();
};

void WindowGuardrailsTest::productionOpensReadOnly()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.guardrails = production();
    fill(fixture);
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(fixture.window.findChild<EnvironmentStrip *>()->isVisible());
    QCOMPARE(stripText(fixture), QStringLiteral("read-only"));
    for (const char *name : {"releaseButton", "takeOverButton", "deleteButton"})
        QVERIFY2(!button(fixture.window, name)->isEnabled(), name);
    QVERIFY(button(fixture.window, "releaseButton")->toolTip().contains(u"production and locked"));

    unlock(fixture);
    QVERIFY2(stripText(fixture).startsWith(u"unlocked, 1"), qPrintable(stripText(fixture)));
    for (const char *name : {"releaseButton", "takeOverButton", "deleteButton"})
        QTRY_VERIFY2(button(fixture.window, name)->isEnabled(), name);
    QVERIFY(fixture.auditLines().constLast().contains("\"action\":\"unlock\""));

    QTest::mouseClick(button(fixture.window, "unlockButton"), Qt::LeftButton); // locks it again
    QCOMPARE(stripText(fixture), QStringLiteral("read-only"));
    QVERIFY(!button(fixture.window, "releaseButton")->isEnabled());
}

void WindowGuardrailsTest::theWrongNameUnlocksNothing()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.guardrails = production();
    QVERIFY(fixture.open());
    QTest::mouseClick(button(fixture.window, "unlockButton"), Qt::LeftButton);
    auto *dialog = openDialog<UnlockDialog>(fixture.window);
    QVERIFY(dialog);
    QTest::keyClicks(dialog->findChild<QLineEdit *>(QStringLiteral("environmentName")),
                     QStringLiteral("prod"));
    QTest::mouseClick(button(*dialog, "unlock"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(becomesEnabled(button(*dialog, "unlock")), kLimitMs);
    QVERIFY(dialog->isVisible());
    QVERIFY(!fixture.host.workspace()->window().isOpen());
    dialog->reject();
}

void WindowGuardrailsTest::aDeleteInProductionIsTyped()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.guardrails = production();
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    unlock(fixture);
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(button(fixture.window, "deleteButton")->isEnabled());
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    auto *typed = dialog->findChild<QLineEdit *>(QStringLiteral("typed"));
    QTRY_VERIFY_WITH_TIMEOUT(typed->isVisible(), kLimitMs);
    dialog->findChild<QCheckBox *>(QStringLiteral("takeOver"))->setChecked(true);
    QTest::keyClicks(typed, QString::fromUtf8(kFirst.bytes().chopped(1)));
    QVERIFY(!button(*dialog, "confirmButton")->isEnabled());
    QTest::keyClicks(typed, QString::fromUtf8(kFirst.bytes().right(1)));
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!fixture.isStored(kFirst), kLimitMs);
    QTRY_VERIFY_WITH_TIMEOUT(
        fixture.auditLines().constLast().contains("\"environment\":\"production\""), kLimitMs);
}

void WindowGuardrailsTest::severalLocksAreReleased()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fill(fixture);
    QVERIFY(fixture.open());
    selectAll(fixture);
    QVERIFY(fixture.window.findChild<SelectionBar *>()->isVisible());
    BulkDialog *dialog = openBulk(fixture, "Release lock…");
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(button(*dialog, "exportButton")->isVisible(), kLimitMs);
    for (int row = 0; row < 3; ++row)
        QCOMPARE(remark(*dialog, row), QStringLiteral("● done"));
    for (const SessionId &id : {kFirst, kSecond, kThird})
        QVERIFY(fixture.tokenOf(id).isEmpty());
    dialog->reject();
}

void WindowGuardrailsTest::theListTellsWhichWereRefused()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fill(fixture);
    QVERIFY(fixture.open());
    selectAll(fixture);
    BulkDialog *dialog = openBulk(fixture, "Release lock…");
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    server.redis({"SET", locks::LockFamily().lockKey(kSecond).bytes(), "bbbb", "PX", "60000"});
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(button(*dialog, "exportButton")->isVisible(), kLimitMs);
    const auto *summary = dialog->findChild<QLabel *>(QStringLiteral("summary"));
    QVERIFY2(summary->text().contains(u"2 of 3 done"), qPrintable(summary->text()));
    int refused = 0;
    for (int row = 0; row < 3; ++row)
        refused += remark(*dialog, row).startsWith(u"◆");
    QCOMPARE(refused, 1);
    QCOMPARE(fixture.tokenOf(kSecond), QByteArray("bbbb"));
    dialog->reject();
}

void WindowGuardrailsTest::overTheCapNothingIsTouched()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.guardrails.cap = 2;
    fill(fixture);
    QVERIFY(fixture.open());
    selectAll(fixture);
    BulkDialog *dialog = openBulk(fixture, "Release lock…");
    QVERIFY(dialog);
    const auto *summary = dialog->findChild<QLabel *>(QStringLiteral("summary"));
    QTRY_VERIFY_WITH_TIMEOUT(summary->text().contains(u"over the cap of 2"), kLimitMs);
    QVERIFY(!button(*dialog, "confirmButton")->isEnabled());
    dialog->findChild<QCheckBox *>(QStringLiteral("raiseCap"))->setChecked(true);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    dialog->reject();
    QVERIFY(!fixture.tokenOf(kFirst).isEmpty());
}

void WindowGuardrailsTest::manyInProductionAreTypedByNumber()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.guardrails = production();
    fill(fixture);
    QVERIFY(fixture.open());
    unlock(fixture);
    selectAll(fixture);
    BulkDialog *dialog = openBulk(fixture, "Delete session…");
    QVERIFY(dialog);
    dialog->findChild<QCheckBox *>(QStringLiteral("takeOver"))->setChecked(true);
    auto *typed = dialog->findChild<QLineEdit *>(QStringLiteral("typed"));
    QTRY_VERIFY_WITH_TIMEOUT(typed->isVisible(), kLimitMs);
    QVERIFY(!button(*dialog, "confirmButton")->isEnabled());
    QTest::keyClicks(typed, QStringLiteral("3"));
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(button(*dialog, "exportButton")->isVisible(), kLimitMs);
    for (const SessionId &id : {kFirst, kSecond, kThird})
        QVERIFY(!fixture.isStored(id));
    dialog->reject();
}

void WindowGuardrailsTest::aLockIsTakenOverAndGivenBack()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTest::mouseClick(button(fixture.window, "takeOverButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QPushButton *giveBack = button(fixture.window, "takeOverButton");
    QTRY_COMPARE_WITH_TIMEOUT(giveBack->text(), QStringLiteral("Give back"), kLimitMs);
    const QByteArray ours = fixture.tokenOf(kFirst);
    QVERIFY(!ours.isEmpty() && ours != "aaaa");
    QTest::mouseClick(giveBack, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.tokenOf(kFirst).isEmpty(), kLimitMs);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.messages().text().contains(u"Gave the lock"), kLimitMs);
}

void WindowGuardrailsTest::whoComesBackIsNamed()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund"), QStringLiteral("ada"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTest::mouseClick(button(fixture.window, "releaseButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.messages().text().contains(u"Released"), kLimitMs);
    fixture.lock(kFirst, "aaaa"); // its owner does not know, and sets it again
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.messages().text().contains(u"reappeared after"),
                             kLimitMs);
    QVERIFY2(fixture.window.messages().text().contains(u"a back end is still writing"),
             qPrintable(fixture.window.messages().text()));
}

/// Of a program that runs no more: the log names another process.
void WindowGuardrailsTest::aCutShortDeleteIsOffered()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    app::AuditEntry intent;
    intent.actionId = QStringLiteral("1");
    intent.action = app::AuditEntry::kDelete;
    intent.place = app::placeOf(fixture.target());
    intent.session = kFirst;
    intent.key = locks::LockFamily().lockKey(kFirst).bytes();
    const QString folder = fixture.folder.filePath(QStringLiteral("audit"));
    {
        app::AuditLog log(folder, fixture.clock);
        QVERIFY(await(log.append(intent)));
        QFile file(log.currentFile());
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray line = file.readAll();
        line.replace("\"started\":", "\"started\":9");
        file.seek(0);
        file.write(line);
    }
    server.redis({"SET", locks::LockFamily().cacheKey(kFirst).bytes(),
                  R"({"session_id":"x","messages":[]})", "EX", "600"});
    QVERIFY(fixture.open());
    QTRY_VERIFY_WITH_TIMEOUT(fixture.window.messages().text().contains(u"cut short"), kLimitMs);
    QVERIFY2(fixture.window.messages().text().contains(u"its cached copy is there"),
             qPrintable(fixture.window.messages().text()));
    QPushButton *finish = nullptr;
    for (QPushButton *one : fixture.window.messages().findChildren<QPushButton *>()) {
        if (one->text() == u"Finish")
            finish = one;
    }
    QVERIFY(finish);
    QTest::mouseClick(finish, Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(
        server.redis({"EXISTS", locks::LockFamily().cacheKey(kFirst).bytes()}).toInt(), 0,
        kLimitMs);
}

void WindowGuardrailsTest::copyingSaysWhatWasCopied()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTest::mouseClick(button(fixture.window, "copyId"), Qt::LeftButton);
    QVERIFY(fixture.window.messages().text().startsWith(u"Copied the session's id"));
}

void WindowGuardrailsTest::theAuditPageShowsWhatWasDone()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fill(fixture);
    QVERIFY(fixture.open());
    AuditPage &page = fixture.window.auditPage();
    QTest::keyClick(&fixture.window, Qt::Key_2, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(page.isVisible(), kLimitMs);
    QCOMPARE(page.countShown(), 0);
    app::ReleaseRequest request{kFirst, Token(fixture.tokenOf(kFirst)), {}};
    request.note.reason = QStringLiteral("ticket 4711");
    const auto report = await(fixture.host.workspace()->actions().release(request));
    QVERIFY(report.isDone());
    // The page follows the log while it is on screen.
    QTRY_COMPARE_WITH_TIMEOUT(page.countShown(), 1, kLimitMs);
    page.findChild<QLineEdit *>(QStringLiteral("auditFilter"))->setText(QStringLiteral("4711"));
    QCOMPARE(page.countShown(), 1);
    page.findChild<QLineEdit *>(QStringLiteral("auditFilter"))->setText(QStringLiteral("0815"));
    QCOMPARE(page.countShown(), 0);
    QTest::mouseClick(button(page, "verifyButton"), Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(page.note().startsWith(u"● Whole: 2 entries"),
                              qPrintable(page.note()), kLimitMs);
    const QString file = fixture.folder.filePath(QStringLiteral("audit.csv"));
    page.exportTo(file);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file), kLimitMs);
    QTest::keyClick(&fixture.window, Qt::Key_1, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!page.isVisible(), kLimitMs);
}

QTEST_MAIN(WindowGuardrailsTest)
#include "tst_windowguardrails.moc"
