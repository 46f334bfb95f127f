// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/actiondialog.h"
#include "gui/views/connectdialog.h"
#include "gui/views/detailspane.h"
#include "gui/views/emptystate.h"
#include "gui/views/eventspanel.h"
#include "gui/views/factsview.h"
#include "gui/views/lockdelegate.h"
#include "gui/views/messagestrip.h"
#include "gui/views/messagesview.h"
#include "gui/views/statusstrip.h"
#include "windowfixture.h"

#include <QAccessible>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QWindow>

using namespace lockkeeper;
using namespace lockkeeper::gui;
using namespace lockkeeper::test;

namespace {

const SessionId kFirst("3f2a77c1-0b8e-4d13-9a52-6c0de1f791c4");
const SessionId kSecond("9b1d5c20-11aa-4f4e-8b6e-aa0bcd0107aa");

/// Begins to delete the selected session, whose lock is held: the delete waits for it.
ActionDialog *startDelete(WindowFixture &fixture)
{
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    if (dialog && becomesEnabled(button(*dialog, "confirmButton")))
        QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    return dialog;
}

} // namespace

/// Each test starts a server of its own, and clicks and types as a user would.
class WindowTest : public QObject
{
    Q_OBJECT

private slots:
    void listsLocksAndFollowsThem();
    void hearsOfAnEndAmongMany();
    void filters();
    void releasesByKeys();
    void aReleaseMovesNothingAndLeavesTheFocusInTheList_data();
    void aReleaseMovesNothingAndLeavesTheFocusInTheList();
    void aLockThatEndsElsewhereDoesNotFocusTheDelete();
    void refusesToReleaseALockThatChangedHands();
    void deletesByKeys();
    void takesALockOverForADelete();
    void endsTheWaitForALock();
    void escapeClosesTheDialogAtAnyFocus();
    void closingWaitsForTheAct();
    void offersACancelledDeleteAgain();
    void leavingWaitsForTheAct();
    void masksMessagesUntilRevealed();
    void showsACorruptEntryAsCorrupt();
    void offersNoDeleteOfWhatIsNowhere();
    void saysThatADeleteWouldDoNothing();
    void claimsNothingOfTheTimeBeforeItWatched();
    void cutsNoRow();
    void copiesTheWholeId();
    void everyFocusableWidgetHasAName();
};

void WindowTest::listsLocksAndFollowsThem()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().rowCount(), 1);
    QTRY_COMPARE(fixture.model().index(0, 2).data().toString(),
                 QStringLiteral("Refund for order 1017"));
    QCOMPARE(fixture.model().index(0, 3).data().toString(), QStringLiteral("t.okafor"));
    fixture.lock(kSecond, "bbbb");
    QTRY_COMPARE(fixture.model().heldCount(), 2);
    QTRY_COMPARE(fixture.model().find(locks::LockFamily().lockKey(kSecond))->state,
                 app::LockState::Orphan);
    server.redis({"DEL", locks::LockFamily().lockKey(kFirst).bytes()});
    QTRY_COMPARE(fixture.model().heldCount(), 1);
    QTRY_VERIFY(fixture.model().find(locks::LockFamily().lockKey(kFirst))->gone ==
                locks::HoldEnd::Released);
    QCOMPARE(fixture.window.status().feedText(), QStringLiteral("push"));
}

void WindowTest::hearsOfAnEndAmongMany()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    server.redis({"SET", locks::LockFamily().cacheKey(kFirst).bytes(),
                  R"({"session_id":")" + kFirst.bytes() + R"(","messages":[]})"});
    fixture.lock(kFirst, "aaaa");
    fixture.lockMany(3000); // far more than linger: hardly one is left to be seen gone
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(button(fixture.window, "releaseButton")->isEnabled());
    QVERIFY(button(fixture.window, "deleteButton")->isEnabled());
    server.redis({"FLUSHALL"});
    const auto *state = fixture.window.findChild<QLabel *>(QStringLiteral("stateWord"));
    QTRY_VERIFY2(state->text().contains(QStringLiteral("Flushed")), qPrintable(state->text()));
    const auto *facts = fixture.window.findChild<FactsView *>(QStringLiteral("lockFacts"));
    QVERIFY(!facts->valueOf(QStringLiteral("Ended")).startsWith(QStringLiteral("flushed, -")));
    QVERIFY(!button(fixture.window, "releaseButton")->isEnabled());
    QTRY_VERIFY(!button(fixture.window, "deleteButton")->isEnabled());
    QVERIFY(!button(fixture.window, "deleteButton")->toolTip().isEmpty());
}

