// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/pulse.h"

#include <QTest>

#include <cmath>

using namespace lockkeeper;
using namespace lockkeeper::redis;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

/// Steady and wall time that are turned on their own.
class TwoClocks final : public Clock
{
public:
    [[nodiscard]] SteadyTime steady() const override { return steadyNow; }
    [[nodiscard]] WallTime wall() const override { return wallNow; }
    void advance(microseconds by)
    {
        steadyNow += by;
        wallNow += by;
    }

    SteadyTime steadyNow{1h};
    WallTime wallNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29}};
};

/// A server whose clock is ahead of ours, and faster.
struct Server
{
    TwoClocks &ours;
    microseconds ahead{0};
    double drift = 0;
    SteadyTime began = ours.steadyNow;
    WallTime start = ours.wallNow;

    [[nodiscard]] WallTime wall() const
    {
        const std::chrono::duration<double> passed = ours.steadyNow - began;
        return start + ahead + std::chrono::round<microseconds>(passed * (1 + drift));
    }
    /// Asked with this much time on the way there, and back.
    [[nodiscard]] ServerTime::Sample asked(microseconds there, microseconds back) const
    {
        ServerTime::Sample sample;
        sample.sentAt = ours.steadyNow;
        ours.advance(there);
        sample.server = wall();
        ours.advance(back);
        sample.receivedAt = ours.steadyNow;
        return sample;
    }
};

Reply timeReply(WallTime time)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return Reply::array(
        {Reply::bulk(QByteArray::number(qint64(seconds.time_since_epoch().count()))),
         Reply::bulk(QByteArray::number(qint64((time - seconds).count())))});
}

QList<QByteArray> namesOf(const QList<Command> &commands)
{
    QList<QByteArray> names;
    for (const Command &command : commands)
        names << command.name();
    return names;
}

} // namespace

/// The server's clock, told from answers to TIME, and what else a heartbeat asks.
class TestServerTime : public QObject
{
    Q_OBJECT

private slots:
    void isOursUntilTold();
    void isTheServersOnceTold();
    void takesTheMiddleOfTheRoundTrip();
    void prefersTheQuickAnswer();
    void measuresDrift();
    void noticesThatTheClockWasSet();
    void asksWhatItMay();
    void readsTheRole();
};

void TestServerTime::isOursUntilTold()
{
    TwoClocks ours;
    const ServerTime time(ours);
    QVERIFY(!time.isKnown());
    QVERIFY(!time.offset());
    QVERIFY(time.wall() == ours.wall());
    QVERIFY(describe(time).isEmpty());
}

void TestServerTime::isTheServersOnceTold()
{
    TwoClocks ours;
    const Server server{.ours = ours, .ahead = 1200ms};
    ServerTime time(ours);
    QVERIFY(!time.take(server.asked(100us, 100us)));
    QVERIFY(time.offset() == 1200ms);
    QCOMPARE(describe(time), QStringLiteral("the server's clock is 1.2 s ahead of this machine's"));
    // Our wall clock is set back by an hour: of the server's nothing changes.
    ours.wallNow -= 1h;
    ours.advance(5s);
    QVERIFY(time.wall() == server.wall());
    QVERIFY(time.offset() == 1h + 1200ms);
    // The machine sleeps.
    ours.advance(8h);
    QVERIFY(time.wall() == server.wall());
}

void TestServerTime::takesTheMiddleOfTheRoundTrip()
{
    TwoClocks ours;
    const Server server{.ours = ours};
    ServerTime time(ours);
    QVERIFY(!time.take(server.asked(30ms, 10ms)));
    QVERIFY(time.offset() == 10ms); // wrong by half of what the ways differ in, as it must
}

void TestServerTime::prefersTheQuickAnswer()
{
    TwoClocks ours;
    const Server server{.ours = ours, .ahead = -3s};
    ServerTime time(ours);
    QVERIFY(!time.take(server.asked(100us, 100us)));
    ours.advance(15s);
    // The server stood still for two seconds before it answered.
    QVERIFY(!time.take(server.asked(2s, 0us)));
    QVERIFY(time.offset() == -3s);
    QCOMPARE(describe(time), QStringLiteral("the server's clock is 3.0 s behind this machine's"));
}

