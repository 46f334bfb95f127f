// SPDX-License-Identifier: GPL-3.0-or-later
#include "lane.h"
#include "sessions/sessionjson.h"

namespace lockkeeper::model {

using namespace std::chrono_literals;
using locks::LockObservation;
using sessions::RemoveStep;

namespace {

/// That passes while the test runs, and that does not.
constexpr milliseconds kShortLease = 150ms;
constexpr milliseconds kGuardedLease = 600ms;
constexpr milliseconds kLongLease = 10min;
/// For how long a slow worker stops: most deletes are through by then.
constexpr milliseconds kPause = 10ms;
/// For how long an operator waits for a lock to act on: a delete takes its own within that.
constexpr milliseconds kAmbush = 15ms;
/// Of a delete.
constexpr int kSteps = 4;
/// How far back the tokens go that an operator may still have on the screen.
constexpr int kStale = 6;

sessions::ChatSession sampleSession(const SessionId &id)
{
    sessions::ChatSession session;
    session.id = id;
    session.user = UserId("u1");
    session.title = QStringLiteral("A title");
    return session;
}

std::optional<Token> tokenOf(const LockObservation &lock)
{
    return lock.kind == LockObservation::Kind::Held ? std::optional(lock.token) : std::nullopt;
}

} // namespace

// Workers ---------------------------------------------------------------------------------

QCoro::Task<Operation> Lane::acquire(Place &place, Dice dice)
{
    locks::LockProtocol &locks = anyWorker(dice).locks;
    Acquire program;
    program.isKept = dice.chance(20);
    program.lease = dice.chance(60) ? kShortLease : kLongLease;
    if (program.isKept)
        program.lease = kGuardedLease;
    locks::LockProtocol::AcquireOptions options;
    options.lease = program.lease;
    options.wait = dice.chance(50) ? 0ms : dice.span(20ms, 160ms);
    Operation operation;
    operation.span.from = now();
    const auto lock = co_await locks.acquire(place.id, options);
    operation.span.to = now();
    if (lock) {
        program.obtained = lock->token;
        obtain(place, locks, *lock, program.isKept);
    } else if (lock.error().code != ErrorCode::LockTimeout) {
        complain(place, lock.error().what);
    }
    operation.program = program;
    co_return operation;
}

QCoro::Task<Operation> Lane::awaitEnd(Place &place, Dice dice)
{
    locks::LockProtocol &locks = anyWorker(dice).locks;
    const ModelLock lock = *place.state.lock;
    AwaitEnd program{lock.token, false, false};
    Operation operation;
    operation.span.from = now();
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(lock.goneFrom - now());
        co_await after(std::max(left, 1ms), nullptr);
        const auto found = co_await locks.read(lockKey(place));
        if (!found)
            complain(place, found.error().what);
        program.isGone = found && tokenOf(*found) != lock.token;
        if (!found || program.isGone || found->deadline() > lock.goneBy)
            break;
    }
    operation.program = program;
    operation.span.to = now();
    co_return operation;
}

QCoro::Task<Operation> Lane::read(Place &place, Dice dice)
{
    Operation operation;
    operation.span.from = now();
    const auto found = co_await anyWorker(dice).store.get(place.id, std::nullopt);
    if (!found)
        complain(place, found.error().what);
    operation.program = ReadThrough{.isFound = found && found->session};
    operation.span.to = now();
    co_return operation;
}

/// The same by a worker that stops for a while between the row and the copy.
QCoro::Task<Operation> Lane::readSlowly(Place &place, Dice dice)
{
    sessions::SessionCache &cache = anyWorker(dice).cache;
    Operation operation;
    operation.span.from = now();
    const auto cached = co_await cache.get(place.id);
    if (!cached)
        complain(place, cached.error().what);
    bool isFound = cached && *cached;
    if (!isFound) {
        const auto stored = co_await m_site.workersDatabase.load(place.id);
        isFound = stored && *stored;
        if (isFound) {
            co_await after(dice.span(0ms, kPause), nullptr);
            const auto put = co_await cache.putIfAbsent(**stored);
            if (!put)
                complain(place, put.error().what);
        }
    }
    operation.program = ReadThrough{.isFound = isFound};
    operation.span.to = now();
    co_return operation;
}