void WindowTest::filters()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    fixture.lock(kSecond, "bbbb");
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().rowCount(), 2);
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    QTest::keyClick(&fixture.window, Qt::Key_F, Qt::ControlModifier);
    auto *filter = fixture.window.findChild<QLineEdit *>(QStringLiteral("filter"));
    QVERIFY(filter->hasFocus());
    QTest::keyClicks(filter, QStringLiteral("refund"));
    QTRY_COMPARE(fixture.model().rowCount(), 1);
    QTest::keyClicks(filter, QStringLiteral("zzz"));
    QTRY_COMPARE(fixture.model().rowCount(), 0);
    QCOMPARE(fixture.window.findChild<EmptyState *>()->headline(),
             QStringLiteral("No lock matches the filter"));
    QTest::keyClick(filter, Qt::Key_Escape);
    QCOMPARE(fixture.model().rowCount(), 2);
}

void WindowTest::releasesByKeys()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    QTest::keyClick(&fixture.window, Qt::Key_R, Qt::ControlModifier);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QVERIFY(dialog->findChild<FactsView *>()->valueOf(QStringLiteral("User")) ==
            QStringLiteral("t.okafor"));
    auto *reason = dialog->findChild<QLineEdit *>(QStringLiteral("reason"));
    QTest::keyClicks(reason, QStringLiteral("stuck"));
    QTest::keyClick(reason, Qt::Key_Return); // neither acts nor closes
    QVERIFY(dialog->isVisible() && !dialog->isRunning());
    QTest::keyClick(button(*dialog, "confirmButton"), Qt::Key_Space);
    QTRY_VERIFY(fixture.window.messages().text().startsWith(QStringLiteral("Released the lock")));
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray());
    QVERIFY(fixture.isStored(kFirst));
    QTRY_VERIFY(fixture.model().find(locks::LockFamily().lockKey(kFirst))->gone ==
                locks::HoldEnd::ForceReleased);
    QCOMPARE(fixture.auditLines().size(), 2);
    QVERIFY(fixture.auditLines().constFirst().contains("\"reason\":\"stuck\""));
    QTRY_VERIFY(!fixture.window.findChild<ActionDialog *>());
}

void WindowTest::aReleaseMovesNothingAndLeavesTheFocusInTheList_data()
{
    QTest::addColumn<bool>("isFolded");
    QTest::addRow("events shown") << false;
    QTest::addRow("events folded") << true;
}

