// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/views/workspacehost.h"

#include <QDialog>

#include <memory>
#include <optional>

class QLineEdit;

namespace Ui {
class ConnectForm;
}

namespace lockkeeper::gui {

/// Takes a server's URL, a database and what belongs to them. Says what is wrong at its field: at
/// once, before anything is sent, and when the target was tried and refused. It stays until one
/// works.
class ConnectDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit ConnectDialog(QWidget *parent = nullptr);
    ~ConnectDialog() override;
    ConnectDialog(const ConnectDialog &) = delete;
    ConnectDialog &operator=(const ConnectDialog &) = delete;

    /// Fills in what is connected now, or what the environment names; passwords are not shown, and
    /// kept while host, user and TLS stay the same.
    void setTarget(const app::Target &target);
    /// The chosen target does not work: says why, and lets edit it.
    void refuse(const lockkeeper::Error &error, lockkeeper::gui::WorkspaceHost::Part part);

signals:
    void targetChosen(const lockkeeper::app::Target &target);
    void demoChosen();

private:
    void showFamily();
    void tryTarget();
    void fillInPasswords(app::Target &target) const;
    void setTrying(bool isTrying);
    void showInputError(const Error &error);
    void showError(const Error &error, QLineEdit *field);
    void clearError();
    [[nodiscard]] app::TargetInput input() const;

    std::unique_ptr<Ui::ConnectForm> m_form;
    std::optional<app::Target> m_known;
    QPointer<QLineEdit> m_wrong; ///< the field that the error belongs to
};

} // namespace lockkeeper::gui
