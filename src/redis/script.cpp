// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/script.h"

#include <QCryptographicHash>
#include <QFile>

namespace lockkeeper::redis {

Script Script::fromResource(const QString &name)
{
    QFile file(u":/lua/" + name + u".lua");
    if (!file.open(QIODevice::ReadOnly))
        qFatal("the script %s is missing from this build", qPrintable(file.fileName()));
    return {name.toUtf8(), file.readAll()};
}

Script::Script(QByteArray name, QByteArray source)
    : m_name(std::move(name))
    , m_source(std::move(source))
    , m_sha1(QCryptographicHash::hash(m_source, QCryptographicHash::Sha1).toHex())
{}

} // namespace lockkeeper::redis
