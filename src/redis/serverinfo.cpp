// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/serverinfo.h"

#include "redis/reply.h"

#include <QList>

namespace lockkeeper::redis {

namespace {

QString hostAndPort(const QString &host, const QString &port)
{
    return host.contains(u':') ? QString(u'[' + host + u"]:" + port) : QString(host + u':' + port);
}

ServerInfo::Mode modeOf(const QString &word)
{
    if (word == u"standalone")
        return ServerInfo::Mode::Standalone;
    if (word == u"sentinel")
        return ServerInfo::Mode::Sentinel;
    return word == u"cluster" ? ServerInfo::Mode::Cluster : ServerInfo::Mode::Unknown;
}

} // namespace

QString ServerInfo::toString() const
{
    QString text = QStringLiteral("redis");
    if (!version.isEmpty())
        text += u' ' + version;
    if (isPrimary())
        text += u" primary";
    else if (isReplica())
        text += u" replica";
    return text;
}

ServerInfo parseServerInfo(const QByteArray &infoText)
{
    ServerInfo info;
    readServerInfo(infoText, info);
    return info;
}

void readServerInfo(const QByteArray &infoText, ServerInfo &info)
{
    QString host;
    QString port;
    const QList<QByteArray> lines = infoText.split('\n');
    for (const QByteArray &line : lines) {
        const auto colon = line.indexOf(':');
        if (colon < 0)
            continue;
        const QByteArray field = line.left(colon);
        const QString value = QString::fromUtf8(line.mid(colon + 1).trimmed());
        if (field == "redis_version")
            info.version = value;
        else if (field == "redis_mode")
            info.mode = modeOf(value);
        else if (field == "run_id")
            info.runId = value;
        else if (field == "role")
            info.role = value;
        else if (field == "master_host")
            host = value;
        else if (field == "master_port")
            port = value;
        else if (field == "master_link_status")
            info.isPrimaryLinkUp = value == u"up";
    }
    if (!host.isEmpty()) {
        info.primary = hostAndPort(host, port);
    } else if (info.isPrimary()) {
        info.primary.clear();
        info.isPrimaryLinkUp = true;
    }
}

void readRole(const Reply &reply, ServerInfo &info)
{
    const QList<Reply> &parts = reply.elements();
    if (parts.isEmpty())
        return;
    info.role = QString::fromUtf8(parts[0].bytes());
    info.primary.clear();
    info.isPrimaryLinkUp = true;
    constexpr qsizetype kReplicaParts = 4; // role, host, port, state of the link
    if (!info.isReplica() || parts.size() < kReplicaParts)
        return;
    info.primary =
        hostAndPort(QString::fromUtf8(parts[1].bytes()), QString::number(parts[2].integerValue()));
    info.isPrimaryLinkUp = parts[3].bytes() == "connected";
}

} // namespace lockkeeper::redis
