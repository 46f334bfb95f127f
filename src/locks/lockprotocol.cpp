// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockprotocol.h"

#include "core/text.h"
#include "locks/acquirewait.h"
#include "locks/lockreader.h"
#include "locks/owner.h"

#include <QRandomGenerator>

namespace lockkeeper::locks {

using redis::Script;

namespace {

constexpr milliseconds kReadBackInterval{50};
/// A guard renews at a third of the lease; a round trip has to fit in.
constexpr milliseconds kShortestLease{100};
/// A read whose GET and PTTL contradict each other is repeated this often.
constexpr int kReadTries = 20;

QByteArray count(milliseconds span)
{
    return QByteArray::number(qint64(span.count()));
}

QString nameOf(const LockKey &key)
{
    return u"the lock " + printable(key.bytes());
}

bool isHeldBy(const LockObservation &lock, const Token &token)
{
    return lock.kind == LockObservation::Kind::Held && lock.token == token;
}

bool mayPass(ErrorCode code)
{
    return code == ErrorCode::CannotConnect || code == ErrorCode::ConnectionLost ||
           code == ErrorCode::TimedOut;
}

Error notALock(const LockKey &key, const QString &why)
{
    return {ErrorCode::Refused, nameOf(key) + u" is no lock: " + why,
            QStringLiteral("look at the key with redis-cli TYPE; nothing was changed")};
}

Error changedHands(const LockKey &key, const LockObservation &current, const Clock &clock)
{
    if (current.kind == LockObservation::Kind::Missing)
        return {ErrorCode::ChangedHands, nameOf(key) + u" is free: nobody holds it",
                QStringLiteral("nothing was changed")};
    return {ErrorCode::ChangedHands,
            nameOf(key) + u" has changed hands: it is now " + describe(current, clock),
            QStringLiteral("nothing was changed; look at the new owner before you act again")};
}

Error hadNoEffect(const LockKey &key, const QString &act)
{
    return {ErrorCode::ConnectionLost,
            u"the connection was lost while " + act + u' ' + nameOf(key) + u"; it had no effect",
            QStringLiteral("try again")};
}

Error unknown(const LockKey &key, const QString &act, const Error &cause)
{
    return {ErrorCode::OutcomeUnknown,
            u"whether " + act + u' ' + nameOf(key) + u" took place is unknown: " + cause.what,
            QStringLiteral("look at the lock before you try again")};
}

const Error kTokenIsGone{
    ErrorCode::OutcomeUnknown,
    QStringLiteral("the answer was lost, and a read afterwards found another token or none"),
    {}};

Error notALock(const LockKey &key, const LockObservation &current)
{
    return notALock(key, u"it holds " + current.foreignReason);
}

Error cancelled(const LockKey &key)
{
    return {ErrorCode::Cancelled, u"waiting for " + nameOf(key) + u" was ended", {}};
}

Result<void> checkLease(milliseconds lease)
{
    if (lease >= kShortestLease)
        return {};
    return Error{ErrorCode::InvalidInput,
                 u"a lease of " + QString::number(lease.count()) +
                     u" ms is too short to be renewed",
                 u"give at least " + QString::number(kShortestLease.count()) + u"ms; 60s is usual"};
}

Result<void> checkSpan(milliseconds span, const QString &what)
{
    if (span > milliseconds::zero())
        return {};
    return Error{ErrorCode::InvalidInput, what + u" must be longer than nothing",
                 QStringLiteral("give a duration such as 60s")};
}

} // namespace

LockProtocol::LockProtocol(redis::Client &client, LockFamily family, const Clock &clock,
                           LockNews *news, std::optional<std::uint64_t> node)
    : m_client(client)
    , m_family(std::move(family))
    , m_clock(clock)
    , m_news(news)
    , m_tokens(clock, node)
    , m_releaseScript(Script::fromResource(QStringLiteral("release")))
    , m_extendScript(Script::fromResource(QStringLiteral("extend")))
    , m_reacquireScript(Script::fromResource(QStringLiteral("reacquire")))
    , m_takeOverScript(Script::fromResource(QStringLiteral("takeover")))
{}

Task<HeldLock> LockProtocol::acquire(SessionId session, AcquireOptions options)
{
    const LockKey key = m_family.lockKey(session);
    const milliseconds lease = options.lease.value_or(m_family.lease);
    if (const auto valid = checkLease(lease); !valid)
        co_return valid.error();
    const Token token = m_tokens.make(); // before waiting, as redis-py does: it dates the wish
    const SteadyTime giveUpAt = m_clock.steady() + options.wait;
    AcquireWait waiting(m_news, key, options.stop);
    bool hadConnection = false;

    while (!options.stop.stop_requested()) {
        const HeldLock lock{key, session, token, m_clock.steady() + lease, lease};
        hadConnection = hadConnection || m_client.isReady();
        const auto isOurs = co_await trySet(key, token, lease);
        const bool isLastTry = m_clock.steady() + kRetryInterval > giveUpAt;
        // Trouble that passes is no reason to stop waiting, unless there was no connection at all.
        if (!isOurs &&
            (isLastTry || !hadConnection || !mayPass(isOurs.error().code) || !isComing()))
            co_return isOurs.error();
        if (isOurs && *isOurs) {
            if (!options.stop.stop_requested())
                co_return lock;
            co_return co_await giveBack(lock);
        }
        // Jitter, so that many waiters of one lock do not ask in step.
        const milliseconds pause(QRandomGenerator::global()->bounded(
            int(kRetryInterval.count() / 2), int(kRetryInterval.count()) + 1));
        if (m_clock.steady() + pause > giveUpAt)
            co_return co_await giveUp(lock, options.wait);
        if (const auto paused = co_await waiting.pause(pause); !paused)
            co_return paused.error();
    }
    co_return cancelled(key);
}

Task<bool> LockProtocol::trySet(LockKey key, Token token, milliseconds lease)
{
    const auto sent =
        co_await m_client.send(redis::commands::setIfAbsent(key.bytes(), token.bytes(), lease));
    if (sent) {
        const auto reply = redis::value(sent, u"acquiring " + nameOf(key));
        if (!reply)
            co_return reply.error();
        co_return !reply->isNil();
    }
    if (sent.error().code != ErrorCode::OutcomeUnknown)
        co_return sent.error();
    const auto current = co_await readBack(key);
    if (!current)
        co_return unknown(key, QStringLiteral("acquiring"), current.error());
    if (current->kind == LockObservation::Kind::Missing)
        co_return hadNoEffect(key, QStringLiteral("acquiring"));
    co_return isHeldBy(*current, token);
}

Task<HeldLock> LockProtocol::giveUp(HeldLock lock, milliseconds wait)
{
    const LockKey key = lock.key;
    const auto current = co_await read(key);
    if (current && isHeldBy(*current, lock.token) && current->ttl) {
        // A try whose reply was lost took effect after we had looked.
        lock.deadline = current->sentAt + *current->ttl;
        co_return lock;
    }
    if (current && current->kind == LockObservation::Kind::Foreign)
        co_return notALock(key, *current);
    QString what = nameOf(key) + u" was not obtained";
    if (wait > milliseconds::zero())
        what += u" within " + spanText(wait);
    if (current && current->kind == LockObservation::Kind::Held)
        what += u": it is " + describe(*current, m_clock);
    co_return Error{ErrorCode::LockTimeout, what,
                    QStringLiteral("wait longer, or look at its owner")};
}

Task<HeldLock> LockProtocol::giveBack(HeldLock lock)
{
    const auto released = co_await release(lock.key, lock.token);
    if (!released)
        co_return Error{ErrorCode::Cancelled,
                        cancelled(lock.key).what + u"; it may be ours for up to " +
                            spanText(lock.lease) + u": " + released.error().what,
                        released.error().hint};
    co_return cancelled(lock.key);
}

Task<CompareResult> LockProtocol::release(LockKey key, Token token)
{
    const QList<QByteArray> arguments{token.bytes()};
    auto result = co_await compareAnd(m_releaseScript, key, arguments);
    if (result || result.error().code != ErrorCode::OutcomeUnknown)
        co_return result;
    const auto current = co_await readBack(key);
    if (!current)
        co_return unknown(key, QStringLiteral("releasing"), current.error());
    if (isHeldBy(*current, token))
        co_return hadNoEffect(key, QStringLiteral("releasing"));
    if (current->kind == LockObservation::Kind::Foreign)
        co_return unknown(key, QStringLiteral("releasing"), notALock(key, *current));
    // Gone, by our script or by its lease's end: either way the lock is not ours any more.
    co_return CompareResult{true, true, *current};
}

Task<CompareResult> LockProtocol::extend(LockKey key, Token token, milliseconds by,
                                         bool replacesTtl)
{
    if (const auto valid = checkSpan(by, QStringLiteral("the extension")); !valid)
        co_return valid.error();
    const QList<QByteArray> arguments{token.bytes(), count(by), replacesTtl ? "1" : "0"};
    const SteadyTime sentAt = m_clock.steady();
    auto result = co_await compareAnd(m_extendScript, key, arguments);
    if (result || result.error().code != ErrorCode::OutcomeUnknown)
        co_return result;
    if (replacesTtl)
        co_return co_await resolveTtl(key, token, sentAt, by);
    // What was there before is not known, so what is there now does not tell whether it grew.
    co_return unknown(key, QStringLiteral("extending"), result.error());
}

Task<CompareResult> LockProtocol::reacquire(LockKey key, Token token, milliseconds lease)
{
    if (const auto valid = checkSpan(lease, QStringLiteral("the lease")); !valid)
        co_return valid.error();
    const QList<QByteArray> arguments{token.bytes(), count(lease)};
    const SteadyTime sentAt = m_clock.steady();
    auto result = co_await compareAnd(m_reacquireScript, key, arguments);
    if (result || result.error().code != ErrorCode::OutcomeUnknown)
        co_return result;
    co_return co_await resolveTtl(key, token, sentAt, lease);
}

Task<CompareResult> LockProtocol::resolveTtl(LockKey key, Token token, SteadyTime sentAt,
                                             milliseconds ttl)
{
    const auto current = co_await readBack(key);
    if (!current)
        co_return unknown(key, QStringLiteral("renewing"), current.error());
    if (!isHeldBy(*current, token))
        co_return CompareResult{false, true, *current};
    // Had the script run, it would have run after it was sent.
    const auto latest = current->receivedAt + current->ttl.value_or(milliseconds::zero());
    if (current->ttl && latest + milliseconds(1) >= sentAt + ttl)
        co_return CompareResult{true, true, *current};
    co_return hadNoEffect(key, QStringLiteral("renewing"));
}

Task<HeldLock> LockProtocol::takeOver(SessionId session, Token seen)
{
    const LockKey key = m_family.lockKey(session);
    const Token token = m_tokens.make();
    const QList<QByteArray> arguments{seen.bytes(), token.bytes(), count(m_family.lease)};
    const SteadyTime sentAt = m_clock.steady();
    const HeldLock lock{key, session, token, sentAt + m_family.lease, m_family.lease};
    const auto result = co_await compareAnd(m_takeOverScript, key, arguments);
    if (result) {
        if (result->isDone)
            co_return lock;
        co_return changedHands(key, result->current, m_clock);
    }
    if (result.error().code != ErrorCode::OutcomeUnknown)
        co_return result.error();
    const auto current = co_await readBack(key);
    if (!current)
        co_return unknown(key, QStringLiteral("taking over"), current.error());
    if (isHeldBy(*current, token))
        co_return lock;
    if (isHeldBy(*current, seen))
        co_return hadNoEffect(key, QStringLiteral("taking over"));
    co_return changedHands(key, *current, m_clock);
}

Task<void> LockProtocol::forceRelease(LockKey key, Token seen)
{
    const auto result = co_await release(key, seen);
    if (!result)
        co_return result.error();
    if (!result->isDone)
        co_return changedHands(key, result->current, m_clock);
    if (result->isInferred) // enough for an owner that lets go, but not for who answers for an act
        co_return unknown(key, QStringLiteral("releasing"), kTokenIsGone);
    co_return Result<void>();
}

Task<CompareResult> LockProtocol::compareAnd(Script script, LockKey key,
                                             QList<QByteArray> arguments)
{
    const QList<QByteArray> keys{key.bytes()};
    const auto sent = co_await m_client.run(script, keys, arguments);
    if (!sent)
        co_return sent.error();
    if (sent->isError() && sent->bytes().contains("WRONGTYPE")) {
        const auto type = co_await m_client.send(redis::commands::type(key.bytes()));
        const QString kind = type && type->kind() == redis::Reply::Kind::Status
                                 ? u"it holds a " + printable(type->bytes())
                                 : QStringLiteral("it does not hold a token");
        co_return notALock(key, kind);
    }
    const QString doing = u"running " + QString::fromUtf8(script.name()) + u" on " + nameOf(key);
    const auto reply = redis::value(sent, doing);
    if (!reply)
        co_return reply.error();
    if (reply->integerValue() == 1)
        co_return CompareResult{true, false, {}};
    const auto current = co_await read(key);
    if (!current)
        co_return current.error();
    co_return CompareResult{false, false, *current};
}

Task<LockObservation> LockProtocol::read(LockKey key)
{
    const QList<LockKey> keys{key};
    for (int i = 0; i < kReadTries; ++i) {
        const auto batch = co_await readLocks(m_client, m_clock, keys);
        if (!batch)
            co_return batch.error();
        if (const auto &observation = batch->entries.first().observation)
            co_return *observation;
    }
    co_return Error{ErrorCode::Refused, nameOf(key) + u" changes faster than it can be read",
                    QStringLiteral("try again")};
}

bool LockProtocol::isComing() const
{
    switch (m_client.state()) {
    case redis::Link::State::Ready:
    case redis::Link::State::Connecting:
    case redis::Link::State::Waiting:
        return true;
    case redis::Link::State::Idle:
    case redis::Link::State::Failed:
    case redis::Link::State::Closed:
        return false;
    }
    Q_UNREACHABLE();
}

Task<LockObservation> LockProtocol::readBack(LockKey key)
{
    const SteadyTime giveUpAt = m_clock.steady() + kResolveWithin;
    for (;;) {
        auto current = co_await read(key);
        if (current || !mayPass(current.error().code) || m_clock.steady() > giveUpAt)
            co_return current;
        if (!isComing())
            co_return current;
        if (const auto paused = co_await after(kReadBackInterval, &m_client); !paused)
            co_return paused.error();
    }
}

QString describe(const LockObservation &lock, const Clock &clock)
{
    switch (lock.kind) {
    case LockObservation::Kind::Missing:
        return QStringLiteral("free");
    case LockObservation::Kind::Foreign:
        return u"no lock: it holds " + lock.foreignReason;
    case LockObservation::Kind::Held:
        break;
    }
    const Owner owner = decodeOwner(lock.token, clock.wall());
    QString text = u"held by " + owner.label;
    if (owner.kind == TokenKind::Uuid1) // other labels are the token
        text += u" (token " + shortened(printable(lock.token.bytes())) + u')';
    const auto deadline = lock.deadline();
    if (!deadline)
        return text + u" and never expires";
    const auto left = std::chrono::round<milliseconds>(*deadline - clock.steady());
    return text + u" for another " + spanText(std::max(left, milliseconds::zero()));
}

} // namespace lockkeeper::locks
