// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/durablefile.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lockkeeper::app {

namespace {

/// Others hold the lock for as long as two writes to the disk take.
constexpr std::chrono::seconds kLockPatience{5};

template<typename Call>
int retried(Call call)
{
    int result = 0;
    do {
        result = call();
    } while (result < 0 && errno == EINTR);
    return result;
}

Result<void> syncFolder(const QString &path)
{
    const Descriptor folder(
        ::open(QFile::encodeName(path).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.isOpen() || retried([&] { return ::fsync(folder.fd()); }) != 0)
        return fileFailure(QStringLiteral("cannot write the folder"), path);
    return {};
}

bool endsInNewline(int fd, off_t size)
{
    char last = '\n';
    return size == 0 || (::pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

/// In one write() as a rule; the rest of a short one follows, to succeed or to tell why it cannot.
bool writeAll(int fd, const QByteArray &bytes)
{
    qsizetype done = 0;
    while (done < bytes.size()) {
        const auto written =
            ::write(fd, bytes.constData() + done, static_cast<size_t>(bytes.size() - done));
        if (written < 0 && errno != EINTR)
            return false;
        done += std::max<qsizetype>(written, 0);
    }
    return true;
}

Result<void> writeWhole(int fd, const QString &path, const QByteArray &line)
{
    struct stat status{};
    if (::fstat(fd, &status) != 0)
        return fileFailure(QStringLiteral("cannot read"), path);
    // A torn line of a program that died here must not swallow this one.
    QByteArray bytes = line + '\n';
    if (!endsInNewline(fd, status.st_size))
        bytes.prepend('\n');
    if (writeAll(fd, bytes) && retried([&] { return ::fsync(fd); }) == 0)
        return {};
    const Error error = fileFailure(QStringLiteral("cannot write"), path);
    // What cannot be kept whole is taken back; should even that fail, the next line starts anew.
    [[maybe_unused]] const int isCut = ::ftruncate(fd, status.st_size);
    return error;
}

/// Whoever deletes a file leaves those that wait for it with one that nobody finds.
bool isStillAt(const QByteArray &name, int fd)
{
    struct stat opened{};
    struct stat found{};
    return ::fstat(fd, &opened) == 0 && ::lstat(name.constData(), &found) == 0 &&
           opened.st_ino == found.st_ino && opened.st_dev == found.st_dev;
}

} // namespace

Descriptor::~Descriptor()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

Error fileFailure(const QString &doing, const QString &path)
{
    const int code = errno;
    return {ErrorCode::Io, doing + u' ' + path + u": " + QString::fromLocal8Bit(strerror(code)),
            QStringLiteral("check the folder's owner, its rights and the free space of its disk")};
}

// A new folder is durable once the folder above is written.
Result<void> ensureFolder(const QString &path)
{
    if (QFileInfo(path).isDir())
        return {};
    const QString above = QFileInfo(path).absolutePath();
    if (above != path) {
        const Result<void> madeAbove = ensureFolder(above);
        if (!madeAbove)
            return madeAbove;
    }
    if (::mkdir(QFile::encodeName(path).constData(), 0700) != 0 && errno != EEXIST)
        return fileFailure(QStringLiteral("cannot create the folder"), path);
    return syncFolder(above);
}

Result<Descriptor> openLocked(const QString &path)
{
    const QByteArray name = QFile::encodeName(path);
    const QDeadlineTimer deadline(kLockPatience);
    for (;;) {
        Descriptor file(::open(name.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.isOpen())
            return fileFailure(QStringLiteral("cannot open"), path);
        const bool isLocked = retried([&] { return ::flock(file.fd(), LOCK_EX | LOCK_NB); }) == 0;
        if (!isLocked && errno != EWOULDBLOCK)
            return fileFailure(QStringLiteral("cannot lock"), path);
        if (isLocked && isStillAt(name, file.fd()))
            return file;
        if (deadline.hasExpired())
            return Error{ErrorCode::Io, u"another program holds " + path + u" locked",
                         QStringLiteral("is a Lockkeeper stopped? go on with it, or end it")};
        if (!isLocked)
            QThread::msleep(10);
    }
}

Result<void> appendLineDurably(const QString &path, const QByteArray &line)
{
    const QByteArray name = QFile::encodeName(path);
    const bool isNew = ::access(name.constData(), F_OK) != 0;
    const Descriptor file(
        ::open(name.constData(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file.isOpen())
        return fileFailure(QStringLiteral("cannot open"), path);
    const Result<void> written = writeWhole(file.fd(), path, line);
    if (!written || !isNew)
        return written;
    return syncFolder(QFileInfo(path).absolutePath());
}

Result<void> rewrite(const Descriptor &file, const QString &path, const QByteArray &content)
{
    if (::lseek(file.fd(), 0, SEEK_SET) == 0 && writeAll(file.fd(), content) &&
        ::ftruncate(file.fd(), content.size()) == 0 &&
        retried([&] { return ::fsync(file.fd()); }) == 0)
        return {};
    return fileFailure(QStringLiteral("cannot write"), path);
}

Result<void> saveAs(const QString &path, const QByteArray &content)
{
    QSaveFile file(path);
    if (file.open(QIODevice::WriteOnly) && file.write(content) == content.size() && file.commit())
        return {};
    return Error{ErrorCode::Io, u"cannot write " + path + u": " + file.errorString(),
                 QStringLiteral("check the disk and the folder's rights")};
}

Result<LastLines> lastLines(const QString &path)
{
    QFile file(path);
    if (!file.exists())
        return LastLines{};
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, u"cannot read " + path + u": " + file.errorString(),
                     QStringLiteral("check the file's owner and rights")};
    constexpr qint64 kFirstLook = 16 * 1024;
    for (qint64 look = kFirstLook;; look *= 4) {
        const qint64 from = std::max<qint64>(0, file.size() - look);
        file.seek(from);
        const QByteArray end = file.readAll();
        const qsizetype close = end.lastIndexOf('\n');
        const qsizetype open = close > 0 ? end.lastIndexOf('\n', close - 1) : -1;
        if (open < 0 && from > 0)
            continue; // the line is longer than what was read
        LastLines last;
        last.torn = end.mid(close + 1);
        if (close > 0)
            last.whole = end.mid(open + 1, close - open - 1);
        return last;
    }
}

} // namespace lockkeeper::app
