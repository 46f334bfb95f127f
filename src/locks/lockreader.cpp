// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockreader.h"

#include "core/text.h"

#include <QPointer>

namespace lockkeeper::locks {

namespace {

constexpr qint64 kNeverExpires = -1;
constexpr qint64 kNoSuchKey = -2;
const QString kGet = QStringLiteral("get");
const QString kPttl = QStringLiteral("pttl");

LockObservation foreign(QString reason)
{
    LockObservation observation;
    observation.kind = LockObservation::Kind::Foreign;
    observation.foreignReason = std::move(reason);
    return observation;
}

LockObservation refused(const QString &what, const redis::Reply &reply, QStringList commands)
{
    LockObservation observation = foreign(what + printable(reply.bytes().left(200)));
    observation.isRefused = true;
    observation.refusedCommands = std::move(commands);
    return observation;
}

LockObservation held(const QByteArray &value)
{
    if (value.size() > kLongestToken)
        return foreign(u"a value of " + sizeText(value.size()) + u", too long for a token");
    LockObservation observation;
    observation.kind = LockObservation::Kind::Held;
    observation.token = Token(value);
    return observation;
}

/// An error that speaks of the server (BUSY, LOADING, MASTERDOWN), not of one key.
std::optional<Error> serverTrouble(const QList<redis::Reply> &replies)
{
    for (const redis::Reply &reply : replies) {
        const QByteArray prefix = reply.errorPrefix();
        if (reply.isError() && prefix != "WRONGTYPE" && prefix != "NOPERM")
            return redis::toError(reply, QStringLiteral("reading locks"));
    }
    return std::nullopt;
}

/// What GET and PTTL say together; nullopt when they contradict each other.
std::optional<LockObservation> combine(const redis::Reply &value, const redis::Reply &ttl)
{
    const bool hasTtl = ttl.kind() == redis::Reply::Kind::Integer;
    const bool isGone = hasTtl && ttl.integerValue() == kNoSuchKey;
    if (value.isNil())
        return isGone || !hasTtl ? std::optional(LockObservation{}) : std::nullopt;
    if (isGone) // it was there a moment ago; the change is announced as well
        return LockObservation{};

    LockObservation observation;
    if (value.errorPrefix() == "WRONGTYPE")
        observation = foreign(QStringLiteral("something other than a string"));
    else if (value.isError())
        observation = refused(QStringLiteral("a value that cannot be read: "), value,
                              hasTtl ? QStringList{kGet} : QStringList{kGet, kPttl});
    else if (!hasTtl)
        observation = refused(QStringLiteral("a value whose TTL cannot be read: "), ttl, {kPttl});
    else
        observation = held(value.bytes());
    if (hasTtl && ttl.integerValue() != kNeverExpires)
        observation.ttl = milliseconds(ttl.integerValue());
    return observation;
}

} // namespace

LockObservation ttlOf(const redis::Reply &pttl, SteadyTime sentAt, SteadyTime receivedAt)
{
    LockObservation observation;
    observation.sentAt = sentAt;
    observation.receivedAt = receivedAt;
    if (pttl.integerValue() == kNoSuchKey)
        return observation;
    observation.kind = LockObservation::Kind::Held;
    if (pttl.integerValue() != kNeverExpires)
        observation.ttl = milliseconds(pttl.integerValue());
    return observation;
}

Task<ReadBatch> readLocks(redis::Client &client, const Clock &clock, QList<LockKey> keys)
{
    QList<redis::Command> commands;
    commands.reserve(keys.size() * 2);
    for (const LockKey &key : keys)
        commands << redis::commands::get(key.bytes()) << redis::commands::pttl(key.bytes());
    const SteadyTime sentAt = clock.steady();
    const QPointer<redis::Client> alive(&client);
    const auto replies = co_await client.send(commands);
    if (!alive) // the replies had come, but their reader has gone, and its clock with it
        co_return Error{ErrorCode::Cancelled, QStringLiteral("reading locks was ended"), {}};
    if (!replies)
        co_return replies.error();

    const SteadyTime receivedAt = clock.steady();
    if (const auto trouble = serverTrouble(*replies))
        co_return *trouble;
    ReadBatch batch;
    batch.entries.reserve(keys.size());
    for (qsizetype i = 0; i < keys.size(); ++i) {
        auto observation = combine((*replies)[2 * i], (*replies)[2 * i + 1]);
        if (observation) {
            observation->sentAt = sentAt;
            observation->receivedAt = receivedAt;
        }
        batch.entries.append({keys[i], std::move(observation)});
    }
    co_return batch;
}

} // namespace lockkeeper::locks
