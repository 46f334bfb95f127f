// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

#include <QByteArray>
#include <QList>
#include <QStringList>

namespace lockkeeper::app {

/// What `ssh -v` writes to its standard error, read as it comes: whether its forwards are there,
/// and what it said to people last.
class SshWords
{
public:
    void take(const QByteArray &bytes);

    /// Every forward listens and the login went well; before that, nothing but ssh can tell whether
    /// it is ssh that listens on a port.
    [[nodiscard]] bool areForwardsOpen() const { return m_areForwardsOpen; }
    /// One of these local ports belongs to somebody else.
    [[nodiscard]] bool isTaken(const QList<quint16> &ports) const;
    /// The last lines that are not about ssh's inner workings, oldest first.
    [[nodiscard]] const QStringList &said() const { return m_said; }

private:
    void takeLine(const QString &line);

    QByteArray m_rest; ///< a line whose end has not come yet
    QStringList m_said;
    bool m_areForwardsOpen = false;
};

/// Why there is no tunnel by `destination`, from what ssh said last, and what to do about it.
[[nodiscard]] Error tunnelFailure(const QString &destination, const QStringList &said);

} // namespace lockkeeper::app
