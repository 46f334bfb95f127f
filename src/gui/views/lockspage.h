// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/eventlistmodel.h"
#include "gui/models/locktablemodel.h"
#include "gui/views/statusstrip.h"

#include <QPointer>
#include <QWidget>

class QLabel;
class QLineEdit;
class QSplitter;
class QStackedWidget;

namespace lockkeeper::gui {

class EmptyState;
class EventsPanel;
class LockTable;
class SelectionBar;
class SessionColumns;
class WorkspaceHost;

/// The page of the locks: filter, list, and the last events below it.
class LocksPage final : public QWidget
{
    Q_OBJECT

public:
    struct Ways
    {
        // Out of an empty list:
        QAction *connect = nullptr;
        QAction *demo = nullptr;
        QAction *clearFilter = nullptr;
        QList<QAction *> actsOnMany = {}; ///< on several locks that are selected
    };

    LocksPage(WorkspaceHost &host, const Clock &clock, Ways ways, QWidget *parent = nullptr);

    [[nodiscard]] LockTableModel &model() { return m_model; }
    [[nodiscard]] LockTable &table() { return *m_table; }
    [[nodiscard]] EventsPanel &events() { return *m_events; }
    [[nodiscard]] StatusStrip::Counts counts() const;

    void setWorkspace(app::Workspace *workspace);
    void focusFilter();
    /// Gives the focus to the list, or to the way out of an empty one.
    void focusList();
    void clearFilter();
    /// How old the list is while nothing proves it.
    void showAge();
    /// Shows the list, or why there is none.
    void updateEmptyState();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void fitRows();
    void presentEmptyState();
    void showFeed(const locks::FeedStatus &feed);
    void applyFilter(const QString &text);
    QWidget *makeFilterBar();

    WorkspaceHost &m_host;
    const Clock &m_clock;
    Ways m_ways;
    QPointer<app::Workspace> m_workspace;
    LockTableModel m_model;
    EventListModel m_eventModel;
    QLineEdit *m_filter;
    QLabel *m_age;
    LockTable *m_table;
    EmptyState *m_empty;
    QStackedWidget *m_stack;
    EventsPanel *m_events;
    QSplitter *m_splitter;
    int m_eventsHeight = 124; ///< as wished for; a part of a row may come on top
    SelectionBar *m_selection;
    SessionColumns *m_sessionColumns;
    bool m_wasFed = false; ///< the list has equalled the server once
    bool m_isFed = false;  ///< and no loss was noted since
};

} // namespace lockkeeper::gui
