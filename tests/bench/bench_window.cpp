// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the window keeps up: 10,000 locks listed, 1,000 changes of locks a second.
#include "gui/views/appearance.h"
#include "gui/views/detailspane.h"
#include "gui/views/lockspage.h"
#include "gui/views/locktable.h"
#include "gui/views/mainwindow.h"
#include "gui/views/workspacehost.h"
#include "rununtil.h"
#include "stallmeter.h"
#include "support/redisserver.h"

#include <QApplication>
#include <QEventLoop>
#include <QProcess>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTextStream>

#include <random>

using namespace lockkeeper;
using namespace std::chrono_literals;
using test::RawRedis;
using test::RedisServer;
using test::runUntil;
using test::StallMeter;

namespace {

constexpr int kLocks = 10'000;
constexpr int kChangesPerSecond = 1000;
constexpr auto kTick = 10ms;
constexpr auto kMeasured = 10s;

QByteArray lockKey(int i)
{
    return "chat:session_lock:session-" + QByteArray::number(i);
}

/// The child: releases locks and takes them again, as workers would.
int runLoad(const QString &socket)
{
    RawRedis redis(socket);
    std::mt19937 random(1);
    std::vector<bool> isHeld(kLocks, true);
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&timer, &QTimer::timeout, [&] {
        constexpr int kChanges = kChangesPerSecond * static_cast<int>(kTick.count()) / 1000;
        for (int change = 0; change < kChanges; ++change) {
            const auto i = random() % kLocks;
            const QByteArray key = lockKey(static_cast<int>(i));
            if (isHeld[i])
                redis.send({"DEL", key});
            else
                redis.send({"SET", key, QByteArray::number(quint64(random()), 16), "PX", "60000"});
            isHeld[i] = !isHeld[i];
        }
        for (int change = 0; change < kChanges; ++change) {
            if (redis.next() == QVariant(QByteArray("-LOST")))
                QCoreApplication::quit();
        }
    });
    timer.start(kTick);
    return QCoreApplication::exec();
}

void fill(RedisServer &server)
{
    server.redis({"EVAL",
                  "for i = 0, tonumber(ARGV[1]) - 1 do "
                  "redis.call('set', 'chat:session_lock:session-' .. i, 'token-' .. i, 'px', 60000 "
                  "+ i % 30000) "
                  "redis.call('set', 'chat:session:session-' .. i, '{\"session_id\":\"session-' .. "
                  "i .. '\",\"user_id\":\"user\",\"title\":\"Title ' .. i .. "
                  "'\",\"messages\":[]}') end",
                  "0", QByteArray::number(kLocks)});
}

qint64 scans(RedisServer &server)
{
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    const qsizetype at = stats.indexOf("cmdstat_scan:calls=");
    return at < 0 ? 0 : stats.mid(at + 19, stats.indexOf(',', at) - at - 19).toLongLong();
}

void runFor(milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

struct Bench
{
    RedisServer &server;
    gui::WorkspaceHost &host;
    gui::MainWindow &window;
    QTextStream out{stdout};

    void list()
    {
        StallMeter meter;
        meter.start();
        host.open(Result<app::Target>(
            app::Target{.name = QStringLiteral("bench"), .server = server.address()}));
        auto &model = window.locksPage().model();
        runUntil([&] {
            return host.workspace()->monitor().feed().isTrusted && model.heldCount() >= kLocks;
        });
        meter.stop();
        out << "listing " << model.heldCount() << " locks: gaps " << meter.gaps() << "; work "
            << meter.work() << "\n";
        out.flush();
    }

    /// A lock is selected whose cached session is large.
    void open(const QString &what, const QByteArray &messages)
    {
        server.redis({"SET", "chat:session:session-0",
                      R"({"session_id":"session-0","user_id":"user","title":"Large","usage":[],)"
                      R"("started_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",)"
                      R"("messages":[)" +
                          messages + "]}"});
        auto *pane = window.findChild<gui::DetailsPane *>();
        runFor(1s);
        StallMeter meter;
        meter.start();
        pane->showLock(LockKey(lockKey(0)));
        runUntil([&] { return pane->isLoaded(); });
        runFor(500ms);
        pane->showLock(std::nullopt);
        runFor(500ms);
        meter.stop();
        out << what << " opened and closed: gaps " << meter.gaps() << "; work " << meter.work()
            << "\n";
        out.flush();
    }

    void follow(const QString &what, int column)
    {
        window.locksPage().table().sortByColumn(column, Qt::AscendingOrder);
        runFor(1s);
        const qint64 scansBefore = scans(server);
        int events = 0;
        QObject context;
        QObject::connect(&host.workspace()->monitor(), &locks::LockMonitor::changed, &context,
                         [&](const locks::RegistryDelta &delta) {
                             events += static_cast<int>(delta.events.size());
                         });
        StallMeter meter;
        meter.start();
        runFor(kMeasured);
        meter.stop();
        out << what << ": " << events * 1000 / milliseconds(kMeasured).count()
            << " changes/s; gaps " << meter.gaps() << "; work " << meter.work() << "; "
            << QString::number(meter.load(), 'f', 0) << " % of a core; "
            << scans(server) - scansBefore << " SCANs\n";
        out.flush();
    }
};

} // namespace

int main(int argc, char **argv)
{
    if (argc == 3 && QByteArrayView(argv[1]) == "--load") {
        QCoreApplication loader(argc, argv);
        return runLoad(QString::fromLocal8Bit(argv[2]));
    }
    QApplication application(argc, argv);
    RedisServer server;
    if (!server.start()) {
        QTextStream(stderr) << server.reason() << "\n";
        return 1;
    }
    fill(server);
    QTemporaryDir folder;
    SystemClock clock;
    gui::Appearance appearance(application);
    gui::WorkspaceHost host(clock, folder.filePath(QStringLiteral("audit")));
    gui::MainWindow window(host, appearance, clock);
    window.show();
    Bench bench{server, host, window};
    bench.list();
    const QByteArray message = R"({"role":"user","content":")";
    bench.open(QStringLiteral("a session of 50 MB, one message"),
               message + QByteArray(50 << 20, 'x') + "\"}");
    const QByteArray one = message + QByteArray(1000, 'x') + "\"},";
    bench.open(QStringLiteral("a session of 50 MB, 50,000 messages"),
               one.repeated(50'000).chopped(1));
    QProcess load;
    load.start(QCoreApplication::applicationFilePath(),
               {QStringLiteral("--load"), server.socketPath()});
    bench.follow(QStringLiteral("sorted by state"), static_cast<int>(gui::LockColumn::State));
    bench.follow(QStringLiteral("sorted by TTL"), static_cast<int>(gui::LockColumn::Ttl));
    auto *bar = window.locksPage().table().verticalScrollBar();
    bar->setValue(bar->maximum() / 2);
    bench.follow(QStringLiteral("scrolled to the middle"), static_cast<int>(gui::LockColumn::Ttl));
    load.kill();
    load.waitForFinished();
    QObject::connect(&host, &gui::WorkspaceHost::finished, &application, &QApplication::quit);
    window.close();
    host.close();
    QApplication::exec();
    return 0;
}
