// SPDX-License-Identifier: GPL-3.0-or-later
// Increments a counter by GET and SET, guarded by Lockkeeper's lock only.
// usage: interop_worker SOCKET SESSION COUNTER TIMES
#include "core/clock.h"
#include "core/flows.h"
#include "locks/lockprotocol.h"
#include "redis/client.h"

#include <QCoreApplication>

#include <cstdio>
#include <cstdlib>
#include <random>

using namespace lockkeeper;
using namespace std::chrono_literals;

namespace {

redis::ServerAddress serverAt(const QString &socketPath)
{
    redis::ServerAddress address;
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = socketPath;
    return address;
}

/// Reads, thinks, and writes what it thought of: two at a time would lose one.
Task<void> increment(redis::Client &client, QByteArray counter, milliseconds thought)
{
    const auto read = co_await client.send(redis::commands::get(counter));
    if (!read)
        co_return read.error();
    const int value = read->bytes().toInt();
    const Result<void> rested = co_await after(thought, &client);
    if (!rested)
        co_return rested;
    const redis::Command set{{"SET", counter, QByteArray::number(value + 1)},
                             redis::Effect::Mutation};
    const auto written = co_await client.send(set);
    if (!written)
        co_return written.error();
    co_return {};
}

Task<void> work(redis::Client &client, locks::LockProtocol &locks, SessionId session,
                QByteArray counter, int times)
{
    std::mt19937 random{std::random_device{}()};
    const Result<void> opened = co_await client.open();
    if (!opened)
        co_return opened;
    locks::LockProtocol::AcquireOptions options;
    options.wait = 120s;
    for (int i = 0; i < times; ++i) {
        const auto held = co_await locks.acquire(session, options);
        if (!held)
            co_return held.error();
        const milliseconds thought(std::uniform_int_distribution<int>(0, 4)(random));
        const Result<void> done = co_await increment(client, counter, thought);
        const auto released = co_await locks.release(held->key, held->token);
        if (!done)
            co_return done;
        if (!released)
            co_return released.error();
        if (!released->isDone)
            co_return Error{ErrorCode::LeaseLost, QStringLiteral("the lock was not ours"), {}};
    }
    co_return {};
}

QCoro::Task<> workAndQuit(redis::Client &client, locks::LockProtocol &locks, SessionId session,
                          QByteArray counter, int times)
{
    const Result<void> done = co_await work(client, locks, session, counter, times);
    if (!done)
        std::fprintf(stderr, "%s\n", qPrintable(describe(done.error())));
    QCoreApplication::exit(done ? EXIT_SUCCESS : EXIT_FAILURE);
}

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    if (words.size() != 5)
        return EXIT_FAILURE;
    const SystemClock clock;
    redis::Client client(serverAt(words.at(1)), redis::Client::Options{}, clock);
    locks::LockProtocol locks(client, locks::LockFamily{}, clock);
    workAndQuit(client, locks, SessionId(words.at(2).toUtf8()), words.at(3).toUtf8(),
                words.at(4).toInt());
    return QCoreApplication::exec();
}
