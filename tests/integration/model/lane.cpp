// SPDX-License-Identifier: GPL-3.0-or-later
#include "lane.h"

#include <qcorosignal.h>

namespace lockkeeper::model {

using namespace std::chrono_literals;

namespace {

constexpr int kPlaces = 3;
constexpr int kWorkers = 2;
constexpr int kOperators = 3; // as many as may act at once
/// Of one operation before another: it is through with its first steps by then.
constexpr milliseconds kHeadStart = 12ms;
/// What a store waits for a lock at the most.
constexpr milliseconds kStoreWait = 80ms;
/// A lease that ends later than this is not waited for.
constexpr milliseconds kPatience = 500ms;
/// How often a delete that left something behind is repeated, with nobody else there.
constexpr int kMostReruns = 2;

} // namespace

Worker::Worker(const Site &site, sessions::SessionDatabase &database)
    : client(site.target.server, {}, site.clock)
    , locks(client, site.target.family, site.clock)
    , cache(client, site.target.family)
    , store(locks, cache, database, site.clock, {.lockWait = kStoreWait})
{}

Lane::Lane(Site &site, int number, quint32 seed)
    : m_site(site)
    , m_number(number)
    , m_dice((std::uint64_t(seed) << 32U) + std::uint64_t(number))
    , m_auditFolder(site.folder + QStringLiteral("/audit-%1").arg(number))
{
    for (int i = 0; i < kPlaces; ++i)
        m_places.push_back(
            {.id = SessionId("lane-" + QByteArray::number(number) + ":" + QByteArray::number(i))});
    for (int i = 0; i < kWorkers; ++i)
        m_workers.push_back(std::make_unique<Worker>(site, site.workersDatabase));
    for (int i = 0; i < kOperators; ++i)
        m_operators.push_back(std::make_unique<Operator>(site, m_auditFolder));
}

QCoro::Task<> Lane::run(int operations)
{
    const bool isOpen = co_await open();
    if (isOpen) {
        while (m_done < operations && m_site.isWell())
            co_await step(m_places[std::size_t(m_dice.below(kPlaces))]);
        co_await finish();
    }
    co_await close();
}

QCoro::Task<bool> Lane::open()
{
    for (const auto &worker : m_workers) {
        if (const auto opened = co_await worker->client.open(); !opened)
            m_site.complain(opened.error().what);
    }
    for (const auto &one : m_operators) {
        if (const auto opened = co_await one->workspace().open(); !opened)
            m_site.complain(opened.error().what);
    }
    co_return m_site.isWell();
}

// Steps -----------------------------------------------------------------------------------

QCoro::Task<> Lane::step(Place &place)
{
    const Kind first = draw(place);
    if (first == Kind::Crash) {
        co_await crash(place);
        co_return;
    }
    if (first == Kind::Vanish) {
        co_await vanish(place);
        co_return;
    }
    static constexpr std::size_t kAtOnce[] = {1, 1, 2, 2, 3};
    const std::size_t atOnce = kAtOnce[m_dice.below(5)];
    std::vector<QCoro::Task<Operation>> underWay;
    underWay.push_back(begin(place, first, atOnce == 1));
    while (underWay.size() < atOnce) {
        const Kind kind = draw(place);
        if (kind != Kind::Crash && kind != Kind::Vanish)
            underWay.push_back(begin(place, kind, false));
    }
    std::vector<Operation> operations;
    for (auto &one : underWay) {
        Operation operation = co_await std::move(one);
        operations.push_back(std::move(operation));
    }
    std::ranges::move(m_strikes, std::back_inserter(operations));
    m_strikes.clear();
    co_await compare(place, std::move(operations), Extent::Lock);
}

/// Those that take place at once do not all begin at the same moment.
QCoro::Task<Operation> Lane::begin(Place &place, Kind kind, bool isAlone)
{
    Dice dice = m_dice.split();
    if (!isAlone && dice.chance(60))
        co_await after(dice.span(0ms, kHeadStart), nullptr);
    co_return co_await act(place, kind, dice);
}

QCoro::Task<Operation> Lane::act(Place &place, Kind kind, Dice dice)
{
    switch (kind) {
    case Kind::Renew:
        if (const auto hold = drawHold(place, dice))
            return hold->renew(dice);
        break;
    case Kind::Release:
        if (const auto hold = drawHold(place, dice))
            return hold->release();
        break;
    case Kind::AwaitEnd:
        return awaitEnd(place, dice);
    case Kind::Read:
        return dice.chance(50) ? read(place, dice) : readSlowly(place, dice);
    case Kind::Rename:
        return rename(place, dice);
    case Kind::LateWrite:
        return writeLate(place, dice);
    case Kind::Upsert:
        return upsert(place, dice);
    case Kind::TakeOver:
        return takeOver(place, dice);
    case Kind::ForceRelease:
        return forceRelease(place, dice);
    case Kind::Delete:
        return remove(place, dice, std::nullopt, dice.chance(50) ? 0ms : kStoreWait);
    case Kind::Acquire:
    case Kind::Vanish:
    case Kind::Crash:
        break;
    }
    return acquire(place, dice);
}

Lane::Kind Lane::draw(const Place &place)
{
    static constexpr std::pair<Kind, int> kShares[] = {
        {Kind::Acquire, 240}, {Kind::Renew, 150},   {Kind::Release, 160},     {Kind::AwaitEnd, 60},
        {Kind::Vanish, 12},   {Kind::Read, 90},     {Kind::Rename, 25},       {Kind::LateWrite, 10},
        {Kind::Upsert, 80},   {Kind::TakeOver, 60}, {Kind::ForceRelease, 80}, {Kind::Delete, 90},
        {Kind::Crash, 8},
    };
    int all = 0;
    for (const auto &[kind, share] : kShares)
        all += isPossible(place, kind) ? share : 0;
    int drawn = m_dice.below(all);
    for (const auto &[kind, share] : kShares) {
        drawn -= isPossible(place, kind) ? share : 0;
        if (drawn < 0)
            return kind;
    }
    Q_UNREACHABLE();
}

bool Lane::isPossible(const Place &place, Kind kind) const
{
    switch (kind) {
    case Kind::Renew:
    case Kind::Release:
        return std::ranges::any_of(place.holds, &Hold::isIdle);
    case Kind::Vanish:
        return !place.holds.empty();
    case Kind::AwaitEnd:
        return place.state.lock && place.state.lock->goneBy < now() + kPatience;
    case Kind::TakeOver:
    case Kind::ForceRelease:
        return !place.tokens.empty();
    case Kind::Acquire:
    case Kind::Read:
    case Kind::Rename:
    case Kind::LateWrite:
    case Kind::Upsert:
    case Kind::Delete:
        break;
    case Kind::Crash:
        return place.state.hasRow;
    }
    return true;
}

/// An owner dies without a word: its lock goes with its lease.
QCoro::Task<> Lane::vanish(Place &place)
{
    const auto hold = drawHold(place, m_dice);
    co_await hold->vanish();
    std::erase(place.holds, hold);
    place.history += QStringLiteral("the owner of %1 vanished").arg(shortText(hold->token()));
    m_site.tally.count(hold->isGuarded() ? QStringLiteral("crash of a worker with a guard")
                                         : QStringLiteral("crash of a worker"));
    ++m_site.operations;
    ++m_done;
    const std::vector<Operation> nobody;
    co_await compare(place, nobody, Extent::Lock);
}

// The end ---------------------------------------------------------------------------------

QCoro::Task<> Lane::finish()
{
    for (Place &place : m_places) {
        if (m_site.isWell())
            co_await putInOrder(place);
    }
    if (m_site.isWell())
        co_await checkAudit();
}

/// Owners let go, what is still locked is released, and what a delete left behind is deleted.
QCoro::Task<> Lane::putInOrder(Place &place)
{
    for (const auto &hold : std::vector(place.holds)) {
        std::vector<Operation> one;
        Operation released = co_await hold->release();
        one.push_back(std::move(released));
        co_await compare(place, std::move(one), Extent::Lock);
    }
    if (place.state.lock) {
        std::vector<Operation> one;
        Operation released =
            co_await forceRelease(place, m_dice.split(), Aim::at(place.state.lock->token));
        one.push_back(std::move(released));
        co_await compare(place, std::move(one), Extent::All);
    }
    for (int i = 0; place.state.isCutShort() && i < kMostReruns; ++i) {
        std::vector<Operation> one;
        Operation removed = co_await remove(place, m_dice.split(), Aim(), 0ms);
        one.push_back(std::move(removed));
        co_await compare(place, std::move(one), Extent::All);
    }
    const std::vector<Operation> nobody;
    co_await compare(place, nobody, Extent::All);
    if (place.state.lock || place.state.isCutShort())
        complain(place, QStringLiteral("it could not be put in order"));
    if (place.state.hasCopy)
        m_site.keysLeft.insert(m_site.target.family.cacheKey(place.id).bytes());
    if (place.state.hasRow)
        m_site.rowsLeft.insert(place.id.bytes());
}

QCoro::Task<> Lane::close()
{
    for (Place &place : m_places) {
        for (const auto &hold : place.holds)
            co_await hold->vanish();
    }
    for (const auto &one : m_operators) {
        one->workspace().close();
        co_await qCoro(&one->workspace(), &app::Workspace::closed);
    }
    for (const auto &worker : m_workers)
        worker->client.close();
}

Worker &Lane::anyWorker(Dice &dice)
{
    return *m_workers[std::size_t(dice.below(kWorkers))];
}

Operator &Lane::anyOperator(Dice &dice)
{
    return *m_operators[std::size_t(dice.below(kOperators))];
}

Operator &Lane::idleOperator()
{
    const auto isIdle = [](const auto &one) { return !one->isDeleting(); };
    return **std::ranges::find_if(m_operators, isIdle);
}

QString Lane::nextReason()
{
    return QStringLiteral("act %1 of lane %2").arg(++m_acts).arg(m_number);
}

LockKey Lane::lockKey(const Place &place) const
{
    return m_site.target.family.lockKey(place.id);
}

} // namespace lockkeeper::model
