// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "integration/cli/cliprogram.h"

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <memory>

namespace lockkeeper::test {

/// A terminal of our own: what is written to it is typed, what is read from it was on screen.
class Terminal
{
public:
    Terminal();
    ~Terminal();
    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;

    [[nodiscard]] bool isOpen() const { return m_screen >= 0; }
    [[nodiscard]] QString name() const { return QString::fromLocal8Bit(m_name); }
    [[nodiscard]] bool hasEcho() const;
    void type(const QByteArray &keys);
    /// All that was on screen by now.
    QByteArray text();

private:
    int m_keyboard;
    int m_screen = -1;
    QByteArray m_name;
    QByteArray m_text;
};

/// Starts lockkeeper-cli with its standard input and error on the terminal; its output is read from
/// the process.
[[nodiscard]] std::unique_ptr<QProcess> startOn(const Terminal &terminal, const CliProgram &cli,
                                                const QStringList &arguments);

} // namespace lockkeeper::test
