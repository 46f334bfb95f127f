// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/secretstore.h"

#include <QDialog>

class QCheckBox;
class QLineEdit;

namespace lockkeeper::gui {

/// Asks for a password that a saved connection wants. It is used for this run, and kept in the
/// system's keychain where that is wished for and possible.
class PasswordDialog final : public QDialog
{
    Q_OBJECT

public:
    /// @param why what was refused: that a password is missing, or wrong
    PasswordDialog(const app::SecretName &name, const QString &why, QWidget *parent = nullptr);

    [[nodiscard]] const app::SecretName &name() const { return m_name; }

signals:
    void given(const lockkeeper::app::SecretName &name, const lockkeeper::Secret &password,
               bool isToBeKept);

private:
    void give();

    app::SecretName m_name;
    QLineEdit *m_password;
    QCheckBox *m_keep;
};

} // namespace lockkeeper::gui
