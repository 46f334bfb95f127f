// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QByteArray>
#include <QString>

/// Files that hold what must not be lost. All of it blocks: call it from a worker.
namespace lockkeeper::app {

/// A descriptor that is closed, and with it its file lock, when it goes out of scope.
class Descriptor
{
public:
    explicit Descriptor(int fd)
        : m_fd(fd)
    {}
    ~Descriptor();
    Descriptor(Descriptor &&other) noexcept
        : m_fd(other.m_fd)
    {
        other.m_fd = -1;
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    Descriptor &operator=(Descriptor &&) = delete;

    [[nodiscard]] bool isOpen() const { return m_fd >= 0; }
    [[nodiscard]] int fd() const { return m_fd; }

private:
    int m_fd;
};

/// What the last system call refused, as an Error: "cannot write /path: No space left on device".
[[nodiscard]] Error fileFailure(const QString &doing, const QString &path);

/// Makes the folder and those above it with mode 0700, durably.
[[nodiscard]] Result<void> ensureFolder(const QString &path);

/// Opens or makes the file, mode 0600, for reading and writing, and waits until no other process
/// holds it locked, five seconds at the most. Links are not followed.
[[nodiscard]] Result<Descriptor> openLocked(const QString &path);

/// Appends `line` and a newline to the file, and returns when both are on the disk. A file that is
/// missing is made with mode 0600. A line that does not fit on the disk is taken back; the torn
/// line of a program that died while it wrote is closed first.
[[nodiscard]] Result<void> appendLineDurably(const QString &path, const QByteArray &line);

/// Replaces what a small file that is open and locked holds, durably.
[[nodiscard]] Result<void> rewrite(const Descriptor &file, const QString &path,
                                   const QByteArray &content);

/// Writes a file that somebody asked for, as a whole or not at all.
[[nodiscard]] Result<void> saveAs(const QString &path, const QByteArray &content);

/// How a file ends.
struct LastLines
{
    QByteArray whole; ///< the last whole line, without its newline; empty: there is none
    QByteArray torn;  ///< what stands after it without a newline
};

/// A file that is missing ends in nothing.
[[nodiscard]] Result<LastLines> lastLines(const QString &path);

} // namespace lockkeeper::app
