// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/owner.h"

#include "core/text.h"
#include "locks/tokens.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>

namespace lockkeeper::locks {

namespace {

/// Docker's classic bridge builds a container's MAC from its IPv4 address.
constexpr std::uint64_t kDockerMac = 0x0242;
constexpr qsizetype kLongestLabel = 120;

QString macText(std::uint64_t node)
{
    QStringList octets;
    for (int shift = 40; shift >= 0; shift -= 8)
        octets << QString::number(node >> unsigned(shift) & 0xFFU, 16).rightJustified(2, u'0');
    return octets.join(u':');
}

QString ipv4Text(std::uint64_t node)
{
    QStringList octets;
    for (int shift = 24; shift >= 0; shift -= 8)
        octets << QString::number(node >> unsigned(shift) & 0xFFU);
    return octets.join(u'.');
}

QString nodeLabel(const Uuid1 &uuid)
{
    QString label = macText(uuid.node);
    if (uuid.node >> 32U == kDockerMac)
        label += u" (Docker " + ipv4Text(uuid.node) + u')';
    else if (uuid.isRandomNode())
        label += u" (random node)";
    return label;
}

bool isUuid4(const QString &text)
{
    static const QRegularExpression form(
        // \g{1}: all dashes or none
        QStringLiteral("^[0-9a-f]{8}(-?)[0-9a-f]{4}\\g{1}4[0-9a-f]{3}\\g{1}[89ab][0-9a-f]{3}"
                       "\\g{1}[0-9a-f]{12}$"),
        QRegularExpression::CaseInsensitiveOption);
    return form.match(text).hasMatch();
}

/// ShedLock says itself who wrote the token; other libraries' tokens could be anybody's.
QString shedLockLabel(const QString &text)
{
    static const QRegularExpression form(QStringLiteral(
        "^ADDED:\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?Z@(\\S.*)$"));
    const QRegularExpressionMatch match = form.match(text);
    return match.hasMatch() ? QString(match.captured(1) + u" (ShedLock)") : QString();
}

Owner uuid1Owner(const Uuid1 &uuid, const NodeNames &names)
{
    Owner owner;
    owner.kind = TokenKind::Uuid1;
    owner.nodeId = QString::number(qulonglong(uuid.node), 16).rightJustified(12, u'0');
    owner.worker = QString::number(uuid.clockSeq, 16).rightJustified(4, u'0');
    owner.calledAt = uuid.time;
    owner.label = names.value(owner.nodeId).trimmed();
    owner.confidence = owner.label.isEmpty() ? Confidence::Likely : Confidence::Sure;
    if (owner.label.isEmpty())
        owner.label = nodeLabel(uuid);
    return owner;
}

} // namespace

Owner decodeOwner(const Token &token, WallTime now, const NodeNames &names)
{
    if (const auto uuid = decodeUuid1(token, now))
        return uuid1Owner(*uuid, names);

    const QString text = QString::fromUtf8(token.bytes());
    Owner owner;
    if (printable(token.bytes()) != text) {
        owner.kind = TokenKind::Binary;
        owner.label = shortened(QString::fromLatin1(token.bytes().toHex()));
        return owner;
    }
    owner.kind = isUuid4(text) ? TokenKind::Uuid4 : TokenKind::Text;
    if (owner.kind == TokenKind::Uuid4)
        owner.label = shortened(text);
    else if (text.trimmed().isEmpty())
        owner.label = text.isEmpty() ? QStringLiteral("(empty)") : QStringLiteral("(blank)");
    else if (owner.label = shedLockLabel(text); !owner.label.isEmpty())
        owner.confidence = Confidence::Likely;
    else
        owner.label = shortened(text, kLongestLabel - 20, 20);
    return owner;
}

std::optional<QString> nodeIdFromText(const QString &written)
{
    constexpr qsizetype kDigits = 12;
    QString id = written.toLower();
    id.remove(u':').remove(u'-');
    const bool isHex = std::ranges::all_of(
        id, [](QChar c) { return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f'); });
    return isHex && id.size() == kDigits ? std::optional(id) : std::nullopt;
}

QLatin1StringView name(TokenKind kind)
{
    switch (kind) {
    case TokenKind::Uuid1:
        return QLatin1StringView("uuid1");
    case TokenKind::Uuid4:
        return QLatin1StringView("uuid4");
    case TokenKind::Text:
        return QLatin1StringView("text");
    case TokenKind::Binary:
        return QLatin1StringView("binary");
    }
    Q_UNREACHABLE();
}

QLatin1StringView name(Confidence confidence)
{
    switch (confidence) {
    case Confidence::Sure:
        return QLatin1StringView("sure");
    case Confidence::Likely:
        return QLatin1StringView("likely");
    case Confidence::Opaque:
        return QLatin1StringView("opaque");
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::locks
