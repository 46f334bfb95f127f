// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/previewfacts.h"
#include "locks/singlelook.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

using Kind = locks::LockObservation::Kind;

namespace {

const Token kToken("api-3:4711");

QString factIn(const QList<PreviewFact> &facts, const char *label)
{
    for (const PreviewFact &fact : facts) {
        if (fact.label == QLatin1StringView(label))
            return fact.text;
    }
    return {};
}

Result<std::optional<sessions::ChatSession>> failed(ErrorCode code, const char *what)
{
    return Error{code, QString::fromLatin1(what), {}};
}

/// A lock with a minute's lease, looked at now, and what else there is of its session.
struct Look
{
    explicit Look(std::optional<milliseconds> ttl = 40s)
    {
        inspection.id = SessionId("s1");
        locks::LockObservation lock;
        lock.kind = Kind::Held;
        lock.token = kToken;
        lock.ttl = ttl;
        lock.sentAt = lock.receivedAt = clock.steady();
        inspection.lock = lock;
        inspection.owner = locks::decodeOwner(kToken, clock.wall());
        inspection.hasDatabase = true;
        circumstances.record =
            locks::recordOf(circumstances.family, clock, LockKey("chat:session_lock:s1"), lock);
    }

    [[nodiscard]] QList<PreviewFact> facts() const
    {
        return factsOf(inspection, circumstances, clock.steady());
    }
    /// As the operator saw it, now.
    [[nodiscard]] ActNote note() const
    {
        ActNote note;
        note.row = circumstances.record;
        return note;
    }
    [[nodiscard]] locks::LockObservation &lock() { return *inspection.lock; }
    /// Reads it again after a while.
    void readAgain(milliseconds later, std::optional<milliseconds> ttl)
    {
        clock.advance(later);
        lock().ttl = ttl;
        lock().sentAt = lock().receivedAt = clock.steady();
    }
    [[nodiscard]] QString changes(const ActNote &note) const
    {
        return changesSince(note, inspection, circumstances, clock.steady()).join(u'\n');
    }

    ManualClock clock;
    Inspection inspection;
    Circumstances circumstances;
};

} // namespace

class TestPreviewFacts : public QObject
{
    Q_OBJECT

private slots:
    void aLockThatIsLookedAtOnce();
    void aLockThatIsWatched();
    void locksThatAreNone_data();
    void locksThatAreNone();
    void copies();
    void nothingChanges();
    void aRenewalIsTold();
    void anotherHoldIsTold();
    void anExpiryThatComesOrGoesIsTold();
    void withoutARowNothingIsCompared();
};

void TestPreviewFacts::aLockThatIsLookedAtOnce()
{
    Look look;
    look.circumstances.record->isAcquiredAtKnown = false;
    const QList<PreviewFact> facts = look.facts();
    QCOMPARE(factIn(facts, "Owner"), QStringLiteral("api-3:4711"));
    QCOMPARE(factIn(facts, "Token"), QStringLiteral("api-3:4711"));
    QCOMPARE(factIn(facts, "Held for"), QStringLiteral("at least 20 s"));
    QVERIFY(factIn(facts, "Renewals").contains(u"not known"));
    QCOMPARE(factIn(facts, "Waiters"), QStringLiteral("not known"));
    QCOMPARE(factIn(facts, "Expires"), QStringLiteral("in 40 s"));
    QCOMPARE(factIn(facts, "Cached copy"), QStringLiteral("none"));
    QCOMPARE(factIn(facts, "Database"), QStringLiteral("no row"));
    QCOMPARE(factIn(Look(std::nullopt).facts(), "Expires"), QStringLiteral("never"));
    // Its end has come while it was being looked at.
    Look late(5s);
    late.clock.advance(9s);
    QCOMPARE(factIn(late.facts(), "Expires"), QStringLiteral("in 0.0 s"));
}

void TestPreviewFacts::aLockThatIsWatched()
{
    Look look;
    look.circumstances.isWatched = true;
    locks::LockRecord &record = *look.circumstances.record;
    record.isAcquiredAtKnown = true;
    QCOMPARE(factIn(look.facts(), "Held for"), QStringLiteral("20 s"));
    QCOMPARE(factIn(look.facts(), "Renewals"), QStringLiteral("none while it was watched"));
    record.renewals = 1;
    QCOMPARE(factIn(look.facts(), "Renewals"), QStringLiteral("once while it was watched"));
    record.renewals = 3;
    QCOMPARE(factIn(look.facts(), "Renewals"), QStringLiteral("3 times while it was watched"));
    record.isContended = false;
    QCOMPARE(factIn(look.facts(), "Waiters"), QStringLiteral("nobody asks for it"));
    record.isContended = true;
    QCOMPARE(factIn(look.facts(), "Waiters"), QStringLiteral("others ask for it"));
    record.waiters = 0;
    QCOMPARE(factIn(look.facts(), "Waiters"), QStringLiteral("none when they were counted"));
    record.waiters = 1;
    QCOMPARE(factIn(look.facts(), "Waiters"), QStringLiteral("1 when they were counted"));
    record.waiters = 12;
    QCOMPARE(factIn(look.facts(), "Waiters"), QStringLiteral("12 when they were counted"));
}

