// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/lockspage.h"

#include "app/workspace.h"
#include "gui/models/words.h"
#include "gui/views/emptystate.h"
#include "gui/views/eventspanel.h"
#include "gui/views/hairline.h"
#include "gui/views/lockdelegate.h"
#include "gui/views/locktable.h"
#include "gui/views/selectionbar.h"
#include "gui/views/sessioncolumns.h"
#include "gui/views/workspacehost.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace lockkeeper::gui {

LocksPage::LocksPage(WorkspaceHost &host, const Clock &clock, Ways ways, QWidget *parent)
    : QWidget(parent)
    , m_host(host)
    , m_clock(clock)
    , m_ways(ways)
    , m_model(clock)
    , m_filter(new QLineEdit(this))
    , m_age(new QLabel(this))
    , m_table(new LockTable(m_model, this))
    , m_empty(new EmptyState(this))
    , m_stack(new QStackedWidget(this))
    , m_events(new EventsPanel(m_eventModel, this))
    , m_splitter(new QSplitter(Qt::Vertical, this))
    , m_selection(new SelectionBar(m_ways.actsOnMany, this))
    , m_sessionColumns(new SessionColumns(m_model, *m_table, this))
{
    setObjectName(QStringLiteral("page"));
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_empty);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_splitter->addWidget(m_stack);
    m_splitter->addWidget(m_events);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setSizes({QWIDGETSIZE_MAX, m_eventsHeight});
    connect(m_splitter, &QSplitter::splitterMoved, this, [this] {
        m_eventsHeight = m_events->height();
        fitRows();
    });
    connect(m_events, &EventsPanel::roomChanged, this, &LocksPage::fitRows);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeFilterBar());
    layout->addWidget(new Hairline(Qt::Horizontal, this));
    layout->addWidget(m_selection);
    layout->addWidget(m_splitter, 1);
    connect(&m_model, &LockTableModel::updated, this, &LocksPage::updateEmptyState);
    connect(m_table, &LockTable::countSelectedChanged, m_selection, &SelectionBar::setCount);
    connect(m_selection, &SelectionBar::cleared, m_table, &LockTable::selectCurrentOnly);
    updateEmptyState();
}

/// No row is cut at the foot of the list: what is left over goes to the events. Folded, they leave
/// the list all that they do not need.
void LocksPage::fitRows()
{
    const int both = m_splitter->height() - m_splitter->handleWidth();
    if (m_events->isFolded()) {
        m_splitter->setSizes({both - m_events->maximumHeight(), m_events->maximumHeight()});
        return;
    }
    const int rows = both - m_eventsHeight - m_table->horizontalHeader()->height();
    const int events = m_eventsHeight + std::max(rows, 0) % LockDelegate::kRowHeight;
    m_splitter->setSizes({both - events, events});
}

void LocksPage::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fitRows();
}

