// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/deploymenturl.h"

#include <QRegularExpression>
#include <QStringList>
#include <QUrl>
#include <QUrlQuery>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

constexpr int kSentinelPort = 26379;

Error badUrl(const QString &what, const QString &hint)
{
    return {ErrorCode::InvalidInput, u"the Redis URL " + what, hint};
}

Error malformed()
{
    return badUrl(QStringLiteral("is malformed"),
                  QStringLiteral("percent-encode special characters of the password (# is %23, @ "
                                 "is %40, / is %2F, ? is %3F) and of options"));
}

/// A URL that names several hosts, in its parts; QUrl knows only one host.
struct UrlParts
{
    QString login; ///< "user:password@" as it was written, or nothing
    QStringList hosts;
    QString path; ///< without its slash
    QUrlQuery query;
};

Result<UrlParts> split(const QString &text)
{
    const QString rest = text.mid(text.indexOf(u"://") + 3);
    const qsizetype authorityEnd =
        std::min<qsizetype>({rest.size(), rest.indexOf(u'/') < 0 ? rest.size() : rest.indexOf(u'/'),
                             rest.indexOf(u'?') < 0 ? rest.size() : rest.indexOf(u'?')});
    const QString authority = rest.left(authorityEnd);
    const QString tail = rest.mid(authorityEnd);
    // An @ behind the hosts is the end of a password that was cut at its own / or ?.
    if (text.contains(u'#') || tail.contains(u'@'))
        return malformed();
    UrlParts parts;
    const qsizetype at = authority.lastIndexOf(u'@');
    parts.login = authority.left(at + 1);
    parts.hosts = authority.mid(at + 1).split(u',');
    const qsizetype question = tail.indexOf(u'?');
    const QString path = question < 0 ? tail : tail.left(question);
    parts.path = QUrl::fromPercentEncoding(path.mid(1).toUtf8());
    if (question >= 0)
        parts.query = QUrlQuery(tail.mid(question + 1));
    return parts;
}

/// Where the @ is missing, what stands for the host may be a part of the password.
QString quotedHost(const QString &text)
{
    static const QRegularExpression plain(QStringLiteral("^(?!:)[A-Za-z0-9._-]*(:[0-9]*)?$"));
    return plain.match(text).hasMatch() ? QString(u"the host \"" + text + u'"')
                                        : QStringLiteral("a host");
}

Result<Endpoint> endpointOf(const QString &text, int defaultPort)
{
    const QUrl url(u"redis://" + text, QUrl::StrictMode);
    if (text.isEmpty() || !url.isValid() || url.host().isEmpty() || url.port() == 0 ||
        !url.path().isEmpty() || url.hasQuery() || !url.userInfo().isEmpty())
        return badUrl(u"names " + quotedHost(text) + u", which is no host:port",
                      QStringLiteral("write host:port, several of them with commas between; ports "
                                     "are 1 to 65535"));
    Endpoint endpoint;
    endpoint.host = url.host(QUrl::FullyDecoded);
    endpoint.port = static_cast<quint16>(url.port(defaultPort));
    return endpoint;
}

Result<QList<Endpoint>> seedsOf(const QStringList &hosts, int defaultPort)
{
    QList<Endpoint> seeds;
    for (const QString &host : hosts) {
        const Result<Endpoint> seed = endpointOf(host, defaultPort);
        if (!seed)
            return hosts.size() == 1 && host.isEmpty()
                       ? badUrl(QStringLiteral("names no host"),
                                QStringLiteral("write host:port, several with commas between"))
                       : seed.error();
        seeds.append(*seed);
    }
    return seeds;
}

Result<QList<AddressMapping>> mappingsOf(const QString &text)
{
    QList<AddressMapping> mappings;
    for (const QString &pair : text.split(u',')) {
        const QStringList sides = pair.split(u'=');
        const Result<Endpoint> announced =
            sides.size() == 2 ? endpointOf(sides[0], 6379) : Result<Endpoint>(malformed());
        const Result<Endpoint> reachable =
            sides.size() == 2 ? endpointOf(sides[1], 6379) : Result<Endpoint>(malformed());
        if (!announced || !reachable)
            return badUrl(u"maps \"" + pair + u'"',
                          QStringLiteral("write map=announced:port=reachable:port, several with "
                                         "commas between"));
        mappings.append({*announced, *reachable});
    }
    return mappings;
}

