// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the window keeps up: 100,000 rows, 10,000 changes a second, sessions of 50 MB.
#include "app/workspace.h"
#include "benches.h"
#include "benchserver.h"
#include "benchwindow.h"
#include "gui/views/detailspane.h"
#include "gui/views/locktable.h"
#include "report.h"
#include "stallmeter.h"
#include "watching.h"
#include "writers.h"

#include <QLocale>
#include <QScrollBar>

namespace lockkeeper::bench {

namespace {

constexpr int kChangesPerSecond = 10'000;
constexpr double kLongestMs = 16;
constexpr std::chrono::seconds kMeasured{6};

class WindowBench
{
public:
    WindowBench(Report &report, int rows)
        : m_report(report)
        , m_rows(rows)
        , m_name(QLocale(QLocale::English).toString(rows) + u" rows")
    {
        m_server.addLocks(rows);
    }

    void list()
    {
        StallMeter meter;
        meter.start();
        m_window.open(m_server.address(), m_rows, true);
        meter.stop();
        tell(QStringLiteral("stalls of the window while it lists ") + m_name, meter);
    }

    void open(const QString &what, const QByteArray &messages)
    {
        const QByteArray id = BenchServer::lockKey(0).mid(qstrlen("chat:session_lock:"));
        m_server.server().redis(
            {"SET", "chat:session:" + id,
             R"({"session_id":")" + id +
                 R"(","user_id":"user","title":"Large","usage":[],)"
                 R"("started_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z",)"
                 R"("messages":[)" +
                 messages + "]}"});
        auto &pane = m_window.window().details();
        runFor(std::chrono::seconds(1));
        StallMeter meter;
        meter.start();
        pane.showLock(LockKey(BenchServer::lockKey(0)));
        for (int i = 0; i < 600 && !pane.isLoaded(); ++i)
            runFor(std::chrono::milliseconds(50));
        pane.showLock(std::nullopt);
        runFor(std::chrono::milliseconds(500));
        meter.stop();
        tell(QStringLiteral("stalls of the window while it opens ") + what, meter);
    }

    void follow(const QString &what, gui::LockColumn column)
    {
        m_window.window().locksPage().table().sortByColumn(static_cast<int>(column),
                                                           Qt::AscendingOrder);
        runFor(std::chrono::seconds(1));
        int events = 0;
        QObject context;
        QObject::connect(&m_window.host().workspace()->monitor(), &locks::LockMonitor::changed,
                         &context, [&events](const locks::RegistryDelta &delta) {
                             events += static_cast<int>(delta.events.size());
                         });
        StallMeter meter;
        meter.start();
        runFor(kMeasured);
        meter.stop();
        const QLocale english(QLocale::English);
        tell(QStringLiteral("stalls of the window, %1, %2 changes/s, %3")
                 .arg(m_name, english.toString(events / kMeasured.count() / 100 * 100), what),
             meter);
    }

    void scrollToTheMiddle()
    {
        QScrollBar *bar = m_window.window().locksPage().table().verticalScrollBar();
        bar->setValue(bar->maximum() / 2);
    }

    [[nodiscard]] QString socketPath() { return m_server.server().socketPath(); }
    [[nodiscard]] int rows() const { return m_rows; }

private:
    void tell(const QString &what, const StallMeter &meter)
    {
        m_report.add({.what = what,
                      .ours = meter.gaps().text() +
                              QStringLiteral(" (of our own work p99 %1; %2 % of a core)")
                                  .arg(msText(meter.work().at(0.99)))
                                  .arg(meter.load(), 0, 'f', 0),
                      .target = QStringLiteral("p99 ≤ 16 ms"),
                      .isMet = meter.gaps().at(0.99) <= kLongestMs});
    }

    BenchServer m_server;
    BenchWindow m_window;
    Report &m_report;
    int m_rows;
    QString m_name;
};

} // namespace

void measureWindow(Report &report, const Scale &scale)
{
    report.begin(QStringLiteral("Whether the window keeps up"));
    WindowBench bench(report, scale.rows);
    bench.list();
    const QByteArray message = R"({"role":"user","content":")";
    bench.open(QStringLiteral("a session of 50 MB, one message"),
               message + QByteArray(50 << 20, 'x') + "\"}");
    const QByteArray one = message + QByteArray(1000, 'x') + "\"},";
    bench.open(QStringLiteral("a session of 50 MB, 50,000 messages"),
               one.repeated(50'000).chopped(1));
    const auto load = startLoad(bench.socketPath(), kChangesPerSecond, bench.rows());
    bench.follow(QStringLiteral("sorted by state"), gui::LockColumn::State);
    bench.follow(QStringLiteral("sorted by TTL"), gui::LockColumn::Ttl);
    bench.scrollToTheMiddle();
    bench.follow(QStringLiteral("scrolled to the middle"), gui::LockColumn::Ttl);
}

} // namespace lockkeeper::bench