QWidget *LocksPage::makeFilterBar()
{
    auto *bar = new QWidget(this);
    m_filter->setObjectName(QStringLiteral("filter"));
    m_filter->setPlaceholderText(tr("Filter by session, title, user, owner, token or state"));
    m_filter->setAccessibleName(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    connect(m_filter, &QLineEdit::textChanged, this, &LocksPage::applyFilter);
    connect(m_filter, &QLineEdit::returnPressed, m_table, qOverload<>(&QWidget::setFocus));
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(12);
    layout->addWidget(m_filter);
    layout->addWidget(m_age);
    m_age->setObjectName(QStringLiteral("age"));
    m_age->setProperty("kind", QStringLiteral("stale"));
    m_age->hide();
    return bar;
}

void LocksPage::setWorkspace(app::Workspace *workspace)
{
    if (m_workspace) {
        disconnect(&m_workspace->monitor(), nullptr, this, nullptr);
        disconnect(&m_workspace->unlockedWrites(), nullptr, this, nullptr);
    }
    m_workspace = workspace;
    m_table->clearSelectedLock();
    m_eventModel.clear();
    m_wasFed = false;
    m_isFed = false;
    m_sessionColumns->setLookup(workspace ? &workspace->lookup() : nullptr);
    m_model.begin(workspace ? workspace->target().family : locks::LockFamily(),
                  workspace ? workspace->target().nodeNames : locks::NodeNames(),
                  workspace ? workspace->target().guardrails.thresholds : app::Thresholds());
    if (workspace) {
        locks::LockMonitor &monitor = workspace->monitor();
        connect(&monitor, &locks::LockMonitor::changed, this,
                [this](const locks::RegistryDelta &delta) {
                    m_model.apply(delta);
                    m_eventModel.apply(delta);
                });
        connect(&workspace->unlockedWrites(), &locks::UnlockedWrites::seen, this,
                [this](const locks::UnlockedWrite &write) {
                    m_eventModel.warn(write.at, write.session, writeSentence(write));
                });
        connect(&monitor, &locks::LockMonitor::feedChanged, this, &LocksPage::showFeed);
        showFeed(monitor.feed());
    }
    updateEmptyState();
}

void LocksPage::showFeed(const locks::FeedStatus &feed)
{
    const bool isLost = m_workspace->outage().has_value();
    if (isLost)
        m_model.freeze(m_workspace->monitor().lastProof().value_or(m_clock.steady()));
    else
        m_model.thaw();
    m_table->setTrusted(!isLost);
    showAge();
    // That it is there again, the registry tells.
    if (isLost && m_isFed)
        m_eventModel.note(m_clock.wall(), tr("feed lost: %1").arg(feed.reason));
    m_isFed = feed.isTrusted || (m_isFed && !isLost);
    m_wasFed = m_wasFed || feed.isTrusted;
    updateEmptyState();
}

void LocksPage::showAge()
{
    const auto frozenAt = m_model.rowCount() > 0 ? m_model.frozenAt() : std::nullopt;
    m_age->setVisible(frozenAt.has_value());
    if (frozenAt)
        m_age->setText(tr("as of %1 ago, not confirmed since")
                           .arg(agoText(std::chrono::duration_cast<milliseconds>(m_clock.steady() -
                                                                                 *frozenAt))));
}

void LocksPage::applyFilter(const QString &text)
{
    m_model.setFilter(LockFilter(text));
    updateEmptyState();
}

void LocksPage::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void LocksPage::focusList()
{
    if (m_stack->currentWidget() == m_table)
        m_table->setFocus();
    else
        m_empty->focusAction();
}

void LocksPage::clearFilter()
{
    m_filter->clear();
    m_table->setFocus();
}

StatusStrip::Counts LocksPage::counts() const
{
    return {m_model.shownHeldCount(), m_model.heldCount(), !m_model.filter().isEmpty()};
}

void LocksPage::updateEmptyState()
{
    const bool hasFocus =
        !window()->focusWidget() || m_empty->isAncestorOf(window()->focusWidget());
    m_stack->setCurrentIndex(m_model.rowCount() > 0 ? 0 : 1);
    if (m_model.rowCount() > 0 && hasFocus)
        m_table->setFocus();
    if (m_model.rowCount() > 0)
        return;
    presentEmptyState();
    if (hasFocus)
        m_empty->focusAction();
}

void LocksPage::presentEmptyState()
{
    switch (m_host.state()) {
    case WorkspaceHost::State::Idle:
    case WorkspaceHost::State::Closed:
        m_empty->present(
            tr("Not connected"),
            tr("Connect to the Redis of a chat back end to see who holds which session "
               "lock, or look around in the demo first."),
            {m_ways.connect, m_ways.demo});
        return;
    case WorkspaceHost::State::Opening:
        m_empty->present(m_host.isDemo() && !m_workspace ? tr("Starting the demo …")
                                                         : tr("Connecting …"),
                         m_workspace ? m_workspace->target().name : QString());
        return;
    case WorkspaceHost::State::Failed:
        m_empty->present(tr("No connection"),
                         tr("The locks appear here as soon as the server answers."),
                         {m_ways.connect});
        return;
    case WorkspaceHost::State::Open:
        break;
    }
    if (m_model.totalCount() > 0)
        m_empty->present(tr("No lock matches the filter"),
                         counted(m_model.heldCount(),
                                 tr("One lock is held now, but not with these words."),
                                 tr("%1 locks are held now, none with these words.")),
                         {m_ways.clearFilter});
    else if (m_wasFed && m_model.frozenAt())
        m_empty->present(tr("No lock was held when the server was last heard"),
                         tr("Locks appear here as soon as it answers again."));
    else if (m_workspace && !m_workspace->monitor().feed().isTrusted)
        m_empty->present(tr("Reading the locks …"), QString());
    else
        m_empty->present(
            tr("No session is locked"),
            tr("Locks appear here the moment a worker takes one. Expected some? Check "
               "that the lock prefix is the one of your back end: %1")
                .arg(QString::fromUtf8(m_workspace ? m_workspace->target().family.lockPrefix
                                                   : QByteArray())),
            {m_ways.connect});
}

} // namespace lockkeeper::gui
