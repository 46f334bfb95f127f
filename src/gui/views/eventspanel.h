// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QListView;
class QToolButton;

namespace lockkeeper::gui {

class EventListModel;
class MessageStrip;

/// The last events below the list, newest first; foldable. At their foot, where nothing else has to
/// move for it, stands what became of the last act.
class EventsPanel final : public QWidget
{
    Q_OBJECT

public:
    explicit EventsPanel(EventListModel &model, QWidget *parent = nullptr);

    void setFolded(bool isFolded);
    [[nodiscard]] bool isFolded() const;
    [[nodiscard]] MessageStrip &messages() { return *m_messages; }

signals:
    void folded(bool isFolded);
    /// It may have another height at most: maximumHeight().
    void roomChanged();

protected:
    bool event(QEvent *event) override;

private:
    void fitFold();
    void keepPlace(const QModelIndex &parent, int first, int last);

    QToolButton *m_fold;
    QListView *m_list;
    MessageStrip *m_messages;
};

} // namespace lockkeeper::gui