QCoro::Task<Operation> Lane::rename(Place &place, Dice dice)
{
    Operation operation;
    operation.span.from = now();
    const auto renamed =
        co_await anyWorker(dice).store.rename(place.id, QStringLiteral("Another title"));
    if (!renamed || renamed->notDropped)
        complain(place, QStringLiteral("a rename failed"));
    operation.program = Rename{.isFound = renamed && renamed->isFound};
    operation.span.to = now();
    co_return operation;
}

QCoro::Task<Operation> Lane::writeLate(Place &place, Dice dice)
{
    Operation operation;
    operation.span.from = now();
    const sessions::ChatSession session = sampleSession(place.id);
    const auto saved = co_await m_site.workersDatabase.save(session, 0);
    const auto put = co_await anyWorker(dice).cache.put(session);
    if (!saved || !put)
        complain(place, QStringLiteral("a late write failed"));
    operation.program = LateWrite();
    operation.span.to = now();
    co_return operation;
}

QCoro::Task<Operation> Lane::upsert(Place &place, Dice dice)
{
    Upsert program;
    program.id = ++m_acts;
    program.lease = m_site.target.family.lease;
    Operation operation;
    operation.span.from = now();
    const auto written = co_await anyWorker(dice).store.upsert(sampleSession(place.id));
    if (!written)
        program.failure = written.error().code;
    operation.program = program;
    operation.span.to = now();
    co_return operation;
}

// Operators -------------------------------------------------------------------------------

/// Most often the lock as it was seen before the step; or one that was seen long ago; or what a
/// look shows now, when others act already, or a look that waits for somebody to take the lock.
QCoro::Task<Aim> Lane::takeAim(Place &place, locks::LockProtocol &locks, Dice dice)
{
    const int drawn = dice.below(100);
    if (drawn < 50 && place.state.lock)
        co_return Aim::at(place.state.lock->token);
    if ((drawn < 25 || (drawn < 75 && place.state.lock)) && !place.tokens.empty()) {
        const int newest = int(place.tokens.size()) - 1;
        const int back = dice.below(std::min(kStale, newest + 1));
        co_return Aim::at(place.tokens[std::size_t(newest - back)]);
    }
    const SteadyTime giveUpAt = now() + (dice.chance(50) ? kAmbush : 0ms);
    for (;;) {
        const auto found = co_await locks.read(lockKey(place));
        if (!found)
            complain(place, found.error().what);
        if (!found || tokenOf(*found) || now() >= giveUpAt)
            co_return Aim::atWhatIsThere(found ? tokenOf(*found) : std::nullopt);
    }
}

QCoro::Task<Operation> Lane::takeOver(Place &place, Dice dice)
{
    Operator &colleague = anyOperator(dice);
    ActOnToken program;
    program.act = ActOnToken::Act::TakeOver;
    program.lease = m_site.target.family.lease;
    Operation operation;
    operation.span.from = now();
    program.aim = co_await takeAim(place, colleague.locks(), dice.split());
    if (program.aim.seen()) {
        const auto taken = co_await colleague.locks().takeOver(place.id, *program.aim.seen());
        program.isDone = taken.has_value();
        if (taken) {
            program.replacement = taken->token;
            place.named.insert(*program.aim.seen());
            obtain(place, colleague.locks(), *taken, false);
        } else if (taken.error().code != ErrorCode::ChangedHands) {
            complain(place, taken.error().what);
        }
    }
    operation.program = program;
    operation.span.to = now();
    co_return operation;
}

QCoro::Task<Operation> Lane::forceRelease(Place &place, Dice dice, std::optional<Aim> given)
{
    Operator &colleague = anyOperator(dice);
    ForceRelease program;
    Operation operation;
    operation.span.from = now();
    if (given)
        program.aim = *given;
    else
        program.aim = co_await takeAim(place, colleague.locks(), dice.split());
    if (program.aim.seen()) {
        const app::ReleaseRequest request{place.id, *program.aim.seen(), nextReason()};
        const auto report = co_await colleague.actions().release(request);
        ToldOfRelease told;
        if (report.failure)
            told.failure = report.failure->code;
        if (report.lockAfter)
            told.lockAfter = tokenOf(*report.lockAfter);
        told.steps = report.steps;
        program.told = told;
        m_ledger.note(request.note.reason, report);
    }
    operation.program = program;
    operation.span.to = now();
    co_return operation;
}