void TestServerTime::measuresDrift()
{
    TwoClocks ours;
    const Server server{.ours = ours, .drift = 200e-6};
    ServerTime time(ours);
    for (int i = 0; i < 20; ++i) {
        QVERIFY(!time.take(server.asked(50us, 50us)));
        ours.advance(15s);
    }
    QVERIFY(std::abs(time.drift() - 200e-6) < 20e-6);
    // It is counted on with, where nobody asks any more.
    ours.advance(1h);
    QVERIFY(std::chrono::abs(time.wall() - server.wall()) < 50ms);
    QVERIFY(describe(time).contains(u"drifts by 12"));
}

void TestServerTime::noticesThatTheClockWasSet()
{
    TwoClocks ours;
    Server server{.ours = ours};
    ServerTime time(ours);
    QVERIFY(!time.take(server.asked(50us, 50us)));
    ours.advance(15s);
    server.ahead = -30s;
    const auto step = time.take(server.asked(50us, 50us));
    QVERIFY(step && *step == -30s);
    QVERIFY(time.offset() == -30s);
    ours.advance(15s);
    QVERIFY(!time.take(server.asked(50us, 50us)));
}

void TestServerTime::asksWhatItMay()
{
    SteadyTime now{1h};
    const WallTime server{std::chrono::sys_days{std::chrono::year{2026} / 11 / 29} + 123456us};
    Pulse pulse;
    pulse.begin({});
    const Reply refused = Reply::error("NOPERM this user has no permissions");
    QCOMPARE(namesOf(pulse.questions(now)), (QList<QByteArray>{"ROLE", "TIME"}));
    pulse.take({refused, timeReply(server)}, now, now + 2ms);
    QVERIFY(pulse.timeSample() && pulse.timeSample()->server == server);
    QVERIFY(pulse.timeSample()->sentAt == now && pulse.timeSample()->receivedAt == now + 2ms);
    // The time is known for now, and the role is asked for in another way.
    QCOMPARE(namesOf(pulse.questions(now)), (QList<QByteArray>{"INFO"}));
    // One that is busy is asked again.
    pulse.take({Reply::error("BUSY Redis is busy")}, now, now);
    QVERIFY(!pulse.timeSample());
    QCOMPARE(namesOf(pulse.questions(now)), (QList<QByteArray>{"INFO"}));
    pulse.take({refused}, now, now);
    now += 1min;
    QCOMPARE(namesOf(pulse.questions(now)), (QList<QByteArray>{"TIME"}));
    pulse.take({refused}, now, now);
    now += 1min;
    QVERIFY(pulse.questions(now).isEmpty());
    // Another connection may be another user's.
    pulse.begin({});
    QCOMPARE(pulse.questions(now).size(), 2);
}

void TestServerTime::readsTheRole()
{
    const SteadyTime now{1h};
    Pulse pulse;
    pulse.begin({});
    const auto answer = [&](const Reply &role) {
        static_cast<void>(pulse.questions(now));
        pulse.take({role}, now, now);
    };
    answer(Reply::array({Reply::bulk("slave"), Reply::bulk("10.0.0.5"), Reply::integer(6379),
                         Reply::bulk("sync"), Reply::integer(0)}));
    QVERIFY(pulse.info().isReplica());
    QCOMPARE(pulse.info().primary, QStringLiteral("10.0.0.5:6379"));
    QVERIFY(!pulse.info().isPrimaryLinkUp);
    answer(Reply::array({Reply::bulk("master"), Reply::integer(0), Reply::array({})}));
    QVERIFY(pulse.info().isPrimary());
    QVERIFY(pulse.info().primary.isEmpty() && pulse.info().isPrimaryLinkUp);
    answer(Reply::error("NOPERM no permissions"));
    QVERIFY(pulse.info().isPrimary()); // it stays known
    answer(Reply::bulk("role:slave\r\nmaster_host:::1\r\nmaster_port:7\r\n"
                       "master_link_status:up\r\n"));
    QVERIFY(pulse.info().isReplica() && pulse.info().isPrimaryLinkUp);
    QCOMPARE(pulse.info().primary, QStringLiteral("[::1]:7"));
}

QTEST_GUILESS_MAIN(TestServerTime)
#include "tst_servertime.moc"
