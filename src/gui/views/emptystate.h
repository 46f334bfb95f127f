// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QAction;
class QLabel;

namespace lockkeeper::gui {

/// What stands in the place of a list with nothing in it: why, and what to do next.
class EmptyState final : public QWidget
{
    Q_OBJECT

public:
    explicit EmptyState(QWidget *parent = nullptr);

    /// The first action is the one to recommend.
    void present(const QString &headline, const QString &detail,
                 const QList<QAction *> &actions = {});
    /// Gives the focus to the recommended action.
    void focusAction();
    [[nodiscard]] QString headline() const;

private:
    QLabel *m_headline;
    QLabel *m_detail;
    QWidget *m_buttons;
    QList<QAction *> m_actions;
};

} // namespace lockkeeper::gui
