// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profile.h"
#include "core/secret.h"

#include <QWidget>

class QComboBox;
class QGridLayout;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace lockkeeper::gui {

/// The fields of a saved connection.
class ProfileForm final : public QWidget
{
    Q_OBJECT

public:
    explicit ProfileForm(QWidget *parent = nullptr);

    void setProfile(const app::Profile &profile);
    /// InvalidInput naming what cannot be read.
    [[nodiscard]] Result<app::Profile> profile() const;
    /// Passwords that were typed; empty: leave what is kept.
    [[nodiscard]] Secret redisPassword() const;
    [[nodiscard]] Secret databasePassword() const;
    void clearPasswords();

signals:
    void edited();

private:
    void addField(QGridLayout &grid, const QString &label, QWidget *field);
    void build();
    [[nodiscard]] Result<QList<locks::LockFamily>> families() const;
    [[nodiscard]] Result<locks::NodeNames> nodes() const;

    app::Profile m_profile; ///< as it was given: what has no field stays
    QLineEdit *m_name;
    QComboBox *m_environment;
    QLineEdit *m_color;
    QLineEdit *m_url;
    QLineEdit *m_password;
    QLineEdit *m_database;
    QLineEdit *m_databasePassword;
    QLineEdit *m_ssh;
    QComboBox *m_rights;
    QSpinBox *m_cap;
    QLineEdit *m_heldLong;
    QLineEdit *m_renewingLong;
    QSpinBox *m_storm;
    QPlainTextEdit *m_families;
    QPlainTextEdit *m_nodes;
};

} // namespace lockkeeper::gui
