// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sshwords.h"

#include "core/text.h"

#include <algorithm>
#include <array>

namespace lockkeeper::app {

namespace {

constexpr qsizetype kMostLines = 20;
constexpr qsizetype kLongestLine = 4096;

/// What -v adds, apart from the lines that begin with "debug1:"; the second part, and news that is
/// no reason for anything.
constexpr std::array kChatter{
    QLatin1StringView("debug"),
    QLatin1StringView("OpenSSH_"),
    QLatin1StringView("Authenticated to "),
    QLatin1StringView("Transferred: "),
    QLatin1StringView("Bytes per second: "),
    QLatin1StringView("Warning: Permanently added "),
    QLatin1StringView("Killed by signal"),
};

/// Without the frame of @ around ssh's loudest warnings, and without a full stop.
QString bare(QString line)
{
    const auto isFrame = [](QChar c) { return c == u'@' || c.isSpace(); };
    while (!line.isEmpty() && (isFrame(line.back()) || line.back() == u'.'))
        line.chop(1);
    const auto *begin = std::find_if_not(line.cbegin(), line.cend(), isFrame);
    return line.mid(begin - line.cbegin());
}

bool isChatter(const QString &line)
{
    return bare(line).isEmpty() ||
           std::any_of(kChatter.begin(), kChatter.end(),
                       [&line](auto begin) { return line.startsWith(begin); });
}

/// A line of ssh that tells why, the kind of failure, and the way out ("%1" is the destination).
struct Reason
{
    QLatin1StringView words;
    ErrorCode code;
    const char16_t *hint;
};

/// The first that is found counts: the more telling ones come first.
constexpr std::array kReasons{
    Reason{QLatin1StringView("REMOTE HOST IDENTIFICATION HAS CHANGED"), ErrorCode::Untrusted,
           u"the host shows another key than before, so somebody may be listening in; only if its "
           u"administrator confirms the new key, remove the old one by \"ssh-keygen -R\""},
    Reason{QLatin1StringView("REVOKED HOST KEY"), ErrorCode::Untrusted,
           u"the host's key is marked as revoked in known_hosts; ask its administrator"},
    Reason{QLatin1StringView("Host key verification failed"), ErrorCode::Untrusted,
           u"this host's key is not known yet: run \"ssh %1\" in a terminal once, and compare the "
           u"fingerprint that it shows"},
    Reason{QLatin1StringView("Permission denied ("), ErrorCode::NotPermitted,
           u"load your key by ssh-add, name the user as in user@host, and see whether \"ssh %1\" "
           u"works in a terminal"},
    Reason{QLatin1StringView("Too many authentication failures"), ErrorCode::NotPermitted,
           u"the agent offers too many keys: name the right one by IdentityFile and "
           u"\"IdentitiesOnly yes\" in ~/.ssh/config"},
    Reason{QLatin1StringView("Could not resolve hostname"), ErrorCode::CannotConnect,
           u"check how the host is written, and whether ~/.ssh/config has that alias"},
    Reason{QLatin1StringView("Connection refused"), ErrorCode::CannotConnect,
           u"check the port of the SSH server, and whether it runs"},
    Reason{QLatin1StringView("timed out"), ErrorCode::CannotConnect,
           u"the host does not answer: check the network, the VPN and the firewall"},
    Reason{QLatin1StringView("No route to host"), ErrorCode::CannotConnect,
           u"check the network and the VPN"},
    Reason{QLatin1StringView("Network is unreachable"), ErrorCode::CannotConnect,
           u"check the network and the VPN"},
    Reason{QLatin1StringView("ad configuration option"), ErrorCode::InvalidInput,
           u"correct ~/.ssh/config; \"ssh %1\" in a terminal says the same"},
    Reason{QLatin1StringView("Bad owner or permissions"), ErrorCode::InvalidInput,
           u"~/.ssh/config may be written by its owner only: chmod 600"},
    Reason{QLatin1StringView("Could not request local forwarding"), ErrorCode::CannotConnect,
           u"a LocalForward of ~/.ssh/config may be open in another session already"},
};

} // namespace

void SshWords::take(const QByteArray &bytes)
{
    m_rest += bytes;
    qsizetype begin = 0;
    for (qsizetype end = m_rest.indexOf('\n'); end >= 0; end = m_rest.indexOf('\n', begin)) {
        takeLine(printable(m_rest.mid(begin, end - begin).trimmed()));
        begin = end + 1;
    }
    m_rest = m_rest.mid(begin);
    if (m_rest.size() > kLongestLine)
        m_rest.clear();
}

// ssh asks for the forwards before it enters its session, and ends if one cannot be had.
void SshWords::takeLine(const QString &line)
{
    if (line.startsWith(u"debug1: Entering interactive session"))
        m_areForwardsOpen = true;
    if (isChatter(line))
        return;
    m_said.append(line);
    if (m_said.size() > kMostLines)
        m_said.removeFirst();
}

bool SshWords::isTaken(const QList<quint16> &ports) const
{
    return std::any_of(ports.begin(), ports.end(), [this](quint16 port) {
        const QString words = QStringLiteral("cannot listen to port: %1").arg(port);
        return std::any_of(m_said.begin(), m_said.end(),
                           [&words](const QString &line) { return line.endsWith(words); });
    });
}

Error tunnelFailure(const QString &destination, const QStringList &said)
{
    const QString begin = u"no SSH tunnel by " + destination + u": ";
    for (const Reason &reason : kReasons) {
        const QStringList lines = said.filter(reason.words);
        if (!lines.isEmpty())
            return {reason.code, begin + bare(lines.last()),
                    QString::fromUtf16(reason.hint).replace(QStringLiteral("%1"), destination)};
    }
    return {ErrorCode::CannotConnect,
            begin +
                (said.isEmpty() ? QStringLiteral("ssh ended without a word") : bare(said.last())),
            u"see whether \"ssh " + destination + u"\" works in a terminal"};
}

} // namespace lockkeeper::app
