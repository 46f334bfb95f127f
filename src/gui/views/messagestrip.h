// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

#include <QFrame>
#include <QStringList>

class QAction;
class QLabel;
class QPushButton;

namespace lockkeeper::gui {

/// One line for what does not deserve a box: what was done, or what failed and how
/// to go on. It stays until it is dismissed or the next one comes.
class MessageStrip : public QFrame
{
    Q_OBJECT

public:
    explicit MessageStrip(QWidget *parent = nullptr);

    void showDone(const QString &headline, const QString &detail);
    /// @param actions the ways out, as buttons
    void showFailure(const Error &error, const QList<QAction *> &actions = {});
    /// What lasts: nobody can dismiss it, and its words may change in place.
    void showState(const QString &headline, const QString &detail, const QList<QAction *> &actions);
    void dismiss();
    [[nodiscard]] QString text() const;

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void takeRoom();
    void paintIcon();
    void present(const QString &kind, const QString &headline, const QString &detail,
                 const QList<QAction *> &actions);
    void offer(const QList<QAction *> &actions);

    QLabel *m_icon;
    QLabel *m_text;
    QWidget *m_buttons;
    QStringList m_offered; ///< what stands on the buttons
    QPushButton *m_close;
};

} // namespace lockkeeper::gui
