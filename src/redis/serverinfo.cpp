// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/serverinfo.h"

#include <QList>

namespace lockkeeper::redis {

QString ServerInfo::toString() const
{
    QString text = QStringLiteral("redis");
    if (!version.isEmpty())
        text += u' ' + version;
    if (role == u"master")
        text += u" primary";
    else if (role == u"slave")
        text += u" replica";
    return text;
}

ServerInfo parseServerInfo(const QByteArray &infoText)
{
    ServerInfo info;
    const QList<QByteArray> lines = infoText.split('\n');
    for (const QByteArray &line : lines) {
        const auto colon = line.indexOf(':');
        if (colon < 0)
            continue;
        const QByteArray field = line.left(colon);
        const QString value = QString::fromUtf8(line.mid(colon + 1).trimmed());
        if (field == "redis_version")
            info.version = value;
        else if (field == "run_id")
            info.runId = value;
        else if (field == "role")
            info.role = value;
    }
    return info;
}

} // namespace lockkeeper::redis
