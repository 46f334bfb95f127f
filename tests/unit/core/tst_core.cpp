// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/backoff.h"
#include "core/clock.h"
#include "core/endpoint.h"
#include "core/result.h"
#include "core/secret.h"
#include "core/strongtype.h"

#include <QSet>
#include <QTest>

#include <memory>

using namespace lockkeeper;
using namespace std::chrono_literals;

static_assert(!std::is_convertible_v<QByteArray, LockKey>);
static_assert(!std::is_convertible_v<LockKey, CacheKey>);
static_assert(!std::is_constructible_v<Token, LockKey>);
static_assert(!std::is_constructible_v<SessionId, QString>);
static_assert(!std::is_convertible_v<Secret, QByteArray>);

class TestCore : public QObject
{
    Q_OBJECT

private slots:
    void resultsHoldOneSide()
    {
        const Result<int> good(7);
        QVERIFY(good);
        QVERIFY(good.has_value());
        QCOMPARE(*good, 7);
        QCOMPARE(good.value_or(1), 7);

        const Result<int> bad(Error{ErrorCode::NotFound, QStringLiteral("no such thing"), {}});
        QVERIFY(!bad);
        QCOMPARE(bad.error().code, ErrorCode::NotFound);
        QCOMPARE(bad.value_or(1), 1);

        QVERIFY(Result<void>());
        const Result<void> failed(Error{ErrorCode::Io, QStringLiteral("disk full"), {}});
        QVERIFY(!failed);
        QCOMPARE(failed.error().what, QStringLiteral("disk full"));
    }

    void resultsMoveTheirValue()
    {
        Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
        const std::unique_ptr<int> moved = *std::move(result);
        QCOMPARE(*moved, 3);
    }

    void errorsDescribeThemselves()
    {
        QCOMPARE(describe({ErrorCode::Io, QStringLiteral("disk full"), {}}),
                 QStringLiteral("disk full"));
        QCOMPARE(
            describe({ErrorCode::Io, QStringLiteral("disk full"), QStringLiteral("free some")}),
            QStringLiteral("disk full — free some"));
    }

    void errorCodesHaveNames()
    {
        QSet<QLatin1StringView> names;
        for (int code = 0; code <= int(ErrorCode::Cancelled); ++code)
            names.insert(codeName(ErrorCode(code)));
        QCOMPARE(int(names.size()), int(ErrorCode::Cancelled) + 1);
        QCOMPARE(codeName(ErrorCode::ChangedHands), QLatin1StringView("changed-hands"));
    }

    void strongBytesCompareAndHash()
    {
        const LockKey a("a");
        QCOMPARE(a, LockKey("a"));
        QVERIFY(a != LockKey("b"));
        QVERIFY(a < LockKey("b"));
        QVERIFY(LockKey().isEmpty());
        const QSet<LockKey> keys{a, LockKey("a"), LockKey(QByteArray("a\0b", 3))};
        QCOMPARE(keys.size(), 2);
    }

    void secretsStaySecret()
    {
        const Secret secret("hunter2");
        QCOMPARE(secret.reveal(), QByteArray("hunter2"));
        QVERIFY(!secret.isEmpty());
        QVERIFY(Secret().isEmpty());
        QVERIFY(secret == Secret("hunter2"));
    }

    void backoffDoublesWithJitter()
    {
        Backoff backoff(100ms, 1s, 42);
        milliseconds ceiling = 100ms;
        QSet<qint64> delays;
        for (int i = 0; i < 20; ++i) {
            const auto delay = backoff.next();
            QVERIFY(delay > 0ms);
            QVERIFY(delay <= ceiling);
            delays.insert(delay.count());
            ceiling = std::min<milliseconds>(ceiling * 2, 1s);
        }
        QVERIFY(delays.size() > 10); // or it would not be jitter
        backoff.reset();
        QVERIFY(backoff.next() <= 100ms);
    }

    void manualClocksStandStill()
    {
        ManualClock clock;
        const auto steady = clock.steady();
        const auto wall = clock.wall();
        QVERIFY(clock.steady() == steady);
        clock.advance(1500us);
        QVERIFY(clock.steady() == steady + 1500us);
        QVERIFY(clock.wall() == wall + 1500us);
    }

    void systemClocksMoveForward()
    {
        const SystemClock clock;
        const auto before = clock.steady();
        QVERIFY(clock.steady() >= before);
        QVERIFY(std::chrono::abs(clock.wall() - std::chrono::system_clock::now()) < 1h);
    }

    void endpointsAreWritten()
    {
        Endpoint endpoint;
        QCOMPARE(endpoint.toString(), QStringLiteral("localhost:6379"));
        endpoint.host = QStringLiteral("::1");
        QCOMPARE(endpoint.toString(), QStringLiteral("[::1]:6379"));
        endpoint.kind = Endpoint::Kind::Unix;
        endpoint.path = QStringLiteral("/run/redis.sock");
        QCOMPARE(endpoint.toString(), QStringLiteral("/run/redis.sock"));
    }
};

QTEST_APPLESS_MAIN(TestCore)
#include "tst_core.moc"
