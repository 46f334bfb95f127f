// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/diagnosis.h"
#include "app/inspection.h"
#include "app/sessiondiagnosis.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

Q_DECLARE_METATYPE(locks::LockRecord)

namespace {

const SteadyTime kNow{1h};

/// A healthy lock, taken a second ago.
locks::LockRecord lockHeldFor(milliseconds held)
{
    locks::LockRecord lock;
    lock.key = LockKey("chat:session_lock:s1");
    lock.session = SessionId("s1");
    lock.token = Token("token");
    lock.lease = 60s;
    lock.acquiredAt = kNow - held;
    lock.isAcquiredAtKnown = true;
    lock.deadline = kNow + 60s;
    return lock;
}

/// A session that differs in one thing from an empty one.
sessions::ChatSession sessionThatIs(const QString &what)
{
    sessions::ChatSession session;
    if (what == u"longer")
        session.messages.append(sessions::ChatMessage{});
    else if (what == u"renamed")
        session.title = QStringLiteral("new");
    else if (what == u"untitled")
        session.title = QString();
    else if (what == u"stolen")
        session.user = UserId("mallory");
    else
        session.source = R"({"chat_status":")" + what.toUtf8() + R"("})";
    return session;
}

} // namespace

class TestDiagnosis : public QObject
{
    Q_OBJECT

private slots:
    void states_data();
    void states();
    void sentencesAreWhole();
    void changesWhenItSays();
    void namesGoBothWays();
    void severities();
    void sessionStates_data();
    void sessionStates();
};

void TestDiagnosis::states_data()
{
    QTest::addColumn<locks::LockRecord>("lock");
    QTest::addColumn<SessionState>("session");
    QTest::addColumn<LockState>("state");

    QTest::newRow("healthy") << lockHeldFor(1s) << SessionState::Ok << LockState::Healthy;
    QTest::newRow("session not looked at")
        << lockHeldFor(1s) << SessionState::Unknown << LockState::Healthy;
    QTest::newRow("just under half")
        << lockHeldFor(29999ms) << SessionState::Ok << LockState::Healthy;
    QTest::newRow("held long") << lockHeldFor(30s) << SessionState::Ok << LockState::HeldLong;
    locks::LockRecord wanted = lockHeldFor(40s);
    wanted.isContended = true;
    QTest::newRow("contended before held long and orphan")
        << wanted << SessionState::None << LockState::Contended;
    wanted.isContended = false;
    QTest::newRow("not contended") << wanted << SessionState::Ok << LockState::HeldLong;
    locks::LockRecord back = lockHeldFor(1s);
    back.isContended = true;
    back.backAfter = 12000ms;
    QTest::newRow("reappeared before contended")
        << back << SessionState::Ok << LockState::Reappeared;
    QTest::newRow("orphan") << lockHeldFor(1s) << SessionState::None << LockState::Orphan;
    QTest::newRow("orphan before held long")
        << lockHeldFor(50s) << SessionState::None << LockState::Orphan;
    QTest::newRow("corrupt is no orphan")
        << lockHeldFor(1s) << SessionState::CacheCorrupt << LockState::Healthy;

    auto storm = lockHeldFor(1s);
    storm.acquisitionsLastMinute = 30;
    QTest::newRow("30 a minute are no storm") << storm << SessionState::Ok << LockState::Healthy;
    storm.acquisitionsLastMinute = 31;
    QTest::newRow("storm") << storm << SessionState::Ok << LockState::Storm;
    QTest::newRow("storm before orphan") << storm << SessionState::None << LockState::Storm;

    auto renewing = lockHeldFor(5min);
    QTest::newRow("long without renewal") << renewing << SessionState::Ok << LockState::HeldLong;
    renewing.renewals = 12;
    QTest::newRow("renewing long") << renewing << SessionState::Ok << LockState::RenewingLong;
    renewing.acquisitionsLastMinute = 99;
    QTest::newRow("renewing long before storm")
        << renewing << SessionState::Ok << LockState::RenewingLong;

    auto old = lockHeldFor(3s);
    old.isAcquiredAtKnown = false;
    old.earliestStart = kNow - 5min;
    QTest::newRow("renewed before it was watched")
        << old << SessionState::Ok << LockState::RenewingLong;
    old.isAcquiredAtKnown = true; // it had to wait: seen
    QTest::newRow("waited long") << old << SessionState::Ok << LockState::Healthy;
    old.renewals = 1;
    QTest::newRow("renewed once before our eyes, and old")
        << old << SessionState::Ok << LockState::RenewingLong;
    old.earliestStart = kNow - 299s;
    QTest::newRow("not old yet") << old << SessionState::Ok << LockState::Healthy;

    auto eternal = renewing;
    eternal.deadline.reset();
    QTest::newRow("no expiry before all of these")
        << eternal << SessionState::None << LockState::NoExpiry;
    auto foreign = eternal;
    foreign.foreignReason = QStringLiteral("a hash, not a string");
    QTest::newRow("foreign before no expiry")
        << foreign << SessionState::None << LockState::Foreign;
}

