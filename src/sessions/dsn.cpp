// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/dsn.h"

#include <QRegularExpression>
#include <QStringDecoder>
#include <QStringList>
#include <QUrl>

#include <array>

namespace lockkeeper::sessions {

namespace {

// No part of the text is repeated in an error unless it is known to be no password.
Error refused(const QString &what, const QString &hint = {})
{
    return {ErrorCode::InvalidInput, QStringLiteral("the database DSN ") + what,
            hint.isEmpty()
                ? QStringLiteral("write postgresql://user@host:5432/database or sqlite:///path")
                : hint};
}

Result<QString> decoded(QStringView text, QLatin1StringView part)
{
    static const QRegularExpression kBroken(QStringLiteral("%(?![0-9A-Fa-f]{2})"));
    if (kBroken.match(text).hasMatch())
        return refused(QStringLiteral("has a broken percent-encoding in its %1").arg(part),
                       QStringLiteral("write a literal % as %25"));
    QStringDecoder utf8(QStringConverter::Utf8, QStringConverter::Flag::Stateless);
    const QString plain = utf8(QByteArray::fromPercentEncoding(text.toUtf8()));
    if (utf8.hasError())
        return refused(
            QStringLiteral("has a percent-encoding in its %1 that is no UTF-8").arg(part));
    for (const QChar c : plain) {
        if (c.category() == QChar::Other_Control)
            return refused(QStringLiteral("has a control character in its %1").arg(part));
    }
    return plain;
}

/// The text up to `separator`, and cuts it off; all of it when there is no separator.
QStringView takeUntil(QStringView &text, QChar separator)
{
    const qsizetype at = text.indexOf(separator);
    const QStringView head = at < 0 ? text : text.left(at);
    text = at < 0 ? QStringView() : text.mid(at + 1);
    return head;
}

Result<quint16> parsePort(QStringView text)
{
    bool isNumber = false;
    const uint port = text.toUInt(&isNumber);
    if (!isNumber || port < 1 || port > 65535)
        return refused(QStringLiteral("has a port that is no number from 1 to 65535"));
    return static_cast<quint16>(port);
}

Result<void> parseHost(Dsn &dsn, QStringView text)
{
    if (text.contains(u','))
        return refused(QStringLiteral("names several hosts"), QStringLiteral("name one host"));
    QStringView host = text;
    QStringView port;
    bool hasPort = false;
    if (text.startsWith(u'[')) {
        const qsizetype end = text.indexOf(u']');
        const QStringView rest = end < 0 ? QStringView() : text.mid(end + 1);
        if (end < 2 || (!rest.isEmpty() && !rest.startsWith(u':')))
            return refused(QStringLiteral("has a host with brackets that do not close"));
        host = text.mid(1, end - 1);
        hasPort = !rest.isEmpty();
        port = rest.mid(hasPort ? 1 : 0);
    } else {
        hasPort = text.contains(u':');
        port = text;
        host = takeUntil(port, u':');
    }
    const Result<QString> name = decoded(host, QLatin1StringView("host"));
    if (!name)
        return name.error();
    dsn.host = *name;
    if (!hasPort)
        return {};
    const Result<quint16> number = parsePort(port);
    if (!number)
        return number.error();
    dsn.port = *number;
    return {};
}

Result<void> parseAuthority(Dsn &dsn, QStringView text)
{
    if (text.count(u'@') > 1)
        return refused(QStringLiteral("has more than one @ before its database"),
                       QStringLiteral("write an @ in a user name or password as %40"));
    if (text.contains(u'@')) {
        QStringView password = takeUntil(text, u'@');
        const QStringView user = takeUntil(password, u':');
        const Result<QString> name = decoded(user, QLatin1StringView("user name"));
        if (!name)
            return name.error();
        const Result<QString> secret = decoded(password, QLatin1StringView("password"));
        if (!secret)
            return secret.error();
        dsn.user = *name;
        dsn.password = Secret(secret->toUtf8());
    }
    return parseHost(dsn, text);
}

Result<void> parseConnectTimeout(Dsn &dsn, const QString &value)
{
    bool isNumber = false;
    const int seconds = value.toInt(&isNumber);
    if (!isNumber || seconds < 1 || seconds > 3600)
        return refused(
            QStringLiteral("has a connect_timeout that is no number of seconds from 1 to "
                           "3600"));
    dsn.connectTimeout = std::chrono::seconds(seconds);
    return {};
}

Result<void> parseSslMode(Dsn &dsn, const QString &value)
{
    static const QStringList kModes{QStringLiteral("disable"),   QStringLiteral("allow"),
                                    QStringLiteral("prefer"),    QStringLiteral("require"),
                                    QStringLiteral("verify-ca"), QStringLiteral("verify-full")};
    if (!kModes.contains(value))
        return refused(QStringLiteral("has an unknown sslmode"),
                       QStringLiteral("one of ") + kModes.join(QStringLiteral(", ")));
    dsn.sslMode = value;
    return {};
}

/// Settings of the back ends' own pools and drivers: they stand in DATABASE_URL and do not
/// change which database is meant or how safely it is reached.
bool isForOthers(QStringView name)
{
    static constexpr std::array kNames{u"connection_limit", u"pool_timeout",
                                       u"socket_timeout",   u"pgbouncer",
                                       u"application_name", u"statement_cache_size"};
    return std::any_of(kNames.begin(), kNames.end(),
                       [name](const char16_t *known) { return name == known; });
}

Result<void> parseParameter(Dsn &dsn, QStringView parameter)
{
    QStringView rest = parameter;
    const QStringView name = takeUntil(rest, u'=');
    const Result<QString> value = decoded(rest, QLatin1StringView("parameters"));
    if (!value)
        return value.error();
    if (isForOthers(name))
        return {};
    if (name == u"schema") {
        if (value->isEmpty())
            return refused(QStringLiteral("has an empty schema"));
        dsn.schema = *value;
        return {};
    }
    if (name == u"host") {
        if (value->isEmpty())
            return refused(QStringLiteral("has an empty host parameter"));
        dsn.host = *value;
        return {};
    }
    if (name == u"connect_timeout")
        return parseConnectTimeout(dsn, *value);
    if (name == u"sslmode")
        return parseSslMode(dsn, *value);
    static const QRegularExpression kWord(QStringLiteral("^[a-z_]{1,30}$"));
    return refused(kWord.match(name).hasMatch()
                       ? QStringLiteral("has the parameter %1, which is not known here").arg(name)
                       : QStringLiteral("has a parameter that is not known here"),
                   QStringLiteral("known are schema, connect_timeout, sslmode and host"));
}

Result<Dsn> parsePostgreSql(QStringView text)
{
    Dsn dsn;
    dsn.kind = Dsn::Kind::PostgreSql;
    if (text.contains(u'#'))
        return refused(QStringLiteral("has a # in it"),
                       QStringLiteral("write a # in a password as %23"));
    QStringView query = text;
    QStringView path = takeUntil(query, u'?');
    const QStringView authority = takeUntil(path, u'/');
    if (const Result<void> parsed = parseAuthority(dsn, authority); !parsed)
        return parsed.error();
    const Result<QString> database = decoded(path, QLatin1StringView("database name"));
    if (!database)
        return database.error();
    if (database->isEmpty())
        return refused(QStringLiteral("names no database"));
    if (path.contains(u'/'))
        return refused(QStringLiteral("has a / in the name of its database"),
                       QStringLiteral("write a / in a name or password as %2F"));
    dsn.database = *database;
    while (!query.isEmpty()) {
        if (const Result<void> parsed = parseParameter(dsn, takeUntil(query, u'&')); !parsed)
            return parsed.error();
    }
    return dsn;
}

Result<Dsn> parseSqlite(QStringView text)
{
    if (text.startsWith(u"//")) {
        text = text.mid(2);
        if (!text.startsWith(u'/'))
            return refused(QStringLiteral("has a host in front of its SQLite file"),
                           QStringLiteral("write sqlite:///absolute/path or sqlite:relative/path"));
    }
    if (text.contains(u'?') || text.contains(u'#'))
        return refused(QStringLiteral("has parameters, and SQLite files take none"),
                       QStringLiteral("write ? and # in a path as %3F and %23"));
    const Result<QString> path = decoded(text, QLatin1StringView("path"));
    if (!path)
        return path.error();
    if (path->isEmpty() || path->endsWith(u'/') || path->startsWith(u':'))
        return refused(QStringLiteral("names no SQLite file"));
    Dsn dsn;
    dsn.path = *path;
    return dsn;
}

QString encoded(const QString &text)
{
    return QString::fromLatin1(QUrl::toPercentEncoding(text));
}

} // namespace

QString Dsn::displayText() const
{
    if (kind == Kind::Sqlite) {
        const QString file = QString::fromLatin1(QUrl::toPercentEncoding(path, "/"));
        return (path.startsWith(u'/') ? QStringLiteral("sqlite://") : QStringLiteral("sqlite:")) +
               file;
    }
    const bool isSocket = host.startsWith(u'/');
    QString text = QStringLiteral("postgresql://");
    if (!user.isEmpty())
        text += encoded(user) + u'@';
    if (!isSocket)
        text += host.contains(u':') ? QString(u'[' + host + u']') : encoded(host);
    if (port != 5432)
        text += u':' + QString::number(port);
    text += u'/' + encoded(database);
    QStringList parameters;
    if (isSocket)
        parameters +=
            QStringLiteral("host=") + QString::fromLatin1(QUrl::toPercentEncoding(host, "/"));
    if (!schema.isEmpty())
        parameters += QStringLiteral("schema=") + encoded(schema);
    if (!sslMode.isEmpty())
        parameters += QStringLiteral("sslmode=") + sslMode;
    if (!parameters.isEmpty())
        text += u'?' + parameters.join(u'&');
    return text;
}

Result<Dsn> parseDsn(const QString &text)
{
    const QString trimmed = text.trimmed();
    for (const QStringView scheme : {QStringView(u"postgresql://"), QStringView(u"postgres://")}) {
        if (trimmed.startsWith(scheme, Qt::CaseInsensitive))
            return parsePostgreSql(QStringView(trimmed).mid(scheme.size()));
    }
    if (trimmed.startsWith(u"sqlite:", Qt::CaseInsensitive))
        return parseSqlite(QStringView(trimmed).mid(7));
    return refused(trimmed.isEmpty() ? QStringLiteral("is empty")
                                     : QStringLiteral("is neither postgresql:// nor sqlite:"));
}

} // namespace lockkeeper::sessions
