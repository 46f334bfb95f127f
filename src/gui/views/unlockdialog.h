// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"

#include <QDialog>
#include <QPointer>

class QLabel;
class QLineEdit;
class QPushButton;

namespace lockkeeper::gui {

/// Asks for the name of the environment before anything can be changed there.
class UnlockDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit UnlockDialog(app::Workspace &workspace, QWidget *parent = nullptr);

private:
    static QCoro::Task<> unlockFlow(app::Workspace *workspace, QString typed, QString reason,
                                    QPointer<UnlockDialog> dialog);
    void unlock();
    void unlocked(const Result<void> &outcome);

    QPointer<app::Workspace> m_workspace;
    QLineEdit *m_name;
    QLineEdit *m_reason;
    QLabel *m_error;
    QPushButton *m_unlock;
    bool m_isUnlocking = false;
};

} // namespace lockkeeper::gui
