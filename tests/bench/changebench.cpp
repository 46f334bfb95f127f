// SPDX-License-Identifier: GPL-3.0-or-later
// From redis-py's SET NX to our row, beside the least that can know of it.
#include "baresubscriber.h"
#include "benches.h"
#include "benchserver.h"
#include "gui/models/locktablemodel.h"
#include "report.h"
#include "samples.h"
#include "watching.h"
#include "writers.h"

#include <QLocale>

namespace lockkeeper::bench {

namespace {

using Kind = BareSubscriber::Kind;

constexpr int kLocks = 5000;
constexpr int kRounds = 4;
constexpr std::chrono::milliseconds kMeasured{2000};

Samples bare(BenchServer &server, Kind kind)
{
    BareSubscriber subscriber(server.socketPath(), kind);
    runFor(kMeasured);
    return subscriber.stop();
}

/// Until the monitor says the row.
Samples ofRows(BenchServer &server)
{
    Watching watching(server.address());
    watching.snapshot(redis::Scanner::Pace::Full);
    Samples samples;
    QObject context;
    QObject::connect(&watching.monitor, &locks::LockMonitor::changed, &context,
                     [&](const locks::RegistryDelta &delta) {
                         for (const locks::LockEvent &event : delta.events) {
                             const long long at = takenAt(event.key.bytes());
                             if (at > 0 && event.kind == locks::LockEvent::Kind::Acquired)
                                 samples.add(sinceTaken(at));
                         }
                     });
    runFor(kMeasured);
    return samples;
}

/// Until the window's model has taken it over, which it does 20 times a second at most.
Samples ofTheModel(BenchServer &server)
{
    Watching watching(server.address());
    gui::LockTableModel model(watching.clock);
    model.begin({}, {});
    QObject::connect(&watching.monitor, &locks::LockMonitor::changed, &model,
                     &gui::LockTableModel::apply);
    watching.snapshot(redis::Scanner::Pace::Full);
    runFor(std::chrono::milliseconds(100));
    Samples samples;
    QList<LockKey> awaited;
    QObject::connect(&watching.monitor, &locks::LockMonitor::changed, &model,
                     [&](const locks::RegistryDelta &delta) {
                         for (const locks::LockEvent &event : delta.events) {
                             if (takenAt(event.key.bytes()) > 0 &&
                                 event.kind == locks::LockEvent::Kind::Acquired)
                                 awaited.append(event.key);
                         }
                     });
    QObject::connect(&model, &gui::LockTableModel::updated, &model, [&] {
        awaited.removeIf([&](const LockKey &key) {
            if (model.rowOf(key) < 0)
                return false;
            samples.add(sinceTaken(takenAt(key.bytes())));
            return true;
        });
    });
    runFor(kMeasured);
    return samples;
}

void measureAt(BenchServer &server, Report &report, int perSecond)
{
    const QString rate =
        perSecond == 0
            ? QStringLiteral("at rest")
            : QStringLiteral("at %1 changes/s").arg(QLocale(QLocale::English).toString(perSecond));
    report.begin(QStringLiteral("From redis-py's SET NX to the row, ") + rate);
    server.flush();
    server.addLocks(kLocks);
    const auto load = perSecond > 0 ? startLoad(server.server().socketPath(), perSecond, kLocks)
                                    : std::unique_ptr<test::PythonWorker>();
    // At rest means: nothing has happened for longer than the model's pause between two updates.
    const auto probe = startProbe(server.server().socketPath(), perSecond == 0 ? 15 : 100);
    Samples received, reread, rows, model;
    for (int round = 0; round < kRounds; ++round) {
        received.add(bare(server, Kind::Receives));
        reread.add(bare(server, Kind::Rereads));
        rows.add(ofRows(server));
        model.add(ofTheModel(server));
    }
    const QString what = QStringLiteral("change to exact row, ") + rate;
    const double ratio = rows.median() / reread.median();
    report.add({.what = what + u", p50",
                .ours = rows.text(),
                .beside = reread.text() + u" bare subscriber that re-reads",
                .ratio = ratio,
                .target = QStringLiteral("≤ 2"),
                .isMet = ratio <= 2});
    report.add({.what = what,
                .ours = rows.text(),
                .beside = received.text() + u" bare subscriber, the push alone",
                .ratio = rows.median() / received.median()});
    const bool isJudged = perSecond >= 10'000;
    report.add({.what = what + u", p99",
                .ours = msText(rows.at(0.99)),
                .beside = msText(reread.at(0.99)) + u" bare subscriber that re-reads",
                .ratio = rows.at(0.99) / reread.at(0.99),
                .target = isJudged ? QStringLiteral("< 50 ms") : QString(),
                .isMet = isJudged ? std::optional(rows.at(0.99) < 50) : std::nullopt});
    report.add({.what = QStringLiteral("change to the window's model, ") + rate,
                .ours = model.text(),
                .beside = reread.text() + u" bare subscriber that re-reads",
                .ratio = model.median() / reread.median(),
                .target = isJudged ? QStringLiteral("p99 < 50 ms") : QString(),
                .isMet = isJudged ? std::optional(model.at(0.99) < 50) : std::nullopt});
}

} // namespace

void measureChanges(Report &report, const Scale &)
{
    BenchServer server;
    for (const int perSecond : {0, 1000, 10'000})
        measureAt(server, report, perSecond);
}

} // namespace lockkeeper::bench
