// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/target.h"

#include "core/text.h"
#include "redis/deploymenturl.h"

namespace lockkeeper::app {

namespace {

const QString kLoopback = QStringLiteral("127.0.0.1");

/// A text and where it came from, for messages.
struct Given
{
    QString text;
    QString origin;
};

Error invalid(const QString &what, const QString &hint)
{
    return {ErrorCode::InvalidInput, what, hint};
}

Error at(const QString &origin, const Error &error)
{
    return {error.code, origin + u": " + error.what, error.hint};
}

Given firstOf(const QString &option, const QString &optionName, const QStringList &variables,
              const QProcessEnvironment &environment)
{
    if (!option.isEmpty())
        return {option, optionName};
    for (const QString &variable : variables) {
        const QString text = environment.value(variable);
        if (!text.isEmpty())
            return {text, variable};
    }
    return {};
}

/// What a pair of variables says, or of another pair of the same meaning.
struct HostVariables
{
    QString hostName;
    QString portName;
    QString host;
    QString port;

    HostVariables(const QString &prefix, const QProcessEnvironment &environment)
        : hostName(prefix + u"HOST")
        , portName(prefix + u"PORT")
        , host(environment.value(hostName))
        , port(environment.value(portName))
    {}
    [[nodiscard]] bool isEmpty() const { return host.isEmpty() && port.isEmpty(); }
    [[nodiscard]] Result<Endpoint> endpoint() const
    {
        Endpoint endpoint;
        if (!host.isEmpty())
            endpoint.host = host;
        if (port.isEmpty())
            return endpoint;
        bool isNumber = false;
        const uint number = port.toUInt(&isNumber);
        if (!isNumber || number == 0 || number > 65535)
            return invalid(portName + u": \"" + port + u"\" is no port",
                           QStringLiteral("set it to a number from 1 to 65535"));
        endpoint.port = static_cast<quint16>(number);
        return endpoint;
    }
};

bool isSwitchedOn(const QString &text)
{
    const QString word = text.trimmed().toLower();
    return word == u"1" || word == u"true" || word == u"yes" || word == u"on";
}

/// The variables of chat back ends. Releases that use a cluster may still find those of its
/// predecessor; they pin each node to the host that is given, unless they are told to use the
/// addresses that the nodes announce.
Result<redis::Deployment> serverOfBackEnd(const QProcessEnvironment &environment)
{
    const HostVariables single(QStringLiteral("REDIS_"), environment);
    const HostVariables cluster(QStringLiteral("REDIS_CLUSTER_"), environment);
    if (single.isEmpty() && cluster.isEmpty())
        return invalid(QStringLiteral("no Redis server was given"),
                       QStringLiteral("give --url redis://host:6379, or set LOCKKEEPER_URL, "
                                      "REDIS_HOST or REDIS_CLUSTER_HOST"));
    const bool isCluster = !cluster.host.isEmpty() || single.isEmpty();
    const Result<Endpoint> endpoint = (isCluster ? cluster : single).endpoint();
    if (!endpoint)
        return endpoint.error();
    redis::Deployment server;
    server.node.endpoint = *endpoint;
    server.node.password = Secret(environment.value(QStringLiteral("REDIS_PASSWORD")).toUtf8());
    if (isCluster) {
        server.kind = redis::Deployment::Kind::Cluster;
        server.seeds = {*endpoint};
        server.pinsHost =
            !isSwitchedOn(environment.value(QStringLiteral("REDIS_USE_ANNOUNCED_ADDRESS")));
    }
    return server;
}

Result<redis::Deployment> resolveServer(const QString &option,
                                        const QProcessEnvironment &environment)
{
    const Given url =
        firstOf(option, QStringLiteral("--url"), {QStringLiteral("LOCKKEEPER_URL")}, environment);
    Result<redis::Deployment> server =
        url.text.isEmpty() ? serverOfBackEnd(environment) : redis::parseDeploymentUrl(url.text);
    if (!server)
        return url.text.isEmpty() ? server.error() : at(url.origin, server.error());
    // Where the address has a password of its own it is the right one; REDIS_PASSWORD belongs to
    // the host of its variables, and must not be sent to another server.
    const QString own = environment.value(QStringLiteral("LOCKKEEPER_REDIS_PASSWORD"));
    if (!own.isEmpty() && (url.text.isEmpty() || server->node.password.isEmpty()))
        server->node.password = Secret(own.toUtf8());
    const QString ofSentinels = environment.value(QStringLiteral("LOCKKEEPER_SENTINEL_PASSWORD"));
    if (server->kind == redis::Deployment::Kind::Sentinel && server->sentinelPassword.isEmpty())
        server->sentinelPassword = Secret(ofSentinels.toUtf8());
    return server;
}

Result<std::optional<sessions::Dsn>> resolveDatabase(const QString &option,
                                                     const QProcessEnvironment &environment)
{
    const Given dsn =
        firstOf(option, QStringLiteral("--db"),
                {QStringLiteral("LOCKKEEPER_DB"), QStringLiteral("DATABASE_URL")}, environment);
    if (dsn.text.isEmpty())
        return std::optional<sessions::Dsn>{};
    const Result<sessions::Dsn> parsed = sessions::parseDsn(dsn.text);
    if (!parsed)
        return at(dsn.origin, parsed.error());
    return std::optional(*parsed);
}

Result<void> checkPrefixes(const TargetInput &input, const locks::LockFamily &family)
{
    if (family.lockPrefix.isEmpty())
        return invalid(QStringLiteral("--lock-prefix: the prefix is empty"),
                       QStringLiteral("give what lock keys begin with, such as "
                                      "chat:session_lock:"));
    if (family.sessionPrefix.isEmpty())
        return invalid(QStringLiteral("--session-prefix: the prefix is empty"),
                       QStringLiteral("give what the keys of cached sessions begin with, such as "
                                      "chat:session:"));
    const Result<void> whole = family.check();
    if (whole)
        return {};
    QStringList origins;
    if (input.lockPrefix)
        origins.append(QStringLiteral("--lock-prefix"));
    if (input.sessionPrefix)
        origins.append(QStringLiteral("--session-prefix"));
    return origins.isEmpty() ? whole : at(origins.join(u", "), whole.error());
}

Result<locks::LockFamily> resolveFamily(const TargetInput &input)
{
    const QString name = input.family.isEmpty() ? QStringLiteral("chat") : input.family;
    Result<locks::LockFamily> family = locks::builtInFamily(name);
    if (!family)
        return at(QStringLiteral("--family"), family.error());
    if (input.lease) {
        const Result<milliseconds> lease = parseSpan(*input.lease);
        if (!lease)
            return at(QStringLiteral("--lease"), lease.error());
        if (*lease <= milliseconds::zero())
            return invalid(QStringLiteral("--lease: a lease of nothing is none"),
                           QStringLiteral("give the lease that the back end uses, such as 60s"));
        family->lease = *lease;
    }
    if (input.lockPrefix || input.sessionPrefix) {
        family->name = QStringLiteral("custom");
        family->lockPrefix = input.lockPrefix ? input.lockPrefix->toUtf8() : family->lockPrefix;
        family->sessionPrefix =
            input.sessionPrefix ? input.sessionPrefix->toUtf8() : family->sessionPrefix;
    }
    const Result<void> prefixes = checkPrefixes(input, *family);
    if (!prefixes)
        return prefixes.error();
    return family;
}

} // namespace

bool isServerGiven(const TargetInput &input, const QProcessEnvironment &environment)
{
    return !input.url.isEmpty() || !environment.value(QStringLiteral("LOCKKEEPER_URL")).isEmpty() ||
           !HostVariables(QStringLiteral("REDIS_"), environment).isEmpty() ||
           !HostVariables(QStringLiteral("REDIS_CLUSTER_"), environment).isEmpty();
}

Result<Target> resolveTarget(const TargetInput &input, const QProcessEnvironment &environment)
{
    const Result<locks::LockFamily> family = resolveFamily(input);
    if (!family)
        return family.error();
    const Result<redis::Deployment> server = resolveServer(input.url, environment);
    if (!server)
        return server.error();
    const Result<std::optional<sessions::Dsn>> database =
        resolveDatabase(input.database, environment);
    if (!database)
        return database.error();

    Target target;
    target.name = server->displayUrl();
    target.server = *server;
    target.database = *database;
    target.family = *family;
    target.isReadOnly = input.isReadOnly;
    return target;
}

bool Target::opensReadOnly() const
{
    return isReadOnly || guardrails.isProduction() || guardrails.scope == Scope::ReadOnly ||
           !guardrails.doubt.isEmpty();
}

redis::Deployment Target::reachableServer() const
{
    redis::Deployment reachable = server;
    if (!route)
        return reachable;
    redis::ServerAddress &node = reachable.node;
    node.tls.peerName = node.endpoint.host;
    node.endpoint.host = kLoopback;
    node.endpoint.port = route->redisPort;
    return reachable;
}

std::optional<sessions::Dsn> Target::reachableDatabase() const
{
    std::optional<sessions::Dsn> reachable = database;
    if (route && route->databasePort > 0) {
        reachable->hostAddress = kLoopback;
        reachable->port = route->databasePort;
    }
    return reachable;
}

QString placeOf(const Target &target)
{
    QString place = target.server.place() + u'/' + QString::number(target.server.node.database);
    if (!target.database)
        return place;
    const sessions::Dsn &dsn = *target.database;
    if (dsn.kind == sessions::Dsn::Kind::Sqlite)
        return place + u' ' + dsn.path;
    return place + u' ' + dsn.host + u':' + QString::number(dsn.port) + u'/' + dsn.database + u'/' +
           dsn.schema;
}

QString editableDsn(const sessions::Dsn &database)
{
    const QString text = database.displayText();
    if (database.kind == sessions::Dsn::Kind::Sqlite ||
        database.connectTimeout == sessions::Dsn().connectTimeout)
        return text;
    return text + (text.contains(u'?') ? u'&' : u'?') + u"connect_timeout=" +
           QString::number(database.connectTimeout.count());
}

} // namespace lockkeeper::app
