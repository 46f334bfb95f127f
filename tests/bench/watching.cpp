// SPDX-License-Identifier: GPL-3.0-or-later
#include "watching.h"

#include "support/await.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

namespace lockkeeper::bench {

Watching::Watching(const redis::ServerAddress &address)
    : client(address, {}, clock)
    , push(address, {"chat:session_lock:", "chat:session:"}, clock)
    , monitor(client, push, {}, clock)
{
    if (!test::await(client.open()))
        qFatal("no connection to the server");
}

Watching::~Watching()
{
    monitor.stop();
    push.close();
    client.close();
}

double Watching::snapshot(redis::Scanner::Pace pace)
{
    QEventLoop loop;
    QObject::connect(&monitor, &locks::LockMonitor::feedChanged, &loop,
                     [&loop](const locks::FeedStatus &feed) {
                         if (feed.isTrusted)
                             loop.quit();
                     });
    // As the user's F5 does: the scan that has just begun starts over, without rests.
    if (pace == redis::Scanner::Pace::Full)
        QObject::connect(&push, &redis::ChangeFeed::established, &loop,
                         [this] { monitor.rescan(); });
    QElapsedTimer timer;
    timer.start();
    monitor.start();
    loop.exec();
    return static_cast<double>(timer.nsecsElapsed()) / 1e9;
}

void runFor(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
}

} // namespace lockkeeper::bench