void WindowTest::aReleaseMovesNothingAndLeavesTheFocusInTheList()
{
    QFETCH(bool, isFolded);
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    fixture.lock(kSecond, "bbbb");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    fixture.window.locksPage().events().setFolded(isFolded);
    const QList<QWidget *> targets = {
        fixture.window.findChild<QLineEdit *>(QStringLiteral("filter")), &fixture.table(),
        button(fixture.window, "releaseButton"), button(fixture.window, "deleteButton")};
    const auto places = [&] {
        QList<QPoint> all;
        for (const QWidget *target : targets)
            all.append(target->mapTo(&fixture.window, QPoint()));
        return all;
    };
    QCoreApplication::processEvents(); // the fold takes its room
    const QList<QPoint> before = places();
    const QSize size = fixture.table().size();
    QTest::mouseClick(button(fixture.window, "releaseButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY(!fixture.window.findChild<ActionDialog *>());
    QTRY_VERIFY(fixture.window.messages().isVisible());
    QTRY_VERIFY(!button(fixture.window, "releaseButton")->isEnabled());
    QCOMPARE(fixture.window.focusWidget(), &fixture.table());
    QCoreApplication::processEvents(); // the strip takes its room
    QCOMPARE(places(), before);
    if (!isFolded)
        QCOMPARE(fixture.table().size(), size);
    const QWidget &strip = fixture.window.messages();
    QCOMPARE(strip.visibleRegion().boundingRect().size(), strip.size());
    QVERIFY(strip.height() < 2 * LockDelegate::kRowHeight);
    if (!isFolded)
        return;
    EventsPanel &events = fixture.window.locksPage().events();
    QVERIFY(events.height() < 3 * LockDelegate::kRowHeight);
    // Nothing is empty below it, with the message and without.
    QCOMPARE(events.geometry().bottom() + 1, events.parentWidget()->height());
    fixture.window.messages().dismiss();
    QTRY_VERIFY(events.height() < 2 * LockDelegate::kRowHeight);
    QCOMPARE(events.geometry().bottom() + 1, events.parentWidget()->height());
    QTRY_COMPARE(fixture.table().size(), size);
}

/// The focus of a button that goes off would go to the next one, and that deletes.
void WindowTest::aLockThatEndsElsewhereDoesNotFocusTheDelete()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    QPushButton *release = button(fixture.window, "releaseButton");
    release->setFocus();
    server.redis({"DEL", locks::LockFamily().lockKey(kFirst).bytes()});
    QTRY_VERIFY(!release->isEnabled());
    QVERIFY(button(fixture.window, "deleteButton")->isEnabled());
    QVERIFY(fixture.window.focusWidget());
    QVERIFY(fixture.window.focusWidget() != button(fixture.window, "deleteButton"));
}

void WindowTest::refusesToReleaseALockThatChangedHands()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTest::mouseClick(button(fixture.window, "releaseButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    server.redis({"SET", locks::LockFamily().lockKey(kFirst).bytes(), "bbbb", "PX", "60000"});
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("result"));
    QTRY_VERIFY(result->isVisible());
    QVERIFY(result->text().contains(QStringLiteral("Not done")));
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray("bbbb"));
    QTRY_VERIFY(!button(*dialog, "confirmButton")->isEnabled());
    QTest::keyClick(dialog, Qt::Key_Escape);
    QTRY_VERIFY(!fixture.window.findChild<ActionDialog *>());
}

void WindowTest::deletesByKeys()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    server.redis({"SET", locks::LockFamily().cacheKey(kFirst).bytes(),
                  R"({"session_id":")" + kFirst.bytes() + R"(","messages":[]})"});
    fixture.lock(kFirst, "aaaa", 4000); // its owner lets it expire while we wait
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    QTest::keyClick(&fixture.table(), Qt::Key_Delete);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::keyClick(button(*dialog, "confirmButton"), Qt::Key_Space);
    QTRY_VERIFY_WITH_TIMEOUT(
        fixture.window.messages().text().startsWith(QStringLiteral("Deleted session")), 20'000);
    QVERIFY(!fixture.isStored(kFirst));
    QCOMPARE(server.redis({"EXISTS", locks::LockFamily().cacheKey(kFirst).bytes()}).toInt(), 0);
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray());
}

void WindowTest::takesALockOverForADelete()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    dialog->findChild<QCheckBox *>(QStringLiteral("takeOver"))->setChecked(true);
    const auto *effects = dialog->findChild<QLabel *>(QStringLiteral("effects"));
    QTRY_VERIFY(effects->text().contains(QStringLiteral("over from its owner")));
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTRY_VERIFY(fixture.window.messages().text().startsWith(QStringLiteral("Deleted session")));
    QVERIFY(!fixture.isStored(kFirst));
}

void WindowTest::endsTheWaitForALock()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    QTest::mouseClick(button(*dialog, "confirmButton"), Qt::LeftButton);
    QTest::keyClick(dialog, Qt::Key_Escape);
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("result"));
    QTRY_VERIFY(result->isVisible());
    QVERIFY(fixture.isStored(kFirst));
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray("aaaa"));
}

