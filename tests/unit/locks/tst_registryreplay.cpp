// SPDX-License-Identifier: GPL-3.0-or-later
#include "replay.h"

#include <QHashFunctions>
#include <QTest>

/// LK_SEED and LK_RUNS replay others than the usual interleavings.
class TestRegistryReplay : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QHashSeed::setDeterministicGlobalSeed(); } // or no run could be repeated

    void equalsAFreshScanAtRest()
    {
        bool isSeeded = false;
        const auto seed = qEnvironmentVariable("LK_SEED").toULongLong(&isSeeded);
        bool isCounted = false;
        const int runs = qEnvironmentVariableIntValue("LK_RUNS", &isCounted);
        const std::uint64_t first = isSeeded ? seed : 20'260'101;
        const int count = isCounted ? runs : 12'000;

        qint64 events = 0;
        qint64 reads = 0;
        for (int i = 0; i < count; ++i) {
            lockkeeper::test::Replay replay(first + std::uint64_t(i));
            const QStringList complaints = replay.run();
            QVERIFY2(complaints.isEmpty(),
                     qPrintable(u"LK_SEED=%1 LK_RUNS=1: %2"_qs.arg(first + std::uint64_t(i))
                                    .arg(complaints.join(u"; "))));
            events += replay.eventCount();
            reads += replay.readCount();
        }
        qInfo("%d interleavings, %lld events, %lld reads", count, events, reads);
        QVERIFY(events > count); // or the replay tests nothing
    }
};

QTEST_APPLESS_MAIN(TestRegistryReplay)
#include "tst_registryreplay.moc"