Result<bool> switchOf(const QString &name, const QString &text)
{
    if (text == u"1" || text == u"true" || text == u"yes")
        return true;
    if (text.isEmpty() || text == u"0" || text == u"false" || text == u"no")
        return false;
    return badUrl(u"has " + name + u"=" + text, name + u" is 1 or 0");
}

/// What the options say; those that a single server has as well are left over.
struct Options
{
    bool isTls = false;
    QUrlQuery ofServer;
};

Result<void> takeOption(const QString &name, const QString &value, Deployment &deployment,
                        Options &options)
{
    const bool isSentinel = deployment.kind == Deployment::Kind::Sentinel;
    if (name == u"tls" || (name == u"pin" && !isSentinel)) {
        const Result<bool> isOn = switchOf(name, value);
        if (!isOn)
            return isOn.error();
        (name == u"tls" ? options.isTls : deployment.pinsHost) = *isOn;
    } else if (name == u"map") {
        const Result<QList<AddressMapping>> mappings = mappingsOf(value);
        if (!mappings)
            return mappings.error();
        deployment.addressMap += *mappings;
    } else if (name == u"sentinel_user" && isSentinel) {
        deployment.sentinelUser = value;
    } else if (name == u"sentinel_password" && isSentinel) {
        deployment.sentinelPassword = Secret(value.toUtf8());
    } else if (name == u"cacert" || name == u"cert" || name == u"key" || name == u"insecure" ||
               (name == u"db" && isSentinel)) {
        options.ofServer.addQueryItem(
            name, QString::fromLatin1(QUrl::toPercentEncoding(value, QByteArrayLiteral("/"))));
    } else {
        // A name without a value may be the rest of a password that has a & in it.
        return badUrl(value.isEmpty() ? QStringLiteral("has an unknown option without a value")
                                      : QString(u"has the unknown option \"" + name + u'"'),
                      isSentinel ? QStringLiteral("known options: db, sentinel_user, "
                                                  "sentinel_password, map, tls, cacert, cert, "
                                                  "key, insecure")
                                 : QStringLiteral("known options: pin, map, tls, cacert, cert, "
                                                  "key, insecure"));
    }
    return {};
}

Result<void> takePath(const QString &path, Deployment &deployment)
{
    if (deployment.kind == Deployment::Kind::Sentinel) {
        deployment.service = path;
        if (path.isEmpty())
            return badUrl(QStringLiteral("names no service"),
                          QStringLiteral("write the name that the Sentinels know the primary by "
                                         "after the hosts, such as /mymaster"));
        if (path.contains(u'/'))
            return badUrl(u"names the service \"" + path + u'"',
                          QStringLiteral("write /SERVICE?db=N for another database"));
        return {};
    }
    if (!path.isEmpty() && path != u"0")
        return badUrl(u"names the database \"" + path + u"\" of a cluster",
                      QStringLiteral("a cluster has the database 0 only"));
    return {};
}

Result<Deployment> parseSeveral(const QString &text, Deployment::Kind kind)
{
    const Result<UrlParts> parts = split(text);
    if (!parts)
        return parts.error();
    Deployment deployment;
    deployment.kind = kind;
    const int port = kind == Deployment::Kind::Sentinel ? kSentinelPort : 6379;
    const Result<QList<Endpoint>> seeds = seedsOf(parts->hosts, port);
    if (!seeds)
        return seeds.error();
    if (const auto path = takePath(parts->path, deployment); !path)
        return path.error();
    Options options;
    for (const auto &[name, value] : parts->query.queryItems(QUrl::FullyDecoded)) {
        if (const auto taken = takeOption(name, value, deployment, options); !taken)
            return taken.error();
    }
    // Login, TLS files and database read as those of one server.
    const QString scheme = options.isTls ? QStringLiteral("rediss://") : QStringLiteral("redis://");
    const QString query = options.ofServer.toString(QUrl::FullyEncoded);
    const Result<ServerAddress> node = parseServerUrl(scheme + parts->login + u"node" +
                                                      (query.isEmpty() ? QString() : u'?' + query));
    if (!node)
        return Error{
            node.error().code, node.error().what,
            QString(node.error().hint)
                .replace(QStringLiteral("use rediss:// for TLS"), QStringLiteral("add tls=1"))};
    deployment.node = *node;
    deployment.seeds = *seeds;
    deployment.node.endpoint = seeds->first();
    return deployment;
}

