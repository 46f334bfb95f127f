// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/waitersample.h"

#include "core/text.h"
#include "locks/lockattempt.h"
#include "locks/lockreader.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace lockkeeper::locks {

namespace {

constexpr int kMostAttempts = 50'000; ///< of different clients or tokens
constexpr qsizetype kLongestName = 120;

/// The tries to take a lock, by lock and token.
struct Attempts
{
    QHash<LockKey, QHash<Token, Waiter>> byKey;
    int count = 0;
    bool isCut = false;

    void add(const LockAttempt &attempt)
    {
        Waiter &waiter = byKey[attempt.key][attempt.token];
        if (waiter.attempts == 0 && ++count > kMostAttempts) {
            byKey[attempt.key].remove(attempt.token);
            --count;
            isCut = true;
            return;
        }
        ++waiter.attempts;
        waiter.token = attempt.token;
        waiter.address = attempt.address;
    }
};

/// The names that clients gave themselves, by address. Reads nothing else of CLIENT LIST.
QHash<QByteArray, QString> clientNames(const QByteArray &list)
{
    QHash<QByteArray, QString> names;
    for (const QByteArray &line : list.split('\n')) {
        QByteArray address;
        QByteArray name;
        for (const QByteArray &field : line.trimmed().split(' ')) {
            if (field.startsWith("addr="))
                address = field.sliced(5);
            else if (field.startsWith("name="))
                name = field.sliced(5);
        }
        if (!address.isEmpty() && !name.isEmpty())
            names.insert(address, printable(name.left(kLongestName)));
    }
    return names;
}

void addHeld(QList<ContendedLock> &locks, const ReadBatch &batch, const Attempts &attempts,
             const LockFamily &family)
{
    for (const ReadBatch::Entry &entry : batch.entries) {
        const bool isHeld =
            entry.observation && entry.observation->kind == LockObservation::Kind::Held;
        if (!isHeld)
            continue; // free by now: whoever asked has had it, or will
        ContendedLock lock{entry.key,
                           family.sessionOfLock(entry.key.bytes()).value_or(SessionId()),
                           entry.observation->token,
                           {}};
        for (const Waiter &waiter : attempts.byKey.value(entry.key)) {
            if (waiter.token != lock.heldBy)
                lock.waiters << waiter;
        }
        std::ranges::sort(lock.waiters, [](const Waiter &a, const Waiter &b) {
            return std::tie(a.address, a.token) < std::tie(b.address, b.token);
        });
        if (!lock.waiters.isEmpty())
            locks << lock;
    }
}

/// What was heard on one primary.
struct Heard
{
    QList<ContendedLock> locks;
    QHash<Token, SeenClient> clients;
};

void addNames(Heard &heard, const Result<redis::Reply> &list)
{
    if (!list || list->isError())
        return; // names are a courtesy, and need a right of their own
    const QHash<QByteArray, QString> names = clientNames(list->bytes());
    for (ContendedLock &lock : heard.locks) {
        for (Waiter &waiter : lock.waiters)
            waiter.clientName = names.value(waiter.address);
    }
    for (SeenClient &client : heard.clients)
        client.name = names.value(client.address);
}

/// Scripts name no client.
QHash<Token, SeenClient> clientsOf(const Attempts &attempts, WallTime now)
{
    QHash<Token, SeenClient> clients;
    for (const QHash<Token, Waiter> &byToken : attempts.byKey) {
        for (const Waiter &waiter : byToken) {
            if (!waiter.address.isEmpty())
                clients.insert(waiter.token, {waiter.address, {}, now});
        }
    }
    return clients;
}

/// A tap on one primary, and what it hears.
struct Ear
{
    redis::NodeId node;
    std::shared_ptr<Attempts> attempts = std::make_shared<Attempts>();
    std::unique_ptr<redis::MonitorTap> tap;
    QFuture<Result<redis::TapTally>> tally;

    Ear(redis::Client &client, const redis::Primary &primary, const LockFamily &family,
        redis::MonitorTap::Budget budget)
        : node(primary.id)
    {
        const int database = primary.address.database;
        const auto read = [attempts = attempts, family, database](QByteArrayView line) {
            if (const auto attempt = attemptFrom(line, family, database))
                attempts->add(*attempt);
        };
        tap = std::make_unique<redis::MonitorTap>(primary.address, budget, read);
        // Over a connection of its own, but the same user.
        QObject::connect(tap.get(), &redis::MonitorTap::refused, &client,
                         [&client] { emit client.refused(redis::Command{{"MONITOR"}}); });
        tally = tap->run();
    }
};

void addTally(WaiterSample &sample, const redis::TapTally &tally)
{
    sample.tally.span = std::max(sample.tally.span, tally.span);
    sample.tally.bytes += tally.bytes;
    sample.tally.lines += tally.lines;
    sample.tally.isCut = sample.tally.isCut || tally.isCut;
}

/// The locks that were asked for on one primary, and who asked.
Task<Heard> heardOn(redis::Client &client, redis::NodeId node, std::shared_ptr<Attempts> attempts,
                    LockFamily family, const Clock &clock)
{
    Heard heard;
    heard.clients = clientsOf(*attempts, clock.wall());
    const QList<LockKey> keys = attempts->byKey.keys();
    for (qsizetype first = 0; first < keys.size(); first += kReadBatch) {
        const QList<LockKey> some = keys.mid(first, kReadBatch);
        const Result<ReadBatch> batch = co_await readLocks(client, clock, some);
        if (!batch)
            co_return batch.error();
        addHeld(heard.locks, *batch, *attempts, family);
    }
    if (!heard.clients.isEmpty()) {
        const redis::Command list{{"CLIENT", "LIST"}};
        addNames(heard, co_await client.sendTo(node, list));
    }
    co_return heard;
}

} // namespace

Task<WaiterSample> sampleWaiters(redis::Client &client, LockFamily family, const Clock &clock,
                                 redis::MonitorTap::Budget budget)
{
    const QList<redis::Primary> primaries = client.primaries();
    budget.bytes /= std::max<qsizetype>(1, primaries.size());
    std::vector<Ear> ears; // all listen at the same time
    ears.reserve(primaries.size());
    for (const redis::Primary &primary : primaries)
        ears.emplace_back(client, primary, family, budget);
    WaiterSample sample;
    for (const Ear &ear : ears) {
        const Result<redis::TapTally> tally = co_await ear.tally;
        if (!tally)
            co_return tally.error();
        addTally(sample, *tally);
        sample.isCut = sample.isCut || ear.attempts->isCut;
    }
    for (const Ear &ear : ears) {
        const Result<Heard> heard = co_await heardOn(client, ear.node, ear.attempts, family, clock);
        if (!heard)
            co_return heard.error();
        sample.locks += heard->locks;
        sample.clients.insert(heard->clients);
    }
    std::ranges::sort(sample.locks, [](const ContendedLock &a, const ContendedLock &b) {
        return a.waiters.size() != b.waiters.size() ? a.waiters.size() > b.waiters.size()
                                                    : a.key < b.key;
    });
    co_return sample;
}

} // namespace lockkeeper::locks
