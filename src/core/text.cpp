// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"

#include <QDateTime>
#include <QRegularExpression>
#include <QStringDecoder>
#include <QTimeZone>

namespace lockkeeper {

using namespace std::chrono_literals;

namespace {

bool isPrintable(QStringView text)
{
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (c.isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            ++i;
            continue;
        }
        // Bidirectional controls and line separators could make one id look like another.
        if (c.isSurrogate() || c.category() == QChar::Other_Control ||
            c.category() == QChar::Other_Format || c.category() == QChar::Separator_Line ||
            c.category() == QChar::Separator_Paragraph)
            return false;
    }
    return true;
}

QString hexEscape(uchar byte)
{
    return QStringLiteral("\\x") + QString::number(byte, 16).rightJustified(2, u'0');
}

/// Number, decimals and unit.
milliseconds spanOf(const QRegularExpressionMatch &part)
{
    const QString unit = part.captured(3);
    milliseconds scale = 1s;
    if (unit == u"ms")
        scale = 1ms;
    else if (unit == u"m" || unit == u"min")
        scale = 1min;
    else if (unit == u"h")
        scale = 1h;
    else if (unit == u"d")
        scale = 24h;
    const qint64 whole = part.captured(1).toLongLong();
    const qint64 thousandths = part.captured(2).leftJustified(3, u'0').toLongLong();
    return milliseconds(whole * scale.count() + thousandths * scale.count() / 1000);
}

} // namespace

QString printable(const QByteArray &bytes)
{
    QStringDecoder decoder(QStringConverter::Utf8, QStringConverter::Flag::Stateless);
    const QString decoded = decoder(bytes);
    // What looks like an escape would be taken back for the byte that it names.
    if (!decoder.hasError() && isPrintable(decoded) && !decoded.contains(u"\\x"))
        return decoded;
    QString text;
    text.reserve(bytes.size() * 2);
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<uchar>(bytes[i]);
        const bool looksEscaped = bytes.mid(i, 2) == "\\x";
        if (byte >= 0x20 && byte < 0x7f && !looksEscaped)
            text += QLatin1Char(bytes[i]);
        else
            text += hexEscape(byte);
    }
    return text;
}

QByteArray bytesFromPrintable(const QString &text)
{
    QByteArray bytes;
    const QByteArray given = text.toUtf8();
    for (qsizetype i = 0; i < given.size(); ++i) {
        if (given.mid(i, 2) == "\\x" && i + 3 < given.size()) {
            bool isHex = false;
            const int byte = given.mid(i + 2, 2).toInt(&isHex, 16);
            if (isHex) {
                bytes += static_cast<char>(byte);
                i += 3;
                continue;
            }
        }
        bytes += given[i];
    }
    return printable(bytes) == text ? bytes : given;
}

QString shortened(const QString &text, qsizetype head, qsizetype tail)
{
    if (text.size() <= head + tail + 1)
        return text;
    return text.left(head) + u'…' + text.right(tail);
}

QString spanText(milliseconds span)
{
    if (span < 0ms)
        return u'-' + spanText(-span);
    const auto pair = [](auto large, const char *largeUnit, auto small, const char *smallUnit) {
        QString text = QString::number(large) + u' ' + QLatin1StringView(largeUnit);
        if (small > 0)
            text += u' ' + QString::number(small) + u' ' + QLatin1StringView(smallUnit);
        return text;
    };
    if (span < 9'950ms)
        return QString::number(static_cast<double>(span.count()) / 1000.0, 'f', 1) + u" s";
    const auto seconds = std::chrono::round<std::chrono::seconds>(span).count();
    if (seconds <= 60)
        return QString::number(seconds) + u" s";
    if (seconds < 3600)
        return pair(seconds / 60, "min", seconds % 60, "s");
    if (seconds < 86400)
        return pair(seconds / 3600, "h", seconds % 3600 / 60, "min");
    return pair(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

QString sizeText(qint64 bytes)
{
    if (bytes < 1024)
        return QString::number(bytes) + u" B";
    const char *units[] = {"KB", "MB", "GB", "TB"};
    double size = static_cast<double>(bytes);
    int unit = -1;
    while (size >= 1023.5 && unit < 3) {
        size /= 1024;
        ++unit;
    }
    const int decimals = size < 9.95 && unit > 0 ? 1 : 0;
    return QString::number(size, 'f', decimals) + u' ' + QLatin1StringView(units[unit]);
}

Result<milliseconds> parseSpan(const QString &text)
{
    static const QRegularExpression form(
        QStringLiteral("^\\s*([0-9]{1,9}(\\.[0-9]{1,3})?\\s*"
                       "|([0-9]{1,9}(\\.[0-9]{1,3})?\\s*(ms|s|sec|m|min|h|d)\\s*){1,4})$"));
    static const QRegularExpression part(QStringLiteral("([0-9]+)(?:\\.([0-9]+))?\\s*([a-z]*)"));
    if (!form.match(text).hasMatch())
        return Error{ErrorCode::InvalidInput, u'"' + text + u"\" is no duration",
                     QStringLiteral("write for example 250ms, 10s, 2m, 1h or 1d")};
    milliseconds sum{0};
    for (auto parts = part.globalMatch(text); parts.hasNext();)
        sum += spanOf(parts.next());
    return sum;
}

QString rfc3339(WallTime time)
{
    const auto ms = std::chrono::floor<milliseconds>(time).time_since_epoch().count();
    return QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs);
}

std::optional<WallTime> parseRfc3339(const QString &text)
{
    static const QRegularExpression form(
        QStringLiteral("^(\\d{4}-\\d{2}-\\d{2})[T ](\\d{2}:\\d{2}:\\d{2})(?:\\.(\\d{1,9}))?"
                       "(Z|[+-]\\d{2}:?\\d{2})?$"),
        QRegularExpression::CaseInsensitiveOption);
    const auto match = form.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    const QDateTime base =
        QDateTime::fromString(match.captured(1) + u'T' + match.captured(2) + u'Z', Qt::ISODate);
    if (!base.isValid())
        return std::nullopt;
    const qint64 micros = match.captured(3).left(6).leftJustified(6, u'0').toLongLong();
    std::chrono::minutes offset{0};
    const QString zone = match.captured(4).remove(u':');
    if (zone.size() == 5) {
        offset = std::chrono::minutes(zone.mid(1, 2).toInt() * 60 + zone.mid(3, 2).toInt());
        if (zone.startsWith(u'-'))
            offset = -offset;
    }
    return WallTime(milliseconds(base.toMSecsSinceEpoch())) + std::chrono::microseconds(micros) -
           offset;
}

WallTime wallTimeOf(SteadyTime moment, const Clock &clock)
{
    return clock.wall() +
           std::chrono::duration_cast<std::chrono::microseconds>(moment - clock.steady());
}

} // namespace lockkeeper