QString encoded(const QString &text)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(text, QByteArrayLiteral("/")));
}

QString singleUrl(const ServerAddress &server, const QStringList &options)
{
    QUrl url;
    if (server.endpoint.kind == Endpoint::Kind::Unix) {
        url.setScheme(QStringLiteral("redis+unix"));
        url.setHost(QStringLiteral(""));
        url.setPath(server.endpoint.path, QUrl::DecodedMode);
    } else {
        url.setScheme(server.tls.isEnabled ? QStringLiteral("rediss") : QStringLiteral("redis"));
        url.setHost(server.endpoint.host, QUrl::DecodedMode);
        url.setPort(server.endpoint.port);
        url.setPath(u'/' + QString::number(server.database));
    }
    if (!server.user.isEmpty())
        url.setUserName(server.user, QUrl::DecodedMode);
    if (!options.isEmpty())
        url.setQuery(options.join(u'&'));
    return url.toString(QUrl::FullyEncoded);
}

/// Hosts, service and login; with what only several servers have put before `options`.
QString severalUrl(const Deployment &deployment, QStringList options)
{
    QStringList hosts;
    for (const Endpoint &seed : deployment.seeds)
        hosts.append(seed.toString());
    QStringList mappings;
    for (const AddressMapping &mapping : deployment.addressMap)
        mappings.append(mapping.announced.toString() + u'=' + mapping.reachable.toString());
    if (!mappings.isEmpty())
        options.prepend(u"map=" + mappings.join(u','));
    if (deployment.pinsHost)
        options.prepend(QStringLiteral("pin=1"));
    if (!deployment.sentinelUser.isEmpty())
        options.prepend(u"sentinel_user=" + encoded(deployment.sentinelUser));
    if (deployment.node.tls.isEnabled)
        options.prepend(QStringLiteral("tls=1"));
    const bool isSentinel = deployment.kind == Deployment::Kind::Sentinel;
    const QString user = deployment.node.user;
    return (isSentinel ? QStringLiteral("redis+sentinel://") : QStringLiteral("redis+cluster://")) +
           (user.isEmpty() ? QString() : QString(encoded(user) + u'@')) + hosts.join(u',') +
           (isSentinel ? QString(u'/' + encoded(deployment.service)) : QString()) +
           (options.isEmpty() ? QString() : QString(u'?' + options.join(u'&')));
}

} // namespace

Result<Deployment> parseDeploymentUrl(const QString &url)
{
    const QString text = url.trimmed();
    if (text.startsWith(u"redis+sentinel://"))
        return parseSeveral(text, Deployment::Kind::Sentinel);
    if (text.startsWith(u"redis+cluster://"))
        return parseSeveral(text, Deployment::Kind::Cluster);
    const Result<ServerAddress> single = parseServerUrl(text);
    if (!single)
        return single.error();
    return Deployment(*single);
}

QString editableUrl(const Deployment &deployment)
{
    const ServerAddress &server = deployment.node;
    const bool isSingle = deployment.kind == Deployment::Kind::Single;
    QStringList options;
    const auto add = [&options](const QString &name, const QString &value) {
        if (!value.isEmpty())
            options.append(name + u'=' + encoded(value));
    };
    if (server.database != 0 && (!isSingle || server.endpoint.kind == Endpoint::Kind::Unix))
        add(QStringLiteral("db"), QString::number(server.database));
    add(QStringLiteral("cacert"), server.tls.caFile);
    add(QStringLiteral("cert"), server.tls.certFile);
    add(QStringLiteral("key"), server.tls.keyFile);
    if (server.tls.isInsecure)
        add(QStringLiteral("insecure"), QStringLiteral("1"));
    return isSingle ? singleUrl(server, options) : severalUrl(deployment, options);
}

} // namespace lockkeeper::redis