/// `given`: whose lock to take over, nobody's if it means none; nullopt: as chance has it, and
/// perhaps somebody strikes on the way.
QCoro::Task<Operation> Lane::remove(Place &place, Dice dice, std::optional<Aim> given,
                                    milliseconds wait)
{
    Operator &colleague = idleOperator();
    Delete program;
    program.id = ++m_acts;
    program.lease = m_site.target.family.lease;
    const bool isStruck = !given && dice.chance(40);
    const auto strikeBefore = static_cast<RemoveStep>(dice.below(kSteps));
    colleague.watchSteps([&](RemoveStep step) {
        if (isStruck && step == strikeBefore)
            strike(place, dice);
        program.begun[std::size_t(step)] = now();
    });
    Operation operation;
    operation.span.from = now();
    if (given)
        program.aim = *given;
    else if (dice.chance(50))
        program.aim = co_await takeAim(place, colleague.locks(), dice.split());
    program.isTakeOver = program.aim.seen().has_value();
    if (program.isTakeOver || !program.aim.isLookDue()) {
        app::DeleteRequest request;
        request.session = place.id;
        request.wait = wait;
        request.takeOver = program.aim.seen();
        request.note.reason = nextReason();
        const auto report = co_await colleague.actions().remove(request);
        program.told = toldBy(report);
        m_ledger.note(request.note.reason, report);
    }
    colleague.watchSteps({});
    operation.program = program;
    operation.span.to = now();
    co_return operation;
}

/// Right before a delete takes its next step somebody acts on whatever lock is there, or a worker
/// that should have stopped caches the session again.
void Lane::strike(Place &place, Dice &dice)
{
    const bool isWriter = dice.chance(30);
    Strike program;
    program.lease = kShortLease;
    if (dice.chance(50))
        program.replacement = Token("striker-" + QByteArray::number(++m_acts));
    Operation operation;
    operation.span.from = now();
    std::optional<Token> found;
    if (isWriter)
        m_site.witness.writeCopy(place.id, sessions::serializeSession(sampleSession(place.id)));
    else
        found = m_site.witness.strike(place.id, program.replacement, program.lease);
    operation.span.to = now();
    if (isWriter) {
        operation.program = LateWrite{.stage = LateWrite::Stage::Copy};
    } else if (found) {
        program.found = *found;
        operation.program = program;
        place.named.insert(*found);
        if (program.replacement)
            place.tokens.push_back(*program.replacement);
    }
    if (isWriter || found)
        m_strikes.push_back(std::move(operation));
}

// Holds -----------------------------------------------------------------------------------

void Lane::obtain(Place &place, locks::LockProtocol &locks, const locks::HeldLock &lock,
                  bool isGuarded)
{
    if (std::ranges::find(place.tokens, lock.token) != place.tokens.end())
        complain(place, QStringLiteral("a token was made twice"));
    for (const auto &hold : place.holds) {
        if (hold->believes())
            m_rivals.push_back({hold->token(), lock.token});
    }
    place.tokens.push_back(lock.token);
    place.holds.push_back(std::make_shared<Hold>(m_site, locks, lock, isGuarded));
}

/// Most often the one of the owner that believes in it; or one that should be refused.
std::shared_ptr<Hold> Lane::drawHold(const Place &place, Dice &dice)
{
    const bool isToBelieve = dice.chance(75);
    std::vector<std::shared_ptr<Hold>> idle;
    std::vector<std::shared_ptr<Hold>> believing;
    for (const auto &hold : place.holds) {
        if (hold->isIdle())
            (hold->believes() ? believing : idle).push_back(hold);
    }
    const auto &some = (isToBelieve && !believing.empty()) || idle.empty() ? believing : idle;
    return some.empty() ? nullptr : some[std::size_t(dice.below(int(some.size())))];
}

} // namespace lockkeeper::model