void TestDiagnosis::states()
{
    QFETCH(locks::LockRecord, lock);
    QFETCH(SessionState, session);
    QFETCH(LockState, state);
    QCOMPARE(diagnose(lock, session, kNow).state, state);
}

void TestDiagnosis::sentencesAreWhole()
{
    states_data(); // every state occurs there
    auto lock = lockHeldFor(41s);
    const Diagnosis diagnosis = diagnose(lock, SessionState::Ok, kNow);
    QVERIFY(diagnosis.reason.contains(u"for 41 s"));
    QVERIFY(diagnosis.reason.endsWith(u'.'));
    QVERIFY(diagnosis.advice.endsWith(u'.'));
    lock.isAcquiredAtKnown = false;
    QVERIFY(diagnose(lock, SessionState::Ok, kNow).reason.contains(u"for at least 41 s"));
    lock.earliestStart = kNow - 38min;
    QVERIFY(diagnose(lock, SessionState::Ok, kNow).reason.contains(u"token is 38 min old"));
    lock.foreignReason = QStringLiteral("a hash, not a string");
    QVERIFY(diagnose(lock, SessionState::Ok, kNow).reason.contains(u"a hash, not a string"));
}

void TestDiagnosis::changesWhenItSays()
{
    auto lock = lockHeldFor(0s);
    lock.renewals = 1;
    lock.deadline = kNow + 1h;
    SteadyTime now = kNow;
    QList<LockState> seen{diagnose(lock, SessionState::Ok, now).state};
    while (const auto next = nextChange(lock, now)) {
        QVERIFY(*next > now);
        QCOMPARE(diagnose(lock, SessionState::Ok, *next - 1ns).state, seen.last());
        now = *next;
        seen.append(diagnose(lock, SessionState::Ok, now).state);
    }
    const QList<LockState> expected{LockState::Healthy, LockState::HeldLong,
                                    LockState::RenewingLong};
    QCOMPARE(seen, expected);

    lock.renewals = 0;
    lock.isAcquiredAtKnown = false;
    lock.earliestStart = kNow - 2min;
    now = kNow + 1min;
    QCOMPARE(diagnose(lock, SessionState::Ok, now).state, LockState::HeldLong);
    QVERIFY(*nextChange(lock, now) == kNow + 3min);
    QCOMPARE(diagnose(lock, SessionState::Ok, kNow + 3min).state, LockState::RenewingLong);

    lock.deadline.reset();
    QVERIFY(!nextChange(lock, kNow));
}

void TestDiagnosis::namesGoBothWays()
{
    for (const LockState state :
         {LockState::Foreign, LockState::NoExpiry, LockState::RenewingLong, LockState::Storm,
          LockState::Orphan, LockState::HeldLong, LockState::Healthy})
        QCOMPARE(lockStateFromName(QString(name(state))), std::optional(state));
    QCOMPARE(QString(name(LockState::NoExpiry)), QStringLiteral("no_expiry"));
    QVERIFY(!lockStateFromName(QStringLiteral("contended?")));
}

