// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/target.h"

#include "core/text.h"

#include <QUrl>
#include <QUrlQuery>

namespace lockkeeper::app {

namespace {

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

Result<redis::ServerAddress> serverOfBackEnd(const QProcessEnvironment &environment)
{
    const QString host = environment.value(QStringLiteral("REDIS_HOST"));
    const QString port = environment.value(QStringLiteral("REDIS_PORT"));
    if (host.isEmpty() && port.isEmpty())
        return invalid(QStringLiteral("no Redis server was given"),
                       QStringLiteral("give --url redis://host:6379, or set LOCKKEEPER_URL or "
                                      "REDIS_HOST"));
    redis::ServerAddress server;
    if (!host.isEmpty())
        server.endpoint.host = host;
    if (!port.isEmpty()) {
        bool isNumber = false;
        const uint number = port.toUInt(&isNumber);
        if (!isNumber || number == 0 || number > 65535)
            return invalid(u"REDIS_PORT: \"" + port + u"\" is no port",
                           QStringLiteral("set it to a number from 1 to 65535"));
        server.endpoint.port = static_cast<quint16>(number);
    }
    server.password = Secret(environment.value(QStringLiteral("REDIS_PASSWORD")).toUtf8());
    return server;
}

Result<redis::ServerAddress> resolveServer(const QString &option,
                                           const QProcessEnvironment &environment)
{
    const Given url =
        firstOf(option, QStringLiteral("--url"), {QStringLiteral("LOCKKEEPER_URL")}, environment);
    Result<redis::ServerAddress> server =
        url.text.isEmpty() ? serverOfBackEnd(environment) : redis::parseServerUrl(url.text);
    if (!server)
        return url.text.isEmpty() ? server.error() : at(url.origin, server.error());
    // Where the address has a password of its own it is the right one; REDIS_PASSWORD belongs to
    // REDIS_HOST, and must not be sent to another server.
    const QString own = environment.value(QStringLiteral("LOCKKEEPER_REDIS_PASSWORD"));
    if (!own.isEmpty() && (url.text.isEmpty() || server->password.isEmpty()))
        server->password = Secret(own.toUtf8());
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

Result<Target> resolveTarget(const TargetInput &input, const QProcessEnvironment &environment)
{
    const Result<locks::LockFamily> family = resolveFamily(input);
    if (!family)
        return family.error();
    const Result<redis::ServerAddress> server = resolveServer(input.url, environment);
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

QString placeOf(const Target &target)
{
    QString place =
        target.server.endpoint.toString() + u'/' + QString::number(target.server.database);
    if (!target.database)
        return place;
    const sessions::Dsn &dsn = *target.database;
    if (dsn.kind == sessions::Dsn::Kind::Sqlite)
        return place + u' ' + dsn.path;
    return place + u' ' + dsn.host + u':' + QString::number(dsn.port) + u'/' + dsn.database + u'/' +
           dsn.schema;
}

QString editableUrl(const redis::ServerAddress &server)
{
    QUrl url;
    QUrlQuery options;
    const auto add = [&options](const QString &name, const QString &value) {
        if (!value.isEmpty())
            options.addQueryItem(name, QString::fromLatin1(QUrl::toPercentEncoding(value, "/")));
    };
    const QString database = QString::number(server.database);
    if (server.endpoint.kind == Endpoint::Kind::Unix) {
        url.setScheme(QStringLiteral("redis+unix"));
        url.setHost(QStringLiteral(""));
        url.setPath(server.endpoint.path, QUrl::DecodedMode);
        add(QStringLiteral("db"), server.database == 0 ? QString() : database);
    } else {
        url.setScheme(server.tls.isEnabled ? QStringLiteral("rediss") : QStringLiteral("redis"));
        url.setHost(server.endpoint.host, QUrl::DecodedMode);
        url.setPort(server.endpoint.port);
        url.setPath(u'/' + database);
    }
    if (!server.user.isEmpty())
        url.setUserName(server.user, QUrl::DecodedMode);
    add(QStringLiteral("cacert"), server.tls.caFile);
    add(QStringLiteral("cert"), server.tls.certFile);
    add(QStringLiteral("key"), server.tls.keyFile);
    if (server.tls.isInsecure)
        add(QStringLiteral("insecure"), QStringLiteral("1"));
    if (!options.isEmpty())
        url.setQuery(options);
    return url.toString(QUrl::FullyEncoded);
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
