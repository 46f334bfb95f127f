// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/demofolder.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lockkeeper::demo {

namespace {

constexpr char kPrefix[] = "lockkeeper-demo-";
constexpr char kOwnerFile[] = "/owner";
/// A unix socket's address holds 108 bytes, the final zero included.
constexpr qsizetype kLongestSocketPath = 107;
constexpr qint64 kHalfMadeSeconds = 3600;

QByteArray ownerFile(const QString &folder)
{
    return QFile::encodeName(folder) + kOwnerFile;
}

bool isOurs(const QString &folder)
{
    struct ::stat status{};
    return ::lstat(QFile::encodeName(folder).constData(), &status) == 0 &&
           S_ISDIR(status.st_mode) && status.st_uid == ::getuid();
}

/// Whether the process that made the folder is gone: its lock on the owner file is.
bool isAbandoned(const QString &folder)
{
    const int file = ::open(ownerFile(folder).constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        // The file appears, locked already, a moment after the folder.
        const qint64 age = QFileInfo(folder).lastModified().secsTo(QDateTime::currentDateTime());
        return errno == ENOENT && age > kHalfMadeSeconds;
    }
    const bool isFree = ::flock(file, LOCK_EX | LOCK_NB) == 0;
    ::close(file);
    return isFree;
}

void sweep(const QString &base)
{
    const QStringList names =
        QDir(base).entryList({QLatin1StringView(kPrefix) + u'*'}, QDir::Dirs | QDir::NoSymLinks);
    for (const QString &name : names) {
        const QString folder = base + u'/' + name;
        if (isOurs(folder) && isAbandoned(folder))
            DemoFolder::removeTree(folder);
    }
}

Error systemError(const QString &doing)
{
    return Error{ErrorCode::Io, doing + u": " + QString::fromLocal8Bit(std::strerror(errno)),
                 QStringLiteral("set TMPDIR to a folder that you can write to")};
}

} // namespace

DemoFolder::~DemoFolder()
{
    remove();
}

Result<void> DemoFolder::create()
{
    QStringList bases{QDir::tempPath(), QStringLiteral("/tmp")};
    bases.removeDuplicates();
    for (const QString &base : bases)
        sweep(base);
    // TMPDIR may lie too deep for a socket.
    const qsizetype rest = QByteArrayLiteral("/lockkeeper-demo-XXXXXX/redis.sock").size();
    const bool fits = QFile::encodeName(bases.first()).size() + rest <= kLongestSocketPath;
    return createIn(fits ? bases.first() : bases.last());
}

Result<void> DemoFolder::createIn(const QString &base)
{
    QByteArray path = QFile::encodeName(base) + '/' + kPrefix + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr)
        return systemError(QStringLiteral("a folder for the demo could not be made in ") + base);
    m_path = QFile::decodeName(path);

    // Locked under another name first: a sweeper must never see the owner file unlocked.
    const QByteArray fresh = path + "/owner.new";
    m_owner = ::open(fresh.constData(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (m_owner < 0 || ::flock(m_owner, LOCK_EX | LOCK_NB) != 0 ||
        ::rename(fresh.constData(), ownerFile(m_path).constData()) != 0)
        return systemError(m_path + QStringLiteral(" could not be marked as in use"));
    return {};
}

void DemoFolder::remove()
{
    if (m_path.isEmpty())
        return;
    removeTree(m_path);
    if (m_owner >= 0)
        ::close(m_owner);
    m_owner = -1;
    m_path.clear();
}

bool DemoFolder::removeTree(const QString &path)
{
    const QFileInfo folder(path);
    if (!folder.fileName().startsWith(QLatin1StringView(kPrefix)) || !isOurs(path))
        return false;
    return QDir(path).removeRecursively();
}

} // namespace lockkeeper::demo
