// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QListView;
class QToolButton;

namespace lockkeeper::gui {

class EventListModel;

/// The last events below the list, newest first; foldable.
class EventsPanel final : public QWidget
{
    Q_OBJECT

public:
    explicit EventsPanel(EventListModel &model, QWidget *parent = nullptr);

    void setFolded(bool isFolded);
    [[nodiscard]] bool isFolded() const;

signals:
    void folded(bool isFolded);

private:
    void keepPlace(const QModelIndex &parent, int first, int last);

    QToolButton *m_fold;
    QListView *m_list;
};

} // namespace lockkeeper::gui
