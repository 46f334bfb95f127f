// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/detailspane.h"
#include "ui_detailspane.h"

#include <QPushButton>
#include <QTabBar>

namespace lockkeeper::gui {

bool DetailsPane::canRelease() const
{
    return canTouchLock() && !refusal(app::Deed::Release);
}

bool DetailsPane::canTakeOver() const
{
    return canTouchLock() && !isOurs() && !refusal(app::Deed::Hold) && !isStaleOnly();
}

bool DetailsPane::canGiveBack() const
{
    return m_workspace && m_row && isOurs();
}

bool DetailsPane::canDelete() const
{
    return m_workspace && m_row && !m_model.frozenAt() && m_workspace->store() &&
           m_workspace->window().isOpen() && !m_row->record.isForeign() && !isNowhere() &&
           !refusal(app::Deed::Delete) && !isStaleOnly();
}

bool DetailsPane::canTouchLock() const
{
    return m_workspace && m_row && !m_model.frozenAt() && m_workspace->window().isOpen() &&
           !m_row->gone && !m_row->record.isForeign();
}

bool DetailsPane::isOurs() const
{
    return !m_row->gone && m_workspace->held().isOurs(m_row->record.session, m_row->record.token);
}

bool DetailsPane::isStaleOnly() const
{
    return m_workspace->target().guardrails.scope == app::Scope::StaleLocks;
}

std::optional<Error> DetailsPane::refusal(app::Deed deed) const
{
    return m_workspace ? m_workspace->rights().refusal(deed) : std::nullopt;
}

bool DetailsPane::isNowhere() const
{
    return m_inspection && m_inspection->sessionState() == app::SessionState::None;
}

/// What cannot be done says why.
void DetailsPane::presentActions()
{
    QString releaseTip;
    QString takeOverTip;
    QString deleteTip;
    if (isNowhere())
        deleteTip = tr("There is no session of this id");
    if (m_workspace && !m_workspace->store())
        deleteTip = tr("Connect with a database to delete sessions");
    if (m_row->gone)
        releaseTip = takeOverTip = tr("There is no lock any more");
    if (m_row->record.isForeign())
        releaseTip = takeOverTip = deleteTip = tr("The key is no lock of ours");
    QString inPlace;
    const std::optional<Error> noDelete = refusal(app::Deed::Delete);
    if (noDelete) {
        deleteTip = describe(*noDelete);
        inPlace = tr("Delete: %1").arg(noDelete->what);
    }
    if (const std::optional<Error> noHold = refusal(app::Deed::Hold))
        takeOverTip = describe(*noHold);
    const std::optional<Error> noRelease = refusal(app::Deed::Release);
    if (noRelease) {
        releaseTip = describe(*noRelease);
        // A delete takes all that a release takes, and more.
        inPlace = tr("Release and Delete: %1").arg((noDelete ? noDelete : noRelease)->what);
    }
    if (m_workspace && isStaleOnly())
        takeOverTip = deleteTip = tr("This profile only lets you release stale locks");
    if (const auto closed = m_workspace ? m_workspace->window().refusal() : std::nullopt) {
        releaseTip = takeOverTip = deleteTip = closed->what;
        inPlace.clear(); // the strip above says it
    }
    if (m_model.frozenAt())
        releaseTip = takeOverTip = deleteTip = inPlace =
            tr("Nothing can be released or deleted while it is not known what is on the server");
    m_form->blocked->setText(inPlace);
    m_form->blocked->setVisible(!inPlace.isEmpty());
    const bool givesBack = canGiveBack();
    m_form->takeOverButton->setText(givesBack ? tr("Give back") : tr("Take over…"));
    m_form->takeOverButton->setAccessibleName(givesBack ? tr("Give the lock back")
                                                        : tr("Take the lock over"));
    offer(*m_form->releaseButton, canRelease(), releaseTip);
    offer(*m_form->takeOverButton, givesBack || canTakeOver(), takeOverTip);
    offer(*m_form->deleteButton, canDelete(), deleteTip);
}

/// Qt hands the focus of a button that goes off to the next one, and that may delete.
void DetailsPane::offer(QPushButton &button, bool isPossible, const QString &tip)
{
    if (!isPossible && window()->focusWidget() == &button)
        m_form->tabs->tabBar()->setFocus();
    button.setEnabled(isPossible);
    button.setToolTip(tip);
}

} // namespace lockkeeper::gui
