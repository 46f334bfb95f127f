// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tunnelspec.h"

#include "core/text.h"

#include <QUrl>

#include <algorithm>

namespace lockkeeper::app {

namespace {

constexpr QLatin1StringView kScheme("ssh://");

Error refused(const QString &why, const QString &hint)
{
    return {ErrorCode::InvalidInput, u"this is no host for an SSH tunnel: " + why, hint};
}

QString howToWrite()
{
    return QStringLiteral("write host, user@host, ssh://user@host:port or an alias of "
                          "~/.ssh/config");
}

/// Names end up in the user's ProxyCommand and "Match exec", which a shell runs: what means
/// something to it is refused, as newer versions of ssh do themselves.
bool isPlain(const QString &name, QLatin1StringView refusedSigns)
{
    return !name.startsWith(u'-') &&
           std::none_of(name.cbegin(), name.cend(), [refusedSigns](QChar c) {
               return c.isSpace() || !c.isPrint() || refusedSigns.contains(c);
           });
}

bool isHost(const QString &name)
{
    return !name.isEmpty() && isPlain(name, QLatin1StringView("'`\"$\\;&<>|(){},/?#@"));
}

bool isUser(const QString &name)
{
    return !name.isEmpty() && isPlain(name, QLatin1StringView("'`\";&<>|(){}")) &&
           !name.endsWith(u'\\');
}

/// "[v6]:22" and "host:22", of an ssh:// address.
struct HostAndPort
{
    QString host;
    QString port; ///< null: none was given
};

HostAndPort split(const QString &text)
{
    const qsizetype bracket = text.startsWith(u'[') ? text.indexOf(u']') : -1;
    const qsizetype colon = text.indexOf(u':', bracket + 1);
    HostAndPort parts{.host = colon < 0 ? text : text.left(colon)};
    if (colon >= 0)
        parts.port = text.mid(colon + 1);
    if (bracket > 0 && bracket == parts.host.size() - 1)
        parts.host = parts.host.mid(1, bracket - 1);
    return parts;
}

Result<TunnelSpec> assembled(const QString &user, bool hasUser, const QString &host)
{
    if (hasUser && !isUser(user))
        return refused(u"the user \"" + printable(user.toUtf8()) + u'"', howToWrite());
    if (!isHost(host))
        return refused(host.isEmpty() ? QStringLiteral("the name of the host is missing")
                                      : u"the host \"" + printable(host.toUtf8()) + u'"',
                       howToWrite());
    return TunnelSpec{.destination = hasUser ? QString(user + u'@' + host) : host};
}

/// A port after a plain name would be taken for a part of the name.
std::optional<Error> portInPlain(const QString &user, bool hasUser, const QString &host)
{
    const bool isAddress = host.count(u':') > 1 || host.startsWith(u'[');
    if (!host.contains(u':') || isAddress)
        return std::nullopt;
    const QString rest = (hasUser ? QString(user + u'@') : QString()) + host;
    return refused(QStringLiteral("a port is given in ssh:// addresses only"),
                   u"write ssh://" + printable(rest.toUtf8()));
}

Result<TunnelSpec> parseAddress(const QString &user, bool hasUser, const QString &text)
{
    const HostAndPort parts = split(text.endsWith(u'/') ? text.chopped(1) : text);
    Result<TunnelSpec> spec =
        assembled(QUrl::fromPercentEncoding(user.toUtf8()), hasUser, parts.host);
    if (!spec || parts.port.isNull())
        return spec;
    bool isNumber = false;
    const quint16 port = parts.port.toUShort(&isNumber);
    if (!isNumber || port == 0)
        return refused(u"the port \"" + printable(parts.port.toUtf8()) + u'"',
                       QStringLiteral("a port is a number from 1 to 65535"));
    spec->port = port;
    return spec;
}

} // namespace

QString TunnelSpec::toString() const
{
    if (!port)
        return destination;
    const qsizetype at = destination.lastIndexOf(u'@');
    const QString host = destination.mid(at + 1);
    const QString bracketed = host.contains(u':') ? QString(u'[' + host + u']') : host;
    return kScheme + destination.left(at + 1) + bracketed + u':' + QString::number(*port);
}

Result<TunnelSpec> parseTunnel(const QString &text)
{
    const bool isAddress = text.startsWith(kScheme, Qt::CaseInsensitive);
    const QString rest = isAddress ? text.mid(kScheme.size()) : text;
    const qsizetype at = rest.lastIndexOf(u'@');
    const bool hasUser = at >= 0;
    const QString user = rest.left(std::max<qsizetype>(at, 0));
    const QString host = rest.mid(at + 1);
    if (user.contains(u':')) // not repeated: it may be a password
        return refused(QStringLiteral("it has a password, or a colon in the user's name"),
                       QStringLiteral("ssh takes keys and agents; give the user's name alone"));
    if (isAddress)
        return parseAddress(user, hasUser, host);
    if (const auto error = portInPlain(user, hasUser, host))
        return *error;
    return assembled(user, hasUser, host);
}

} // namespace lockkeeper::app
