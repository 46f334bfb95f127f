// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/routing.h"

#include <QSet>
#include <QString>

#include <array>
#include <cstdint>

namespace lockkeeper::redis {

namespace {

/// CRC16-CCITT (XMODEM), bit by bit: keys are short.
std::uint16_t crc16(QByteArrayView bytes)
{
    constexpr unsigned kPolynomial = 0x1021;
    constexpr unsigned kTopBit = 0x8000;
    unsigned crc = 0;
    for (const char byte : bytes) {
        crc ^= unsigned(static_cast<unsigned char>(byte)) << 8U;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & kTopBit) != 0 ? (crc << 1U) ^ kPolynomial : crc << 1U;
        crc &= 0xFFFFU;
    }
    return static_cast<std::uint16_t>(crc);
}

QByteArrayView hashed(const QByteArray &key)
{
    const qsizetype open = key.indexOf('{');
    if (open < 0)
        return key;
    const qsizetype close = key.indexOf('}', open + 1);
    if (close <= open + 1) // none, or nothing between
        return key;
    return QByteArrayView(key).sliced(open + 1, close - open - 1);
}

} // namespace

int slotOf(const QByteArray &key)
{
    return crc16(hashed(key)) % kSlots;
}

std::optional<QByteArray> routingKey(const Command &command)
{
    static const QSet<QByteArray> keyless{
        "PING",        "AUTH",       "SELECT",  "ECHO",    "INFO",    "ROLE",
        "TIME",        "DBSIZE",     "SCAN",    "CLIENT",  "ACL",     "CONFIG",
        "SCRIPT",      "SUBSCRIBE",  "ASKING",  "PUBLISH", "CLUSTER", "COMMAND",
        "UNSUBSCRIBE", "PSUBSCRIBE", "FLUSHDB", "FLUSHALL"};
    const QByteArray name = command.name().toUpper();
    if (keyless.contains(name))
        return std::nullopt;
    qsizetype place = 1;
    if (name == "EVAL" || name == "EVALSHA") {
        if (command.words.value(2).toInt() < 1)
            return std::nullopt;
        place = 3;
    } else if (name == "OBJECT" || name == "MEMORY") {
        place = 2;
    }
    if (place >= command.words.size())
        return std::nullopt;
    return command.words[place];
}

std::optional<Redirection> redirectionOf(const Reply &reply)
{
    const QByteArray prefix = reply.errorPrefix();
    if (prefix != "MOVED" && prefix != "ASK")
        return std::nullopt;
    const QList<QByteArray> words = reply.bytes().split(' ');
    if (words.size() != 3)
        return std::nullopt;
    bool isSlot = false;
    Redirection redirection;
    redirection.kind = prefix == "ASK" ? Redirection::Kind::Ask : Redirection::Kind::Moved;
    redirection.slot = words[1].toInt(&isSlot);
    // The port follows the last colon: an IPv6 address has some of its own.
    const qsizetype colon = words[2].lastIndexOf(':');
    bool isPort = false;
    redirection.to.port = words[2].mid(colon + 1).toUShort(&isPort);
    const QByteArray host = words[2].left(std::max<qsizetype>(colon, 0));
    redirection.to.host = host == "?" ? QString() : QString::fromUtf8(host);
    if (!isSlot || !isPort || redirection.slot < 0 || redirection.slot >= kSlots)
        return std::nullopt;
    return redirection;
}

} // namespace lockkeeper::redis