void TestPreviewFacts::locksThatAreNone_data()
{
    QTest::addColumn<int>("kind"); // 0 free, 1 foreign, 2 not to be read
    QTest::addColumn<QString>("text");
    QTest::newRow("free") << 0 << "free";
    QTest::newRow("foreign") << 1 << "a hash, not a string";
    QTest::newRow("not to be read") << 2 << "the server is away";
}

void TestPreviewFacts::locksThatAreNone()
{
    QFETCH(int, kind);
    QFETCH(QString, text);
    Look look;
    look.circumstances.record.reset();
    look.inspection.owner.reset();
    locks::LockObservation lock;
    if (kind == 1) {
        lock.kind = Kind::Foreign;
        lock.foreignReason = text;
    }
    look.inspection.lock = lock;
    if (kind == 2)
        look.inspection.lock = Error{ErrorCode::ConnectionLost, text, {}};
    const QList<PreviewFact> facts = look.facts();
    QCOMPARE(facts.size(), 3);
    QCOMPARE(factIn(facts, "Lock"), text);
}

void TestPreviewFacts::copies()
{
    Look look;
    sessions::ChatSession session;
    session.id = SessionId("s1");
    session.messages.resize(1);
    look.inspection.cached = std::optional(session);
    look.inspection.cachedBytes = 41 * 1024;
    look.inspection.stored = std::optional(session);
    QCOMPARE(factIn(look.facts(), "Cached copy"), QStringLiteral("41 KB"));
    QCOMPARE(factIn(look.facts(), "Database"), QStringLiteral("1 row, 1 message"));
    session.messages.resize(7);
    look.inspection.stored = std::optional(session);
    QCOMPARE(factIn(look.facts(), "Database"), QStringLiteral("1 row, 7 messages"));
    look.inspection.cached = failed(ErrorCode::Corrupt, "no JSON");
    QCOMPARE(factIn(look.facts(), "Cached copy"), QStringLiteral("41 KB, corrupt"));
    look.inspection.cachedBytes.reset();
    look.inspection.cached = failed(ErrorCode::NotPermitted, "no rights");
    QCOMPARE(factIn(look.facts(), "Cached copy"), QStringLiteral("not known: no rights"));
    look.inspection.stored = failed(ErrorCode::CannotConnect, "it is down");
    QCOMPARE(factIn(look.facts(), "Database"), QStringLiteral("not known: it is down"));
    look.inspection.hasDatabase = false;
    QCOMPARE(factIn(look.facts(), "Database"), QStringLiteral("no database was given"));
}

void TestPreviewFacts::nothingChanges()
{
    Look look;
    const ActNote note = look.note();
    look.readAgain(5s, 35s);
    QCOMPARE(look.changes(note), QString());
    // Deadlines are only known as well as the reads were fast.
    look.readAgain(1s, 34'100ms);
    look.lock().sentAt -= 400ms;
    QCOMPARE(look.changes(note), QString());
}

void TestPreviewFacts::aRenewalIsTold()
{
    Look look;
    const ActNote note = look.note();
    look.readAgain(10s, 58'800ms);
    QCOMPARE(look.changes(note),
             QStringLiteral("the lock was renewed 1.2 s ago, after you saw it"));
    // By more than the family's lease: when is not known to us, and not in the future.
    look.readAgain(1s, 10min);
    QCOMPARE(look.changes(note), QStringLiteral("the lock was renewed after you saw it"));
}

void TestPreviewFacts::anotherHoldIsTold()
{
    Look look;
    const ActNote note = look.note();
    look.lock().token = Token("api-4:1");
    QCOMPARE(look.changes(note), QStringLiteral("the lock has another owner since you saw it"));
    look.lock().kind = Kind::Foreign;
    look.lock().foreignReason = QStringLiteral("a hash, not a string");
    QCOMPARE(
        look.changes(note),
        QStringLiteral("since you saw the lock, its key has come to hold a hash, not a string"));
    look.inspection.lock = locks::LockObservation{};
    QCOMPARE(look.changes(note), QStringLiteral("the lock has ended since you saw it"));
    look.inspection.lock = Error{ErrorCode::ConnectionLost, QStringLiteral("lost"), {}};
    QCOMPARE(look.changes(note), QString());
}

void TestPreviewFacts::anExpiryThatComesOrGoesIsTold()
{
    Look look;
    const ActNote expiring = look.note();
    look.readAgain(1s, std::nullopt);
    QCOMPARE(look.changes(expiring), QStringLiteral("the lock never expires any more"));
    Look endless(std::nullopt);
    const ActNote never = endless.note();
    QCOMPARE(endless.changes(never), QString());
    endless.readAgain(1s, 30s);
    QVERIFY2(endless.changes(never).contains(u"expires by now"),
             qPrintable(endless.changes(never)));
}

void TestPreviewFacts::withoutARowNothingIsCompared()
{
    Look look;
    look.readAgain(10s, 60s);
    QCOMPARE(look.changes({}), QString());
}

QTEST_GUILESS_MAIN(TestPreviewFacts)
#include "tst_previewfacts.moc"
