// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/serveraddress.h"

#include <QFileInfo>
#include <QUrl>
#include <QUrlQuery>

#include <array>

namespace lockkeeper::redis {

namespace {

Error badUrl(const QString &what, const QString &hint = {})
{
    static const QString form =
        QStringLiteral("write redis://[user:password@]host[:port][/db], rediss://… for TLS, "
                       "redis+unix:///path/to/socket, redis+sentinel://host:port,…/SERVICE or "
                       "redis+cluster://host:port,…");
    return {ErrorCode::InvalidInput, u"the Redis URL " + what, hint.isEmpty() ? form : hint};
}

Result<int> parseDatabase(const QString &text)
{
    bool isNumber = false;
    const int database = text.toInt(&isNumber);
    if (!isNumber || database < 0)
        return badUrl(u"names the database \"" + text + u"\", which is no number",
                      QStringLiteral("the path is the number of a database, such as /0"));
    return database;
}

Result<bool> parseSwitch(const QString &name, const QString &text)
{
    if (text == u"1" || text == u"true" || text == u"yes")
        return true;
    if (text.isEmpty() || text == u"0" || text == u"false" || text == u"no")
        return false;
    return badUrl(u"has " + name + u"=" + text, name + u" is 1 or 0");
}

Result<void> readQuery(const QUrl &url, ServerAddress &address)
{
    const auto items = QUrlQuery(url).queryItems(QUrl::FullyDecoded);
    for (const auto &[name, value] : items) {
        const bool isTlsOption =
            name == u"cacert" || name == u"cert" || name == u"key" || name == u"insecure";
        if (isTlsOption && !address.tls.isEnabled)
            return badUrl(u"has the TLS option " + name + u" but speaks no TLS",
                          QStringLiteral("use rediss:// for TLS"));
        if (name == u"cacert") {
            address.tls.caFile = value;
        } else if (name == u"cert") {
            address.tls.certFile = value;
        } else if (name == u"key") {
            address.tls.keyFile = value;
        } else if (name == u"insecure") {
            const auto isOn = parseSwitch(name, value);
            if (!isOn)
                return isOn.error();
            address.tls.isInsecure = *isOn;
        } else if (name == u"db") {
            const auto database = parseDatabase(value);
            if (!database)
                return database.error();
            address.database = *database;
        } else {
            return badUrl(u"has the unknown option \"" + name + u'"',
                          QStringLiteral("known options: db, cacert, cert, key, insecure"));
        }
    }
    if (address.tls.certFile.isEmpty() != address.tls.keyFile.isEmpty())
        return badUrl(QStringLiteral("has only one of cert and key"),
                      QStringLiteral("a client certificate needs both"));
    return {};
}

Result<void> readUnixPart(const QUrl &url, ServerAddress &address)
{
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = url.path(QUrl::FullyDecoded);
    if (!url.host().isEmpty() || !address.endpoint.path.startsWith(u'/'))
        return badUrl(QStringLiteral("names no absolute socket path"),
                      QStringLiteral("write three slashes: redis+unix:///run/redis/redis.sock"));
    return {};
}

Result<void> readTcpPart(const QUrl &url, ServerAddress &address)
{
    if (url.host().isEmpty())
        return badUrl(QStringLiteral("names no host"));
    if (url.port() == 0)
        return badUrl(QStringLiteral("names port 0"), QStringLiteral("ports are 1 to 65535"));
    address.endpoint.host = url.host(QUrl::FullyDecoded);
    address.endpoint.port = static_cast<quint16>(url.port(6379));
    const QString path = url.path(QUrl::FullyDecoded);
    if (path.size() > 1) {
        const auto database = parseDatabase(path.mid(1));
        if (!database)
            return database.error();
        address.database = *database;
    }
    return {};
}

} // namespace

QString ServerAddress::displayUrl() const
{
    const QString account = user.isEmpty() ? QString() : QString(user + u'@');
    if (endpoint.kind == Endpoint::Kind::Unix) {
        const QString suffix = database == 0 ? QString() : u"?db=" + QString::number(database);
        return u"redis+unix://" + account + endpoint.path + suffix;
    }
    const QString scheme = tls.isEnabled ? QStringLiteral("rediss://") : QStringLiteral("redis://");
    return scheme + account + endpoint.toString() + u'/' + QString::number(database);
}

Result<ServerAddress> parseServerUrl(const QString &text)
{
    if (text.trimmed().isEmpty())
        return badUrl(QStringLiteral("is empty"));
    if (!text.contains(u"://"))
        return badUrl(QStringLiteral("has no scheme"),
                      QStringLiteral("put redis:// in front of it, or rediss:// for TLS, or "
                                     "redis+unix:// before the path of a socket"));
    // QUrl's own error text would repeat the URL, and with it the password.
    const QUrl url(text.trimmed(), QUrl::StrictMode);
    if (!url.isValid())
        return badUrl(QStringLiteral("is malformed"),
                      QStringLiteral("percent-encode special characters of the password (# is "
                                     "%23, @ is %40, / is %2F); ports are 1 to 65535"));
    if (url.hasFragment())
        return badUrl(QStringLiteral("has a part after #"),
                      QStringLiteral("percent-encode # in the password as %23"));
    const QString scheme = url.scheme();
    ServerAddress address;
    address.tls.isEnabled = scheme == u"rediss";
    address.user = url.userName(QUrl::FullyDecoded);
    address.password = Secret(url.password(QUrl::FullyDecoded).toUtf8());
    Result<void> part;
    if (scheme == u"redis" || scheme == u"rediss")
        part = readTcpPart(url, address);
    else if (scheme == u"redis+unix" || scheme == u"unix")
        part = readUnixPart(url, address);
    else
        part = badUrl(u"has the unknown scheme " + scheme + u"://");
    if (part)
        part = readQuery(url, address);
    if (!part)
        return part.error();
    return address;
}

} // namespace lockkeeper::redis
