// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QByteArray>
#include <QList>

#include <optional>

namespace lockkeeper::redis {

/// What a lost reply means for a command, and whether it may be sent again.
enum class Effect {
    ReadOnly, ///< changes nothing; may be repeated
    Mutation, ///< changes something; never sent twice, a lost reply is OutcomeUnknown
};

/// One command: its words and how long its reply may take.
struct Command
{
    QList<QByteArray> words;
    Effect effect = Effect::ReadOnly;
    milliseconds deadline = std::chrono::seconds(5);

    /// The command's name, upper case as built here; for messages.
    [[nodiscard]] QByteArray name() const { return words.value(0); }
};

/// Typed builders for the commands that Lockkeeper sends. https://redis.io/commands
namespace commands {

[[nodiscard]] Command ping();
[[nodiscard]] Command auth(const QString &user, const QByteArray &password);
[[nodiscard]] Command select(int database);
[[nodiscard]] Command clientId();
[[nodiscard]] Command clientSetName(const QByteArray &name);
[[nodiscard]] Command clientTrackingOn(qint64 redirectTo, const QList<QByteArray> &prefixes);
[[nodiscard]] Command subscribe(const QByteArray &channel);
[[nodiscard]] Command psubscribe(const QByteArray &pattern);
[[nodiscard]] Command configGet(const QByteArray &parameter);
[[nodiscard]] Command info(const QByteArray &section);
[[nodiscard]] Command role();
/// The server's clock: seconds since 1970, and microseconds.
[[nodiscard]] Command time();
[[nodiscard]] Command dbSize();
[[nodiscard]] Command scan(const QByteArray &cursor, const QByteArray &pattern, int count);
[[nodiscard]] Command get(const QByteArray &key);
/// Remaining time to live in ms; -1 never expires, -2 no such key.
[[nodiscard]] Command pttl(const QByteArray &key);
[[nodiscard]] Command strlen(const QByteArray &key);
/// Bytes `first` to `last` of a string, both included.
[[nodiscard]] Command getRange(const QByteArray &key, qint64 first, qint64 last);
/// Whole seconds since a command other than OBJECT, TTL and the like touched the key; an error
/// under an LFU policy.
[[nodiscard]] Command objectIdleTime(const QByteArray &key);
/// How often it was touched, on a logarithmic scale; an error but under an LFU policy.
[[nodiscard]] Command objectFreq(const QByteArray &key);
[[nodiscard]] Command type(const QByteArray &key);
/// `SET key value NX PX lease`: a nil reply says that the key exists.
[[nodiscard]] Command setIfAbsent(const QByteArray &key, const QByteArray &value,
                                  milliseconds lease);
[[nodiscard]] Command setWithTtl(const QByteArray &key, const QByteArray &value, milliseconds ttl);
[[nodiscard]] Command del(const QByteArray &key);

} // namespace commands

} // namespace lockkeeper::redis
