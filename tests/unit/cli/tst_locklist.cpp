// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/locklist.h"

#include <QTest>

#include <nlohmann/json.hpp>

using namespace lockkeeper;
using namespace lockkeeper::cli;
using namespace std::chrono_literals;

namespace {

LockRow row(const QByteArray &session, milliseconds held, app::LockState state)
{
    const ManualClock clock;
    LockRow row;
    row.now = clock.steady();
    row.wallNow = clock.wall();
    row.lock.session = SessionId(session);
    row.lock.key = LockKey("chat:session_lock:" + session);
    row.lock.token = Token("token-" + session);
    row.lock.lease = 60s;
    row.lock.deadline = row.now + 60s - held;
    row.lock.acquiredAt = row.now - held;
    row.lock.isAcquiredAtKnown = true;
    row.owner = locks::decodeOwner(row.lock.token, row.wallNow);
    row.diagnosis.state = state;
    return row;
}

QStringList keysOf(const Json &object)
{
    QStringList keys;
    for (const auto &item : object.items())
        keys.append(QString::fromStdString(item.key()));
    return keys;
}

} // namespace

class TestLockList final : public QObject
{
    Q_OBJECT

private slots:
    void filters();
    void sorts();
    void writesEveryKey();
    void writesUnknownAsNull();
    void usesTheWindowsWords();
    void doesNotLetTitlesControlTheTerminal();
};

void TestLockList::filters()
{
    LockRow young = row("young", 1s, app::LockState::Healthy);
    const LockRow old = row("old", 40s, app::LockState::HeldLong);
    LockRow ageless = row("ageless", 50s, app::LockState::NoExpiry);
    ageless.lock.isAcquiredAtKnown = false;
    young.session.user = UserId("u-1");

    LockFilter all;
    QVERIFY(all.accepts(young) && all.accepts(old) && all.accepts(ageless));
    LockFilter older;
    older.olderThan = 30s;
    QVERIFY(!older.accepts(young));
    QVERIFY(older.accepts(old));
    QVERIFY(older.accepts(ageless)); // at least that old
    LockFilter state;
    state.states = {app::LockState::NoExpiry, app::LockState::HeldLong};
    QVERIFY(!state.accepts(young));
    QVERIFY(state.accepts(ageless));
    LockFilter user;
    user.user = UserId("u-1");
    QVERIFY(user.accepts(young));
    QVERIFY(!user.accepts(old));
    LockFilter owner;
    owner.owner = QStringLiteral("TOKEN-OLD");
    QVERIFY(owner.accepts(old));
    QVERIFY(!owner.accepts(young));
}

void TestLockList::sorts()
{
    QList<LockRow> rows{row("b", 1s, app::LockState::Healthy),
                        row("c", 5s, app::LockState::NoExpiry),
                        row("a", 9s, app::LockState::Healthy)};
    sortRows(rows, SortColumn::State);
    QCOMPARE(rows[0].lock.session, SessionId("c"));
    QCOMPARE(rows[1].lock.session, SessionId("a")); // held longer than b
    sortRows(rows, SortColumn::Session);
    QCOMPARE(rows[0].lock.session, SessionId("a"));
    sortRows(rows, SortColumn::Held);
    QCOMPARE(rows[0].lock.session, SessionId("a"));
    QVERIFY(!sortColumnFromName(QStringLiteral("colour")));
}

void TestLockList::writesEveryKey()
{
    const Json json = lockJson(row("s", 2s, app::LockState::Healthy), {});
    QCOMPARE(keysOf(json),
             QStringLiteral("session_id lock_key family server token owner acquired_at held_ms "
                            "ttl_ms lease_ms renewals state reason session contended waiters")
                 .split(u' '));
    QCOMPARE(
        keysOf(json["owner"]),
        QStringLiteral("kind label node_id worker called_at queued_ms confidence").split(u' '));
    QCOMPARE(
        keysOf(json["session"]),
        QStringLiteral("state cached ttl_ms bytes title user_id updated_at messages").split(u' '));
    QCOMPARE(json["held_ms"].get<int>(), 2000);
    QCOMPARE(json["ttl_ms"].get<int>(), 58000);
    QCOMPARE(json["lease_ms"].get<int>(), 60000);
    QVERIFY(json["renewals"].is_null()); // one snapshot has seen none, and cannot say that
    QCOMPARE(json["acquired_at"].get<std::string>(), std::string("2025-12-31T23:59:58.000Z"));
}

void TestLockList::usesTheWindowsWords()
{
    LockRow orphan = row("nobody", 2s, app::LockState::Orphan);
    orphan.session.state = app::SessionState::None;
    LockRow stuck = row("stuck", 2s, app::LockState::NoExpiry);
    stuck.lock.deadline.reset();
    stuck.session.state = app::SessionState::DbOnly;
    LockRow other = row("other", 2s, app::LockState::Foreign);
    other.lock.deadline.reset();
    other.lock.foreignReason = QStringLiteral("something other than a string");
    const QStringList lines =
        lockTable({orphan, stuck, other}).rendered(0, false).split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 4);
    QVERIFY2(lines[1].startsWith(u"■ orphan"), qPrintable(lines[1]));
    QVERIFY2(lines[1].contains(u"—"), qPrintable(lines[1]));
    QVERIFY2(lines[2].startsWith(u"◆ no expiry"), qPrintable(lines[2]));
    QVERIFY2(lines[2].contains(u" ∞ ") && lines[2].contains(u"(no title)") &&
                 lines[2].contains(u" none "),
             qPrintable(lines[2]));
    QVERIFY2(lines[3].startsWith(u"■ foreign") && lines[3].contains(u" ? "), qPrintable(lines[3]));
}

void TestLockList::writesUnknownAsNull()
{
    LockRow foreign = row("s", 2s, app::LockState::Foreign);
    foreign.lock.token = Token();
    foreign.lock.foreignReason = QStringLiteral("a hash, not a string");
    foreign.lock.deadline.reset();
    foreign.lock.isAcquiredAtKnown = false;
    foreign.owner.reset();
    const Json json = lockJson(foreign, {});
    for (const char *key : {"token", "acquired_at", "held_ms", "ttl_ms", "renewals", "waiters"})
        QVERIFY2(json[key].is_null(), key);
    QVERIFY(json["owner"]["label"].is_null());
    QVERIFY(json["session"]["state"].is_null());
    QVERIFY(json["session"]["cached"].is_null());
    QCOMPARE(json["state"].get<std::string>(), std::string("foreign"));
}

void TestLockList::doesNotLetTitlesControlTheTerminal()
{
    LockRow evil = row("s", 2s, app::LockState::Healthy);
    evil.session.title = QStringLiteral("\x1b[2J\x07nice");
    const QString text = lockTable({evil}).rendered(0, false);
    QVERIFY(!text.contains(u'\x1b'));
    QVERIFY(!text.contains(u'\x07'));
}

QTEST_GUILESS_MAIN(TestLockList)
#include "tst_locklist.moc"