void WindowTest::escapeClosesTheDialogAtAnyFocus()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    int tried = 0;
    for (int step = 0; step == 0 || step < tried; ++step) {
        QTest::keyClick(&fixture.window, Qt::Key_R, Qt::ControlModifier);
        auto *dialog = openDialog<ActionDialog>(fixture.window);
        QVERIFY(dialog);
        QVERIFY(QTest::qWaitForWindowActive(dialog));
        QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
        QList<QWidget *> places;
        for (QWidget *place : dialog->findChildren<QWidget *>()) {
            if (place->focusPolicy() != Qt::NoFocus && place->isVisible() && place->isEnabled())
                places.append(place);
        }
        tried = static_cast<int>(places.size());
        QVERIFY(step < tried);
        places[step]->setFocus();
        QTest::keyClick(dialog->windowHandle(), Qt::Key_Escape);
        QTRY_VERIFY2(!fixture.window.findChild<ActionDialog *>(),
                     qPrintable(QString::number(step)));
        fixture.window.activateWindow(); // offscreen, nobody else does
        QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    }
    QVERIFY(tried >= 3);
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray("aaaa"));
}

void WindowTest::closingWaitsForTheAct()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QSignalSpy closed(&fixture.window, &MainWindow::closeRequested);
    auto *dialog = startDelete(fixture);
    QVERIFY(dialog && dialog->isRunning());
    fixture.window.close();
    QVERIFY(fixture.window.isVisible());
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("result"));
    QTRY_VERIFY(result->isVisible()); // said, before the window goes
    QCOMPARE(fixture.auditLines().size(), 2);
    QVERIFY(closed.isEmpty());
    fixture.window.close();
    QTRY_COMPARE(closed.size(), 1);
    QCOMPARE(fixture.tokenOf(kFirst), QByteArray("aaaa"));
}

void WindowTest::offersACancelledDeleteAgain()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    auto *dialog = startDelete(fixture);
    QVERIFY(dialog && dialog->isRunning());
    QTest::mouseClick(button(*dialog, "cancelButton"), Qt::LeftButton);
    const auto *result = dialog->findChild<QLabel *>(QStringLiteral("result"));
    QTRY_VERIFY(result->isVisible());
    QVERIFY(fixture.isStored(kFirst));
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
}

void WindowTest::leavingWaitsForTheAct()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("Refund for order 1017"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QSignalSpy closed(&fixture.window, &MainWindow::closeRequested);
    const auto *dialog = startDelete(fixture);
    QVERIFY(dialog && dialog->isRunning());
    fixture.window.leave();
    QVERIFY(closed.isEmpty());
    QTRY_COMPARE(closed.size(), 1);
    QCOMPARE(fixture.auditLines().size(), 2); // the outcome was written before the end
    QVERIFY(fixture.isStored(kFirst));
}

void WindowTest::masksMessagesUntilRevealed()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("One"), QStringLiteral("t.okafor"));
    fixture.addSession(kSecond, QStringLiteral("Two"), QStringLiteral("m.kern"));
    fixture.lock(kFirst, "aaaa");
    fixture.lock(kSecond, "bbbb");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    const auto *messages = fixture.window.findChild<MessagesView *>();
    QTRY_VERIFY(messages->shownText().contains(QStringLiteral("19 characters")));
    QVERIFY(!messages->shownText().contains(QStringLiteral("secret")));
    QVERIFY(fixture.auditLines().isEmpty());
    button(*messages, "reveal")->click();
    QTRY_VERIFY(messages->shownText().contains(QStringLiteral("the secret question")));
    QTRY_COMPARE(fixture.auditLines().size(), 2);
    QVERIFY(fixture.auditLines().constFirst().contains("\"action\":\"reveal\""));
    for (const QByteArray &line : fixture.auditLines())
        QVERIFY(!line.contains("secret"));
    QVERIFY(fixture.select(kSecond));
    QVERIFY(!messages->shownText().contains(QStringLiteral("secret")));
    QVERIFY(fixture.select(kFirst));
    QVERIFY(!messages->shownText().contains(QStringLiteral("secret")));
}

void WindowTest::showsACorruptEntryAsCorrupt()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("One"), QStringLiteral("t.okafor"));
    server.redis({"SET", locks::LockFamily().cacheKey(kFirst).bytes(), "{broken"});
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    const auto *facts = fixture.window.findChild<FactsView *>(QStringLiteral("sessionFacts"));
    QTRY_COMPARE(facts->valueOf(QStringLiteral("Found")), QStringLiteral("corrupt cache entry"));
    QVERIFY(!facts->valueOf(QStringLiteral("Cached")).isEmpty());
    QCOMPARE(server.redis({"GET", locks::LockFamily().cacheKey(kFirst).bytes()}).toByteArray(),
             QByteArray("{broken"));
}

