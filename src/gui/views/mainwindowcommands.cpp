// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/appearance.h"
#include "gui/views/mainwindow.h"

#include <QActionGroup>
#include <QMenuBar>

// What can be done from menus and by keys.
namespace lockkeeper::gui {

QAction *MainWindow::makeAction(const QString &text, const QKeySequence &shortcut,
                                void (MainWindow::*slot)())
{
    auto *action = new QAction(text, this);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, slot);
    addAction(action);
    return action;
}

void MainWindow::makeActions()
{
    m_commands.connect =
        makeAction(tr("&Connect…"), Qt::CTRL | Qt::Key_O, &MainWindow::openConnectDialog);
    m_commands.edit = makeAction(tr("&Edit connection…"), {}, &MainWindow::openConnectDialog);
    m_commands.demo = makeAction(tr("Try the &demo"), {}, &MainWindow::openDemo);
    m_commands.retry = makeAction(tr("Re&try"), {}, &MainWindow::retry);
    m_commands.rescan = makeAction(tr("Re&scan"), Qt::Key_F5, &MainWindow::rescan);
    m_commands.cancelScan =
        makeAction(tr("Cancel the sca&n"), Qt::SHIFT | Qt::Key_F5, &MainWindow::cancelScan);
    m_commands.quit = new QAction(tr("&Quit"), this);
    m_commands.quit->setShortcut(Qt::CTRL | Qt::Key_Q);
    connect(m_commands.quit, &QAction::triggered, this, &QWidget::close);
    m_commands.release =
        makeAction(tr("&Release lock…"), Qt::CTRL | Qt::Key_R, &MainWindow::releaseLock);
    m_commands.takeOver =
        makeAction(tr("&Take over…"), Qt::CTRL | Qt::Key_T, &MainWindow::takeLockOver);
    m_commands.giveBack = makeAction(tr("&Give back"), {}, &MainWindow::giveLockBack);
    m_commands.remove =
        makeAction(tr("&Delete session…"), Qt::Key_Delete, &MainWindow::deleteSession);
    m_commands.finish = makeAction(tr("&Finish…"), {}, &MainWindow::finishCutShortAct);
    m_commands.unlock = makeAction(tr("&Unlock for 15 minutes…"), {}, &MainWindow::unlock);
    m_commands.profiles =
        makeAction(tr("&Profiles…"), Qt::CTRL | Qt::Key_P, &MainWindow::openProfilesDialog);
    m_commands.copyId = makeAction(tr("&Copy session id"), QKeySequence::Copy, &MainWindow::copyId);
    m_commands.locksPage = makeAction(tr("&Locks"), Qt::CTRL | Qt::Key_1, &MainWindow::showLocks);
    m_commands.auditPage =
        makeAction(tr("&Audit log"), Qt::CTRL | Qt::Key_2, &MainWindow::showAudit);
    m_commands.reopen = makeAction(tr("Re&open"), {}, &MainWindow::reopenProfile);
    m_commands.filter = makeAction(tr("&Filter"), Qt::CTRL | Qt::Key_F, &MainWindow::focusFilter);
    m_commands.clearFilter =
        makeAction(tr("C&lear the filter"), Qt::Key_Escape, &MainWindow::clearFilter);
    m_commands.foldEvents =
        makeAction(tr("&Events"), Qt::CTRL | Qt::Key_E, &MainWindow::foldEvents);
    m_commands.foldEvents->setCheckable(true);
    m_commands.foldEvents->setChecked(true);
}

void MainWindow::makeMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addActions({m_commands.connect, m_commands.profiles, m_commands.demo});
    m_families = file->addMenu(tr("&Key family"));
    connect(m_families, &QMenu::aboutToShow, this, &MainWindow::fillFamilyMenu);
    file->addSeparator();
    file->addAction(m_commands.unlock);
    file->addSeparator();
    file->addAction(m_commands.quit);
    QMenu *lock = menuBar()->addMenu(tr("&Lock"));
    lock->addAction(m_commands.copyId);
    lock->addSeparator();
    lock->addActions(
        {m_commands.release, m_commands.takeOver, m_commands.giveBack, m_commands.remove});
    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_commands.locksPage, m_commands.auditPage});
    view->addSeparator();
    view->addActions({m_commands.filter, m_commands.clearFilter});
    view->addSeparator();
    view->addActions({m_commands.rescan, m_commands.cancelScan, m_commands.foldEvents});
    makeAppearanceMenu(view);
}

void MainWindow::makeAppearanceMenu(QMenu *parent)
{
    QMenu *menu = parent->addMenu(tr("&Appearance"));
    auto *group = new QActionGroup(this);
    const auto add = [&](const QString &text, Appearance::Choice choice) {
        QAction *action = menu->addAction(text);
        action->setCheckable(true);
        action->setChecked(m_appearance.choice() == choice);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, choice] { m_appearance.choose(choice); });
    };
    add(tr("As the &system"), Appearance::Choice::System);
    add(tr("&Light"), Appearance::Choice::Light);
    add(tr("&Dark"), Appearance::Choice::Dark);
}

} // namespace lockkeeper::gui
