// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/target.h"

#include <QDialog>

#include <memory>
#include <optional>

namespace Ui {
class ConnectForm;
}

namespace lockkeeper::gui {

/// Takes a server's URL, a database and what belongs to them; says at once what is wrong with
/// them, before anything is sent.
class ConnectDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit ConnectDialog(QWidget *parent = nullptr);
    ~ConnectDialog() override;
    ConnectDialog(const ConnectDialog &) = delete;
    ConnectDialog &operator=(const ConnectDialog &) = delete;

    /// Fills in what is connected now, or what the environment names; passwords are not shown, and
    /// kept while host and user stay the same.
    void setTarget(const app::Target &target);

signals:
    void targetChosen(const lockkeeper::app::Target &target);
    void demoChosen();

private:
    void showFamily();
    void tryTarget();
    void fillInPasswords(app::Target &target) const;
    void showError(const Error &error);
    [[nodiscard]] app::TargetInput input() const;

    std::unique_ptr<Ui::ConnectForm> m_form;
    std::optional<app::Target> m_known;
};

} // namespace lockkeeper::gui