void WindowTest::offersNoDeleteOfWhatIsNowhere()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSecond, QStringLiteral("Two"), QStringLiteral("m.kern"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(fixture.window.details().isLoaded());
    QVERIFY(!button(fixture.window, "deleteButton")->isEnabled());
    QVERIFY(!button(fixture.window, "deleteButton")->toolTip().isEmpty());
    QVERIFY(button(fixture.window, "releaseButton")->isEnabled());
}

void WindowTest::saysThatADeleteWouldDoNothing()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kSecond, QStringLiteral("Two"), QStringLiteral("m.kern"));
    server.redis({"SET", locks::LockFamily().cacheKey(kFirst).bytes(),
                  R"({"session_id":")" + kFirst.bytes() + R"(","messages":[]})"});
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QTRY_VERIFY(fixture.window.details().isLoaded());
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    const auto *effects = dialog->findChild<QLabel *>(QStringLiteral("effects"));
    QTRY_VERIFY(effects->text().contains(QStringLiteral("Nothing, as things stand.")));
    QVERIFY(!button(*dialog, "confirmButton")->isEnabled());
}

void WindowTest::claimsNothingOfTheTimeBeforeItWatched()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    const auto *facts = fixture.window.findChild<FactsView *>(QStringLiteral("lockFacts"));
    QCOMPARE(facts->valueOf(QStringLiteral("Renewed")), QStringLiteral("not known"));
    fixture.lock(kSecond, "bbbb");
    QTRY_VERIFY(fixture.select(kSecond));
    QCOMPARE(facts->valueOf(QStringLiteral("Renewed")), QStringLiteral("never"));
}

void WindowTest::cutsNoRow()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QTRY_COMPARE(fixture.model().rowCount(), 1);
    for (const int height : {768, 789, 1000, 700, 768}) {
        fixture.window.resize(1344, height);
        QTRY_COMPARE(fixture.table().viewport()->height() % LockDelegate::kRowHeight, 0);
    }
    QVERIFY(fixture.window.locksPage().events().height() < 124 + LockDelegate::kRowHeight);
}

void WindowTest::copiesTheWholeId()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    QVERIFY(QTest::qWaitForWindowActive(&fixture.window));
    QTest::keyClick(&fixture.table(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString::fromUtf8(kFirst.bytes()));
}

void WindowTest::everyFocusableWidgetHasAName()
{
    RedisServer server;
    LK_START_REDIS(server);
    WindowFixture fixture(server);
    fixture.addSession(kFirst, QStringLiteral("One"), QStringLiteral("t.okafor"));
    fixture.lock(kFirst, "aaaa");
    QVERIFY(fixture.open());
    QVERIFY(fixture.select(kFirst));
    fixture.window.openConnectDialog();
    QTest::mouseClick(button(fixture.window, "deleteButton"), Qt::LeftButton);
    QVERIFY(openDialog<ConnectDialog>(fixture.window));
    auto *dialog = openDialog<ActionDialog>(fixture.window);
    QVERIFY(dialog);
    QVERIFY(becomesEnabled(button(*dialog, "confirmButton")));
    for (const QWidget *widget : fixture.window.findChildren<QWidget *>()) {
        // Hidden labels without a text have nothing to be named after.
        const bool isEmptyLabel = qobject_cast<const QLabel *>(widget) && !widget->isVisible();
        if (widget->focusPolicy() == Qt::NoFocus || isEmptyLabel ||
            widget->objectName().startsWith(u"qt_"))
            continue;
        auto *accessible = QAccessible::queryAccessibleInterface(const_cast<QWidget *>(widget));
        QVERIFY2(accessible && !accessible->text(QAccessible::Name).isEmpty(),
                 qPrintable(QString(QString::fromLatin1(widget->metaObject()->className()) + u' ' +
                                    widget->objectName())));
    }
}

QTEST_MAIN(WindowTest)
#include "tst_window.moc"
