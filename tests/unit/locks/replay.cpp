// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay.h"

#include "core/text.h"

using namespace std::chrono_literals;

namespace lockkeeper::test {

using locks::HoldEnd;
using locks::LockEvent;
using locks::LockFamily;
using locks::LockRecord;

namespace {

constexpr int kSteps = 120;

} // namespace

Replay::Replay(std::uint64_t seed)
    : m_dice(seed)
    , m_server(m_clock, m_dice)
    , m_registry(LockFamily{}, m_clock)
    , m_monitor(m_clock, m_dice, m_server, m_registry)
{
    const int keys = 1 + m_dice.pick(6);
    for (int i = 0; i < keys; ++i)
        m_keys << "chat:session_lock:s" + QByteArray::number(i);
}

QStringList Replay::run()
{
    for (int i = m_dice.pick(8); i > 0; --i)
        actOnce();
    for (int step = 0; step < kSteps && m_complaints.isEmpty(); ++step) {
        if (m_dice.chance(0.3))
            m_monitor.connectFeed();
        if (m_dice.chance(0.4))
            act();
        if (m_dice.chance(0.03))
            loseSomething();
        m_monitor.turn(true);
        if (m_dice.chance(0.5))
            takeDelta();
        const bool isLong = m_dice.chance(0.1);
        m_clock.advance(std::chrono::microseconds(m_dice.pick(isLong ? 200'000 : 4'000)));
    }
    comeToRest();
    compare();
    checkHistory();
    return m_complaints;
}

milliseconds Replay::someTtl()
{
    switch (m_dice.pick(4)) {
    case 0:
        return milliseconds(1 + m_dice.pick(30));
    case 1:
        return milliseconds(30 + m_dice.pick(400));
    case 2:
        return 60s;
    default:
        return 300s;
    }
}

QByteArray Replay::someKey()
{
    return m_keys.at(m_dice.pick(int(m_keys.size())));
}

QByteArray Replay::newToken()
{
    return "token-" + QByteArray::number(++m_tokens);
}

// The world -----------------------------------------------------------------------------------

void Replay::act()
{
    for (int i = 1 + m_dice.pick(3); i > 0; --i) {
        actOnce();
        if (m_dice.chance(0.6))
            m_server.endTurn();
    }
    m_server.endTurn();
}

void Replay::actOnce()
{
    const QByteArray key = someKey();
    const auto *entry = m_server.get(key);
    const QByteArray token = entry ? entry->token : QByteArray();
    switch (m_dice.pick(16)) {
    case 0:
        m_server.setIfAbsent(key, newToken(), std::nullopt);
        break;
    case 1:
    case 2:
        m_server.remove(key, token);
        m_server.setIfAbsent(key, newToken(), someTtl());
        break;
    case 3:
    case 4:
    case 5:
        m_server.remove(key, token);
        break;
    case 6:
        m_server.expire(key, someTtl());
        break;
    case 7:
        m_server.persist(key);
        break;
    case 8:
        m_server.rename(key, m_dice.chance(0.8) ? someKey() : QByteArray("chat:session:elsewhere"));
        break;
    case 9:
        if (m_dice.chance(0.3))
            m_server.makeHash(key);
        break;
    case 10:
        if (m_dice.chance(0.1))
            m_server.flush();
        break;
    case 11:
        m_server.expireSome();
        break;
    case 12:
        actOurselves(key);
        break;
    default:
        m_server.setIfAbsent(key, newToken(), someTtl());
        break;
    }
}

void Replay::actOurselves(const QByteArray &key)
{
    const LockRecord *row = m_registry.find(LockKey(key));
    if (!row || row->isForeign())
        return;
    const auto *entry = m_server.get(key);
    const bool isCurrent = entry && !entry->isHash && entry->token == row->token.bytes();
    const bool isTakeOver = m_dice.chance(0.5);
    const Token seen = row->token;
    m_registry.expectEnd(LockKey(key), seen,
                         isTakeOver ? HoldEnd::TakenOver : HoldEnd::ForceReleased);
    if (!isCurrent)
        m_registry.withdrawExpectation(LockKey(key), seen);
    else if (isTakeOver)
        m_server.replace(key, newToken(), 60s);
    else
        m_server.remove(key, seen.bytes());
}

void Replay::loseSomething()
{
    switch (m_dice.pick(4)) {
    case 0:
        m_monitor.loseFeed();
        break;
    case 1:
        m_monitor.loseClient();
        break;
    case 2:
        m_monitor.rescan();
        break;
    default:
        m_registry.changed("chat:session:other"); // forged, and none of ours
        m_registry.found("unrelated");
        break;
    }
}

// Verdicts ------------------------------------------------------------------------------------

void Replay::takeDelta()
{
    const auto delta = m_registry.takeDelta();
    for (const LockKey &key : delta.removed) {
        if (!m_mirror.remove(key))
            complain(u"removed, but never known: " + printable(key.bytes()));
    }
    for (const LockRecord &record : delta.upserted)
        m_mirror.insert(record.key, record);
    bool isMirrored = m_mirror.size() == m_registry.records().size();
    for (const LockRecord &record : m_registry.records())
        isMirrored =
            isMirrored && m_mirror.contains(record.key) && m_mirror.value(record.key) == record;
    if (!isMirrored)
        complain(QStringLiteral("the deltas do not add up to the records"));
    for (const LockEvent &event : delta.events)
        checkEvent(event);
    for (const LockRecord &record : m_registry.records()) {
        // A read that took too long to tell a deadline is repeated.
        if (m_registry.isSynced() && !record.isVerified && !m_registry.isToBeRead(record.key))
            complain(u"synced, but not verified: " + printable(record.key.bytes()));
    }
}

bool Replay::isQuiet() const
{
    return m_monitor.isIdle() && !isNearDeadline();
}

bool Replay::isNearDeadline() const
{
    for (const LockRecord &record : m_registry.records()) {
        if (record.deadline &&
            std::chrono::abs(*record.deadline - m_clock.steady()) < m_monitor.doubt(record.key))
            return true;
    }
    return false;
}

void Replay::comeToRest()
{
    m_monitor.connectFeed();
    const int readsBefore = m_monitor.readCount();
    for (int i = 0; i < 5'000; ++i) {
        m_monitor.turn(false);
        const auto check = m_registry.nextExpiryCheck();
        if (check && *check <= m_clock.steady())
            complain(QStringLiteral("a check is due right after expireDue()"));
        if (isQuiet())
            break;
        m_clock.advance(1ms);
    }
    takeDelta();
    if (!isQuiet())
        complain(QStringLiteral("it does not come to rest"));
    const int reads = m_monitor.readCount() - readsBefore;
    if (reads > 60 * int(m_keys.size()))
        complain(u"%1 reads to come to rest"_qs.arg(reads));
}

void Replay::compare()
{
    if (!m_registry.isSynced())
        complain(QStringLiteral("at rest, but not synced"));
    const auto live = m_server.liveKeys();
    qsizetype locks = 0;
    for (const QByteArray &key : live) {
        if (!LockFamily{}.sessionOfLock(key))
            continue;
        ++locks;
        compareRow(key);
    }
    if (m_registry.records().size() != locks)
        complain(u"%1 rows for %2 locks"_qs.arg(m_registry.records().size()).arg(locks));
}

void Replay::compareRow(const QByteArray &key)
{
    const auto *entry = m_server.get(key);
    const LockRecord *row = m_registry.find(LockKey(key));
    if (!row)
        return complain(u"no row for " + printable(key));
    if (row->isForeign() != entry->isHash || row->token.bytes() != entry->token)
        complain(u"wrong token: " + printable(row->token.bytes()) + u" for " +
                 printable(entry->token));
    if (!row->isVerified)
        complain(u"not verified: " + printable(key));
    if (row->deadline.has_value() != entry->expiresAt.has_value())
        complain(u"deadline or not: " + printable(key));
    else if (row->deadline && std::chrono::abs(*row->deadline - m_server.deadline(*entry)) >
                                  m_monitor.doubt(row->key))
        complain(u"deadline of " + printable(key) + u" is wrong");
    compareStory(*row);
}

void Replay::compareStory(const LockRecord &row)
{
    const QString key = printable(row.key.bytes());
    const Story story = m_stories.value(row.key);
    if (story.isHeld != !row.isForeign() || (story.isHeld && story.token != row.token))
        return complain(u"the events tell another story of " + key);
    if (!story.isHeld)
        return;
    if (story.deadline.has_value() != row.deadline.has_value())
        return complain(u"the events tell of a deadline of " + key + u", or of none, wrongly");
    constexpr milliseconds kStep(50); // what is less is not told
    if (row.deadline && std::chrono::abs(*story.deadline - wallTimeOf(*row.deadline, m_clock)) >
                            kStep + m_monitor.doubt(row.key) + m_monitor.worstDoubt(row.key))
        complain(u"the events tell another deadline of " + key);
}

void Replay::checkEvent(const LockEvent &event)
{
    ++m_eventCount;
    if (event.kind == LockEvent::Kind::Synced)
        return;
    Story &story = m_stories[event.key];
    const QString what = printable(event.key.bytes()) + u' ' + locks::name(event) + u' ' +
                         printable(event.token.bytes());
    switch (event.kind) {
    case LockEvent::Kind::Synced:
        break;
    case LockEvent::Kind::Snapshot:
    case LockEvent::Kind::Acquired:
        if (story.isHeld)
            complain(u"began while held: " + what);
        story = {true, event.token, {}};
        break;
    case LockEvent::Kind::Renewed:
        if (!story.isHeld || story.token != event.token)
            complain(u"renewed, but not held: " + what);
        break;
    case LockEvent::Kind::Ended:
        ++m_endings;
        if (!story.isHeld || story.token != event.previousToken.value_or(event.token))
            complain(u"ended, but not held: " + what);
        story = {event.previousToken.has_value(), event.token, {}};
        break;
    }
    story.deadline = event.ttl ? std::optional(event.at + *event.ttl) : std::nullopt;
}

void Replay::checkHistory()
{
    const auto &holds = m_registry.history().holds();
    if (int(holds.size()) != m_endings)
        complain(u"%1 holds in the history, %2 endings"_qs.arg(holds.size()).arg(m_endings));
    QHash<LockKey, WallTime> lastEnd;
    for (const auto &hold : holds) {
        if (hold.endedAt < hold.acquiredAt)
            complain(u"ended before it began: " + printable(hold.token.bytes()));
        if (lastEnd.contains(hold.key) && hold.acquiredAt + 1us < lastEnd.value(hold.key))
            complain(u"two holds at once: " + printable(hold.token.bytes()));
        lastEnd.insert(hold.key, hold.endedAt);
    }
}

void Replay::complain(const QString &what)
{
    m_complaints << what;
}

} // namespace lockkeeper::test
