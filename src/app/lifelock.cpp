// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lifelock.h"

#include <QFile>
#include <QUuid>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace lockkeeper::app {

namespace {

QString pathOf(const QString &folder, const QString &name)
{
    return folder + u"/running/" + name;
}

} // namespace

LifeLock::LifeLock(const QString &folder)
{
    const QString name = QUuid::createUuid().toString(QUuid::WithoutBraces);
    m_path = pathOf(folder, name);
    if (!ensureFolder(folder + u"/running"))
        return;
    Result<Descriptor> file = openLocked(m_path);
    if (!file)
        return;
    m_file.emplace(std::move(*file));
    m_name = name;
}

LifeLock::~LifeLock()
{
    if (m_file)
        ::unlink(QFile::encodeName(m_path).constData());
}

bool LifeLock::isHeld(const QString &folder, const QString &name)
{
    // A name from a line that somebody may have written: it must not lead elsewhere.
    if (name.contains(u'/') || name.startsWith(u'.'))
        return true;
    const QByteArray path = QFile::encodeName(pathOf(folder, name));
    const Descriptor file(::open(path.constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!file.isOpen())
        return errno != ENOENT;
    if (::flock(file.fd(), LOCK_EX | LOCK_NB) != 0)
        return true;
    ::unlink(path.constData());
    return false;
}

} // namespace lockkeeper::app
