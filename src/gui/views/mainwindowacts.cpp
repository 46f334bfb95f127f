// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/detailspane.h"
#include "gui/views/eventspanel.h"
#include "gui/views/lockspage.h"
#include "gui/views/locktable.h"
#include "gui/views/mainwindow.h"
#include "gui/views/messagestrip.h"
#include "gui/views/unlockdialog.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>

#include <algorithm>
#include <utility>

// What an operator does from the window: acts on one lock or on many, what has to be unlocked
// before, and what comes of it afterwards.
namespace lockkeeper::gui {

namespace {

app::BulkDeed deedOf(ActionDialog::Kind kind)
{
    switch (kind) {
    case ActionDialog::Kind::Release:
        return app::BulkDeed::Release;
    case ActionDialog::Kind::TakeOver:
        return app::BulkDeed::TakeOver;
    case ActionDialog::Kind::Delete:
        return app::BulkDeed::Delete;
    }
    Q_UNREACHABLE();
}

} // namespace

void MainWindow::act(ActionDialog::Kind kind)
{
    if (!m_host.workspace() || m_actionDialog || m_bulkDialog)
        return;
    if (m_locks->table().countSelected() > 1)
        openBulkDialog(deedOf(kind));
    else
        actOnShown(kind);
}

void MainWindow::actOnShown(ActionDialog::Kind kind)
{
    if (!m_host.workspace() || m_actionDialog || m_bulkDialog)
        return;
    const bool canAct = kind == ActionDialog::Kind::Release    ? m_details->canRelease()
                        : kind == ActionDialog::Kind::TakeOver ? m_details->canTakeOver()
                                                               : m_details->canDelete();
    if (m_details->row() && canAct)
        openActionDialog(kind, *m_details->row());
}

void MainWindow::openActionDialog(ActionDialog::Kind kind, const LockRow &row)
{
    m_actionDialog = new ActionDialog(*m_host.workspace(), kind, row, this);
    connect(m_actionDialog, &ActionDialog::succeeded, m_messages, &MessageStrip::showDone);
    begin(m_actionDialog.data());
}

void MainWindow::openBulkDialog(app::BulkDeed deed)
{
    const QList<LockRow> rows = m_locks->table().selectedRows();
    if (rows.isEmpty())
        return;
    m_bulkDialog = new BulkDialog(*m_host.workspace(), deed, rows, this);
    begin(m_bulkDialog.data());
}

template<typename Dialog>
void MainWindow::begin(Dialog *dialog)
{
    m_messages->dismiss();
    // Left alone, it would go from a button that is off now to the next one, which deletes.
    connect(dialog, &QDialog::finished, m_locks, &LocksPage::focusList);
    connect(dialog, &Dialog::acted, m_details, &DetailsPane::reload);
    // From the event loop: the flow has to be at its end before its workspace is closed.
    connect(dialog, &Dialog::runEnded, this, &MainWindow::closeAfterRun, Qt::QueuedConnection);
    m_host.setHeld(true);
    connect(
        dialog, &QDialog::finished, this, [this] { m_host.setHeld(false); }, Qt::QueuedConnection);
    dialog->open();
}

bool MainWindow::endActsEarly()
{
    const bool isActing = m_actionDialog && m_actionDialog->isRunning();
    const bool isActingOnMany = m_bulkDialog && m_bulkDialog->isRunning();
    if (isActing)
        m_actionDialog->endEarly();
    if (isActingOnMany)
        m_bulkDialog->endEarly();
    return isActing || isActingOnMany;
}

/// Who closed the window should read a report first; who ended the program cannot.
void MainWindow::closeAfterRun(bool isReported)
{
    if (std::exchange(m_isCloseWanted, false) && (!isReported || m_isLeaving))
        close();
}

void MainWindow::leave()
{
    m_isLeaving = true;
    close();
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    if (m_isClosing) {
        event->accept();
        return;
    }
    // An act that is cut off in the middle would leave the session half deleted.
    if (endActsEarly()) {
        m_isCloseWanted = true;
        event->ignore();
        return;
    }
    m_isClosing = true;
    event->ignore();
    hide();
    emit closeRequested();
}

void MainWindow::giveLockBack()
{
    app::Workspace *workspace = m_host.workspace();
    if (workspace && m_details->canGiveBack())
        workspace->flows().start(giveBackFlow(workspace, m_details->row()->record.session, this));
}

QCoro::Task<> MainWindow::giveBackFlow(app::Workspace *workspace, SessionId session,
                                       QPointer<MainWindow> window)
{
    const app::ActionReport report = co_await workspace->actions().giveBack(session);
    if (!window)
        co_return;
    const QString id = shortened(printable(session.bytes()));
    if (report.failure)
        window->m_messages->showFailure(*report.failure);
    else
        window->m_messages->showDone(
            tr("Gave the lock of %1 back").arg(id),
            (report.warnings + QStringList(report.verification)).join(QStringLiteral(" · ")));
}

void MainWindow::unlock()
{
    app::Workspace *workspace = m_host.workspace();
    if (!workspace || m_unlockDialog ||
        workspace->window().state() != app::WriteWindow::State::Closed)
        return;
    m_unlockDialog = new UnlockDialog(*workspace, this);
    m_unlockDialog->open();
}

void MainWindow::followActs(app::Workspace &workspace)
{
    connect(&workspace.aftercare(), &app::Aftercare::found, this, &MainWindow::tellFinding);
    connect(&workspace.window(), &app::WriteWindow::changed, this, &MainWindow::updateActions);
    connect(&workspace.held(), &app::HeldLocks::lost, this,
            [this](const SessionId &session, const Error &reason) {
                m_messages->showFailure(
                    {reason.code,
                     tr("The lock of %1 is ours no more: %2")
                         .arg(shortened(printable(session.bytes())), reason.what),
                     reason.hint});
            });
}

/// The next in the queue is no trouble; who writes again what was deleted is.
void MainWindow::tellFinding(const app::Finding &finding)
{
    const QString id = shortened(printable(finding.session.bytes()));
    if (finding.isTrouble)
        m_messages->showFailure(
            {ErrorCode::Refused, id + u' ' + finding.text,
             tr("end that worker, or take the lock over before you act again")});
}

/// Once, as soon as there is a connection to look over.
void MainWindow::lookForCutShortActs()
{
    app::Workspace *workspace = m_host.workspace();
    if (!workspace || workspace == m_lookedBack || m_host.state() != WorkspaceHost::State::Open)
        return;
    m_lookedBack = workspace;
    workspace->flows().start(cutShortFlow(workspace, this));
}

QCoro::Task<> MainWindow::cutShortFlow(app::Workspace *workspace, QPointer<MainWindow> window)
{
    const Result<QList<app::CutShortAct>> acts = co_await workspace->cutShortActs();
    if (window)
        window->tellOfCutShortActs(workspace, acts);
}

void MainWindow::tellOfCutShortActs(app::Workspace *workspace,
                                    const Result<QList<app::CutShortAct>> &acts)
{
    if (workspace != m_host.workspace() || workspace->isClosing())
        return;
    if (!acts) {
        m_messages->showFailure(
            {acts.error().code,
             tr("Whether an earlier act was cut short is not known: %1").arg(acts.error().what),
             acts.error().hint});
        return;
    }
    if (acts->isEmpty())
        return;
    m_cutShort = *acts;
    // What can be finished comes first: the button is for it.
    std::ranges::stable_partition(m_cutShort, &app::CutShortAct::canBeFinished);
    const app::CutShortAct &first = m_cutShort.first();
    QString what = tr("%1 of %2 by %3 at %4 was cut short: %5")
                       .arg(first.intent.action, shortened(first.intent.session), first.intent.user,
                            secondOf(first.intent.at), first.found);
    what[0] = what[0].toUpper();
    const QString more =
        m_cutShort.size() > 1
            ? tr("%1 more; lockkeeper-cli audit list shows them").arg(m_cutShort.size() - 1)
            : QString();
    const bool canFinish = first.canBeFinished() && workspace->store();
    m_messages->showFailure({ErrorCode::Cancelled, what, more},
                            canFinish ? QList{m_commands.finish} : QList<QAction *>());
}

/// Through the same preview and confirmation as any delete.
void MainWindow::finishCutShortAct()
{
    app::Workspace *workspace = m_host.workspace();
    if (!workspace || m_cutShort.isEmpty() || m_actionDialog || m_bulkDialog)
        return;
    const SessionId session = m_cutShort.first().session;
    LockRow row;
    row.record.session = session;
    row.record.key = workspace->target().family.lockKey(session);
    row.gone = locks::HoldEnd::Released;
    openActionDialog(ActionDialog::Kind::Delete, row);
}

void MainWindow::tellCopied(const QString &name)
{
    const bool isToken = name == DetailsPane::tr("Token");
    m_messages->showDone(tr("Copied: %1").arg(name),
                         isToken ? tr("whoever has it and reaches the server can release this lock")
                                 : QString());
}

void MainWindow::copyId()
{
    if (!m_details->row())
        return;
    const QString id = printable(m_details->row()->record.session.bytes());
    QGuiApplication::clipboard()->setText(id);
    m_messages->showDone(tr("Copied the session's id"), id);
}

} // namespace lockkeeper::gui
