// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/workercall.h"

#include "demo/janitor.h"
#include "demo/nodes.h"
#include "demo/worker.h"

#include <QCoreApplication>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace lockkeeper::demo {

namespace {

constexpr QLatin1StringView kMark("--demo-worker");
constexpr QLatin1StringView kWork("work");
constexpr QLatin1StringView kCrash("crash");
constexpr QLatin1StringView kCleanUp("clean-up");

redis::ServerAddress serverAt(const QString &socketPath)
{
    redis::ServerAddress address;
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = socketPath;
    return address;
}

sessions::Dsn databaseAt(const QString &path)
{
    sessions::Dsn dsn;
    dsn.kind = sessions::Dsn::Kind::Sqlite;
    dsn.path = path;
    return dsn;
}

int fail(const Error &error)
{
    std::fprintf(stderr, "%s\n", qPrintable(describe(error)));
    return EXIT_FAILURE;
}

int work(const QString &socketPath, const QString &databasePath, const QString &listPath,
         int number)
{
    const auto sessions = readSessionList(listPath);
    if (!sessions)
        return fail(sessions.error());
    Worker worker(serverAt(socketPath), databaseAt(databasePath), *sessions, workerNode(number));
    worker.run();
    return QCoreApplication::exec();
}

/// Dies as a crash would have it: with the lock in its hands.
QCoro::Task<> takeLockAndDie(Worker &worker, SessionId session)
{
    const Result<void> taken = co_await worker.takeLock(session);
    if (taken)
        ::raise(SIGKILL);
    QCoreApplication::exit(fail(taken.error()));
}

int crash(const QString &socketPath, const QString &databasePath, const QString &session)
{
    Worker worker(serverAt(socketPath), databaseAt(databasePath), {}, kCrashingNode);
    takeLockAndDie(worker, SessionId(session.toUtf8()));
    return QCoreApplication::exec();
}

} // namespace

QStringList workerCall(const QString &socketPath, const QString &databasePath,
                       const QString &sessionListPath, int number)
{
    return {kMark, kWork, socketPath, databasePath, sessionListPath, QString::number(number)};
}

QStringList crashCall(const QString &socketPath, const QString &databasePath,
                      const QByteArray &sessionId)
{
    return {kMark, kCrash, socketPath, databasePath, QString::fromUtf8(sessionId)};
}

QStringList janitorCall(const QString &folder)
{
    return {kMark, kCleanUp, folder};
}

bool isWorkerCall(int argc, char **argv)
{
    return argc > 1 && QLatin1StringView(argv[1]) == kMark;
}

int runWorker(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList words = QCoreApplication::arguments().mid(2);
    const QString role = words.value(0);
    if (role == kWork && words.size() == 5)
        return work(words.at(1), words.at(2), words.at(3), words.at(4).toInt());
    if (role == kCrash && words.size() == 4)
        return crash(words.at(1), words.at(2), words.at(3));
    if (role == kCleanUp && words.size() == 2)
        return runJanitor(words.at(1));
    return fail({ErrorCode::InvalidInput,
                 QStringLiteral("this call is for the demo itself, not for people"),
                 {}});
}

} // namespace lockkeeper::demo
