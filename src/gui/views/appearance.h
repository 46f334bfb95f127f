// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <optional>

class QApplication;

namespace lockkeeper::gui {

/// Which theme the window wears: the system's, as far as it can be told, or the user's choice.
class Appearance final : public QObject
{
    Q_OBJECT

public:
    enum class Choice { System, Light, Dark };

    /// Build it before anything else changes the application's palette.
    explicit Appearance(QApplication &application, QObject *parent = nullptr);

    [[nodiscard]] Choice choice() const { return m_choice; }
    void choose(Choice choice);

    /// "system", "light" or "dark".
    [[nodiscard]] static std::optional<Choice> fromName(const QString &name);

signals:
    void changed();

private:
    void apply();

    QApplication &m_application;
    Choice m_choice = Choice::System;
    bool m_isSystemDark = false;
};

} // namespace lockkeeper::gui