void TestDiagnosis::severities()
{
    QCOMPARE(severityOf(LockState::NoExpiry), Severity::Bad);
    QCOMPARE(severityOf(LockState::HeldLong), Severity::Warn);
    QCOMPARE(severityOf(LockState::Orphan), Severity::Odd);
    QCOMPARE(severityOf(LockState::Foreign), Severity::Odd);
    QCOMPARE(severityOf(LockState::Healthy), Severity::Ok);
}

void TestDiagnosis::sessionStates_data()
{
    QTest::addColumn<QString>("cached");
    QTest::addColumn<QString>("stored");
    QTest::addColumn<SessionState>("state");
    QTest::newRow("both") << "there" << "there" << SessionState::Ok;
    QTest::newRow("one message more") << "longer" << "there" << SessionState::CacheMismatch;
    QTest::newRow("another title") << "there" << "renamed" << SessionState::CacheMismatch;
    QTest::newRow("another user") << "stolen" << "there" << SessionState::CacheMismatch;
    QTest::newRow("an empty title is none") << "untitled" << "there" << SessionState::Ok;
    QTest::newRow("running") << "running" << "none" << SessionState::RunningWithoutLock;
    QTest::newRow("queued, in the row") << "there" << "queued" << SessionState::RunningWithoutLock;
    QTest::newRow("the copy's word counts") << "idle" << "queued" << SessionState::Ok;
    QTest::newRow("cache only") << "there" << "none" << SessionState::CacheOnly;
    QTest::newRow("db only") << "none" << "there" << SessionState::DbOnly;
    QTest::newRow("none") << "none" << "none" << SessionState::None;
    QTest::newRow("corrupt") << "corrupt" << "there" << SessionState::CacheCorrupt;
    QTest::newRow("corrupt, database down") << "corrupt" << "error" << SessionState::CacheCorrupt;
    QTest::newRow("cache down") << "error" << "none" << SessionState::Unknown;
    QTest::newRow("database down") << "none" << "error" << SessionState::Unknown;
    QTest::newRow("no database, cached") << "there" << "no database" << SessionState::Ok;
    QTest::newRow("no database, not cached") << "none" << "no database" << SessionState::None;
}

void TestDiagnosis::sessionStates()
{
    using Copy = Result<std::optional<sessions::ChatSession>>;
    const QHash<QString, Copy> copies{
        {QStringLiteral("there"), std::optional(sessions::ChatSession{})},
        {QStringLiteral("none"), std::optional<sessions::ChatSession>{}},
        {QStringLiteral("no database"), std::optional<sessions::ChatSession>{}},
        {QStringLiteral("corrupt"), Error{ErrorCode::Corrupt, QStringLiteral("no JSON"), {}}},
        {QStringLiteral("error"), Error{ErrorCode::CannotConnect, QStringLiteral("down"), {}}}};
    const auto copyOf = [&copies](const QString &what) -> Copy {
        const auto plain = copies.constFind(what);
        return plain == copies.cend() ? Copy(std::optional(sessionThatIs(what))) : *plain;
    };
    QFETCH(QString, cached);
    QFETCH(QString, stored);
    QFETCH(SessionState, state);
    Inspection inspection;
    inspection.cached = copyOf(cached);
    inspection.stored = copyOf(stored);
    inspection.hasDatabase = stored != u"no database";
    QCOMPARE(inspection.sessionState(), state);
    const QStringList unread{QStringLiteral("none"), QStringLiteral("no database"),
                             QStringLiteral("corrupt"), QStringLiteral("error")};
    const bool isRead = !unread.contains(cached) || !unread.contains(stored);
    QCOMPARE(inspection.isKnown(), isRead || cached == u"corrupt");
    QCOMPARE(inspection.session() != nullptr, isRead);
    QVERIFY(!diagnoseSession(inspection).reason.isEmpty());
    // Nobody runs without a lock that is held, or that may be.
    inspection.lock->kind = locks::LockObservation::Kind::Held;
    QVERIFY(inspection.sessionState() != SessionState::RunningWithoutLock);
    inspection.lock = Error{ErrorCode::ConnectionLost, QStringLiteral("lost"), {}};
    QVERIFY(inspection.sessionState() != SessionState::RunningWithoutLock);
}

QTEST_GUILESS_MAIN(TestDiagnosis)
#include "tst_diagnosis.moc"
