// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QString>

namespace lockkeeper::demo {

/// The temporary folder of one demo stack, removed with this object.
///
/// A file in it stays locked for as long as this process lives, so that a later start can tell
/// folders of dead processes from those in use, whatever became of process ids meanwhile.
class DemoFolder final
{
public:
    DemoFolder() = default;
    ~DemoFolder();
    DemoFolder(const DemoFolder &) = delete;
    DemoFolder &operator=(const DemoFolder &) = delete;

    /// Sweeps the folders of dead processes, then makes this one.
    [[nodiscard]] Result<void> create();
    /// Removes it; calling it twice is harmless.
    void remove();

    [[nodiscard]] const QString &path() const { return m_path; }
    /// Short enough for a unix socket's address.
    [[nodiscard]] QString socketPath() const { return m_path + QStringLiteral("/redis.sock"); }
    [[nodiscard]] QString databasePath() const { return m_path + QStringLiteral("/chat.sqlite"); }

    /// Removes a demo folder and all in it; refuses anything that is not named as one.
    static bool removeTree(const QString &path);

private:
    [[nodiscard]] Result<void> createIn(const QString &base);

    QString m_path;
    int m_owner = -1; ///< descriptor of the locked file
};

} // namespace lockkeeper::demo
