// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

class QAction;
class QLabel;

namespace lockkeeper::gui {

/// What can be done with several locks at once; there while more than one is selected.
class SelectionBar final : public QWidget
{
    Q_OBJECT

public:
    explicit SelectionBar(const QList<QAction *> &acts, QWidget *parent = nullptr);

    void setCount(int count);

signals:
    void cleared();

private:
    QLabel *m_count;
};

} // namespace lockkeeper::gui
