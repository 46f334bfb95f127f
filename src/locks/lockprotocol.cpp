// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockprotocol.h"

#include "core/text.h"
#include "locks/acquirewait.h"
#include "locks/lockerrors.h"
#include "locks/lockreader.h"
#include "locks/owntouches.h"

#include <QRandomGenerator>

namespace lockkeeper::locks {

using redis::Script;

namespace {

constexpr milliseconds kReadBackInterval{50};
/// How long after a read that did not find its effect a command on a lost connection may yet
/// arrive: what stands between us and the server may hold it back.
constexpr milliseconds kLateWithin{1000};
/// A guard renews at a third of the lease; a round trip has to fit in.
constexpr milliseconds kShortestLease{100};
/// A read whose GET and PTTL contradict each other is repeated this often.
constexpr int kReadTries = 20;

QByteArray count(milliseconds span)
{
    return QByteArray::number(qint64(span.count()));
}

bool isHeldBy(const LockObservation &lock, const Token &token)
{
    return lock.kind == LockObservation::Kind::Held && lock.token == token;
}

const Error kTokenIsGone{
    ErrorCode::OutcomeUnknown,
    QStringLiteral("the answer was lost, and a read afterwards found another token or none"),
    {}};

/// The lock, where it has the token that was sent with a lease since `since`.
std::optional<HeldLock> recognized(HeldLock wanted, const LockObservation &current,
                                   SteadyTime since)
{
    if (!isHeldBy(current, wanted.token))
        return std::nullopt;
    wanted.deadline =
        std::max(since + wanted.lease, current.sentAt + current.ttl.value_or(milliseconds::zero()));
    return wanted;
}

bool mayPass(ErrorCode code)
{
    return code == ErrorCode::CannotConnect || code == ErrorCode::ConnectionLost ||
           code == ErrorCode::TimedOut;
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
                           LockNews *news, std::optional<std::uint64_t> node, OwnTouches *touches)
    : m_client(client)
    , m_family(std::move(family))
    , m_clock(clock)
    , m_news(news)
    , m_touches(touches)
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
    // Made before waiting, as redis-py does: it dates the wish.
    const HeldLock wanted{key, session, m_tokens.make(), {}, lease};
    const Attempt outcome = co_await keepTrying(wanted, options);
    if (!outcome.lock && outcome.doubtfulSince)
        co_return co_await withdraw(wanted, outcome.lock.error());
    if (!outcome.lock)
        co_return outcome.lock.error();
    co_return **outcome.lock;
}

QCoro::Task<LockProtocol::Attempt> LockProtocol::keepTrying(HeldLock wanted, AcquireOptions options)
{
    const SteadyTime giveUpAt = m_clock.steady() + options.wait;
    AcquireWait waiting(m_news, wanted.key, options.stop);
    bool hadConnection = false;
    std::optional<SteadyTime> doubtfulSince;

    while (!options.stop.stop_requested()) {
        hadConnection = hadConnection || m_client.isReady();
        const Attempt attempt = co_await trySet(wanted, doubtfulSince);
        doubtfulSince = attempt.doubtfulSince;
        const bool isLastTry = m_clock.steady() + kRetryInterval > giveUpAt;
        // Trouble that passes is no reason to stop waiting, unless there was no connection at all.
        if (!attempt.lock &&
            (isLastTry || !hadConnection || !mayPass(attempt.lock.error().code) || !isComing()))
            co_return attempt;
        if (attempt.lock && *attempt.lock) {
            if (!options.stop.stop_requested())
                co_return attempt;
            co_return Attempt{cancelled(wanted.key), m_clock.steady()}; // to be given back
        }
        // Jitter, so that many waiters of one lock do not ask in step.
        const milliseconds pause(QRandomGenerator::global()->bounded(
            int(kRetryInterval.count() / 2), int(kRetryInterval.count()) + 1));
        if (m_clock.steady() + pause > giveUpAt) {
            const Error notObtained = co_await whyNotObtained(wanted.key, options.wait);
            co_return Attempt{notObtained, doubtfulSince};
        }
        if (const auto paused = co_await waiting.pause(pause); !paused)
            co_return Attempt{paused.error(), doubtfulSince};
    }
    co_return Attempt{cancelled(wanted.key), doubtfulSince};
}

QCoro::Task<LockProtocol::Attempt> LockProtocol::trySet(HeldLock wanted,
                                                        std::optional<SteadyTime> doubtfulSince)
{
    const LockKey key = wanted.key;
    const SteadyTime sentAt = m_clock.steady();
    const TouchNote touch(m_touches, key, m_clock);
    const auto sent = co_await m_client.send(
        redis::commands::setIfAbsent(key.bytes(), wanted.token.bytes(), wanted.lease));
    if (!sent && sent.error().code == ErrorCode::OutcomeUnknown)
        co_return co_await resolveSet(wanted, doubtfulSince.value_or(sentAt));
    const auto reply = redis::value(sent, u"acquiring " + nameOf(key));
    if (!reply)
        co_return Attempt{reply.error(), doubtfulSince};
    if (!reply->isNil()) {
        wanted.deadline = sentAt + wanted.lease;
        co_return Attempt{std::optional(wanted), doubtfulSince};
    }
    if (!doubtfulSince)
        co_return Attempt{};
    // The owner that stood in the way may be ourselves.
    const auto current = co_await read(key);
    if (!current)
        co_return Attempt{std::optional<HeldLock>(), doubtfulSince};
    co_return Attempt{recognized(wanted, *current, *doubtfulSince), doubtfulSince};
}

QCoro::Task<LockProtocol::Attempt> LockProtocol::resolveSet(HeldLock wanted, SteadyTime since)
{
    const auto current = co_await readBack(wanted.key);
    if (!current)
        co_return Attempt{unknown(wanted.key, QStringLiteral("acquiring"), current.error()), since};
    if (current->kind == LockObservation::Kind::Missing)
        co_return Attempt{hadNoEffect(wanted.key, QStringLiteral("acquiring")), since};
    co_return Attempt{recognized(wanted, *current, since), since};
}

QCoro::Task<Error> LockProtocol::whyNotObtained(LockKey key, milliseconds wait)
{
    const auto current = co_await read(key);
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

Task<HeldLock> LockProtocol::withdraw(HeldLock wanted, Error why)
{
    const SteadyTime giveUpAt = m_clock.steady() + kLateWithin;
    for (;;) {
        const auto released = co_await release(wanted.key, wanted.token);
        if (!released)
            co_return Error{why.code,
                            why.what + u"; it may be ours for up to " + spanText(wanted.lease) +
                                u": " + released.error().what,
                            released.error().hint};
        const bool isGivenBack = released->isDone && !released->isInferred;
        if (isGivenBack || m_clock.steady() >= giveUpAt)
            co_return why;
        if (const auto paused = co_await after(kRetryInterval, &m_client); !paused)
            co_return why;
    }
}

Task<CompareResult> LockProtocol::release(LockKey key, Token token)
{
    const QList<QByteArray> arguments{token.bytes()};
    auto result = co_await compareAnd(m_releaseScript, key, arguments);
    if (result || result.error().code != ErrorCode::OutcomeUnknown)
        co_return result;
    const auto current = co_await readSettled(key, token);
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
    const auto current = co_await readSettled(key, seen);
    if (!current)
        co_return unknown(key, QStringLiteral("taking over"), current.error());
    if (const auto taken = recognized(lock, *current, sentAt))
        co_return *taken;
    if (isHeldBy(*current, seen))
        co_return hadNoEffect(key, QStringLiteral("taking over"));
    if (current->receivedAt >= lock.deadline) // it may have been ours, and have run out
        co_return unknown(key, QStringLiteral("taking over"), kTokenIsGone);
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
    const TouchNote touch(m_touches, key, m_clock);
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
    if (sent->isError())
        co_return scriptError(*sent, script, key, family());
    if (sent->integerValue() == 1)
        co_return CompareResult{true, false, {}};
    const auto current = co_await read(key);
    // That nothing was done is known, whatever became of the read.
    co_return CompareResult{false, false, current ? *current : unreadable(current.error())};
}

Task<LockObservation> LockProtocol::read(LockKey key)
{
    const QList<LockKey> keys{key};
    for (int i = 0; i < kReadTries; ++i) {
        const TouchNote touch(m_touches, key, m_clock);
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
        if (current && current->isRefused)
            co_return refusedRead(key, *current);
        if (current || !mayPass(current.error().code) || m_clock.steady() > giveUpAt)
            co_return current;
        if (!isComing())
            co_return current;
        if (const auto paused = co_await after(kReadBackInterval, &m_client); !paused)
            co_return paused.error();
    }
}

Task<LockObservation> LockProtocol::readSettled(LockKey key, Token token)
{
    auto current = co_await readBack(key);
    const SteadyTime giveUpAt = m_clock.steady() + kLateWithin;
    while (current && isHeldBy(*current, token) && m_clock.steady() < giveUpAt) {
        if (const auto paused = co_await after(kRetryInterval, &m_client); !paused)
            co_return paused.error();
        current = co_await readBack(key);
    }
    co_return current;
}

} // namespace lockkeeper::locks
