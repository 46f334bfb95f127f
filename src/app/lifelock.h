// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/durablefile.h"

#include <QString>

#include <optional>

namespace lockkeeper::app {

/// The proof that the writer of an audit log runs: a file beside the log that it holds locked until
/// it ends, however that is. Others see so whether an act without outcome is under way or was cut
/// short, from other containers and hosts too, which know nothing of each other's processes. It
/// blocks: call it from a worker.
class LifeLock
{
public:
    /// A file of its own in `folder`/running. One that cannot be made proves nothing, and is no
    /// reason not to act.
    explicit LifeLock(const QString &folder);
    ~LifeLock();
    LifeLock(const LifeLock &) = delete;
    LifeLock &operator=(const LifeLock &) = delete;

    /// What the lines name it by; empty: there is none.
    [[nodiscard]] const QString &name() const { return m_name; }

    /// Whether its holder runs yet; where that cannot be found out, it does. The file of one that
    /// does not is removed.
    [[nodiscard]] static bool isHeld(const QString &folder, const QString &name);

private:
    QString m_path;
    QString m_name;
    std::optional<Descriptor> m_file;
};

} // namespace lockkeeper::app
