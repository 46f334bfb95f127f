// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bulk.h"
#include "locks/tokens.h"
#include "support/await.h"
#include "support/jumpingclock.h"
#include "workbench.h"

#include <QDir>
#include <QRegularExpression>
#include <QSet>
#include <QSignalSpy>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;
using test::deleteOf;

namespace {

const QString kName = QStringLiteral("production");
const QString kProfile = QStringLiteral("api-prod");

Guardrails production(Scope scope = Scope::Operator)
{
    Guardrails rails;
    rails.profile = kProfile;
    rails.environment = Environment::Production;
    rails.scope = scope;
    return rails;
}

Guardrails staging(Scope scope)
{
    Guardrails rails = production(scope);
    rails.environment = Environment::Staging;
    return rails;
}

DeleteRequest typedDelete(const char *id)
{
    DeleteRequest request = deleteOf(id);
    request.note.typed = QString::fromLatin1(id);
    return request;
}

ReleaseRequest releaseOf(const char *id, const char *token)
{
    return {SessionId(id), Token(token)};
}

TakeOverRequest takeOverOf(const char *id, const char *token)
{
    return {SessionId(id), Token(token)};
}

/// A session that is stored and cached, a lock of another session, and a workspace behind these
/// guardrails in the place of the one that made them.
bool prepare(test::Workbench &bench, const Guardrails &rails)
{
    if (!bench.start() || !bench.addSession("s1", "u1"))
        return false;
    bench.lock("s2", "owner-2");
    bench.target.guardrails = rails;
    return bench.reopen();
}

#define LK_PREPARE(bench, rails)                                                                   \
    LK_NEED_PROGRAM("redis-server");                                                               \
    QVERIFY2(prepare(bench, rails), qPrintable((bench).reason()))

/// What the server calls commands that write, and those that may.
QSet<QByteArray> writers(test::RedisServer &server)
{
    QSet<QByteArray> names;
    for (const char *category : {"write", "scripting"}) {
        for (const QVariant &name : server.redis({"ACL", "CAT", category}).toList())
            names.insert(name.toByteArray().toLower());
    }
    return names;
}

/// Those of them that the server was sent since RESETSTAT, whatever became of them.
QByteArrayList writersSent(test::RedisServer &server)
{
    const QSet<QByteArray> known = writers(server);
    const QByteArray stats = server.redis({"INFO", "commandstats"}).toByteArray();
    QByteArrayList sent;
    for (const QByteArray &line : stats.split('\n')) {
        const QByteArray name = line.mid(8, line.indexOf(':') - 8); // cmdstat_NAME:calls=…
        if (line.startsWith("cmdstat_") && known.contains(name))
            sent.append(name);
    }
    return sent;
}

#define LK_NOTHING_THAT_WRITES(server)                                                             \
    QVERIFY2(writersSent(server).isEmpty(), writersSent(server).join(' ').constData())

int callsOf(test::RedisServer &server, const char *command)
{
    const QString stats = QString::fromUtf8(server.redis({"INFO", "commandstats"}).toByteArray());
    const QRegularExpression form(u"cmdstat_" + QString::fromLatin1(command) + u":calls=(\\d+)");
    return form.match(stats).captured(1).toInt();
}

QList<redis::Command> mutations()
{
    return {redis::commands::setIfAbsent("chat:session_lock:s9", "owner-9", 60s),
            redis::commands::setWithTtl("chat:session:s9", "{}", 60s),
            redis::commands::del("chat:session_lock:s2")};
}

/// How everything ends that writes to the sessions and asks the gates alone.
QList<std::pair<const char *, std::optional<Error>>> writes(Workspace &workspace)
{
    const auto errorOf = [](const auto &result) {
        return result ? std::nullopt : std::optional(result.error());
    };
    sessions::ChatSession session;
    session.id = SessionId("new");
    session.user = UserId("u1");
    session.startedAt = session.updatedAt = workspace.clock().wall();
    sessions::ChatMessage message;
    message.role = QStringLiteral("user");
    sessions::SessionDatabase &database = *workspace.database();
    sessions::SessionStore &store = *workspace.store();
    const SessionId known("s1");
    const WallTime now = workspace.clock().wall();
    const QString title = QStringLiteral("other");
    return {
        {"acquire", errorOf(await(workspace.locks().acquire(SessionId("s3"), {})))},
        {"database create", errorOf(await(database.create(session)))},
        {"database save", errorOf(await(database.save(session, 0)))},
        {"database rename", errorOf(await(database.rename(known, title, now)))},
        {"cache put", errorOf(await(workspace.cache().put(session)))},
        {"store create", errorOf(await(store.create(UserId("u1"))))},
        {"store upsert", errorOf(await(store.upsert(session)))},
        {"store append", errorOf(await(store.append(known, std::nullopt, message)))},
        {"store rename", errorOf(await(store.rename(known, title)))},
        {"cache remove", errorOf(await(workspace.cache().remove(known)))},
        {"database remove", errorOf(await(database.remove(known, std::nullopt)))},
    };
}

BulkRequest bulkOf(BulkDeed deed, const QString &typed = QStringLiteral("1"))
{
    BulkRequest request;
    request.deed = deed;
    const bool isDelete = deed == BulkDeed::Delete;
    request.items = {{SessionId(isDelete ? "s1" : "s2"), Token("owner-2"), std::nullopt}};
    request.typed = typed;
    return request;
}

} // namespace

Q_DECLARE_METATYPE(Guardrails)

class TestGuardrails : public QObject
{
    Q_OBJECT

private slots:
    void closedActsAreRefused_data();
    void closedActsAreRefused();
    void closedGatesLetNothingThroughThatWrites_data();
    void closedGatesLetNothingThroughThatWrites();
    void unlockedEverythingWorks();
    void unlockingIsOnRecordBeforeItOpens();
    void whatIsNotOnRecordStaysLocked();
    void theWrongNameIsNotRecorded();
    void whatHasBegunEndsInOrder();
    void whatIsLockedAgainStaysClosed();
    void inProductionTheIdIsTyped_data();
    void inProductionTheIdIsTyped();
    void staleLocksMayBeReleased_data();
    void staleLocksMayBeReleased();
    void aContendedLockThatIsHeldLongMayBeReleased();
    void staleLocksAreAllThatMayBeTouched();
};

void TestGuardrails::closedActsAreRefused_data()
{
    QTest::addColumn<Guardrails>("rails");
    QTest::addColumn<bool>("isReadOnly");
    QTest::addColumn<QString>("hint");
    QTest::newRow("production") << production() << false << "--unlock production";
    QTest::newRow("a read-only profile")
        << staging(Scope::ReadOnly) << false << "change its rights to operator";
    QTest::newRow("asked for") << Guardrails() << true << "without the read-only setting";
}

void TestGuardrails::closedActsAreRefused()
{
    QFETCH(Guardrails, rails);
    QFETCH(bool, isReadOnly);
    QFETCH(QString, hint);
    test::Workbench bench;
    bench.target.isReadOnly = false;
    LK_PREPARE(bench, rails);
    bench.target.isReadOnly = isReadOnly;
    QVERIFY(bench.reopen());
    const auto isClosed = [&hint](const std::optional<Error> &error) {
        return error && error->code == ErrorCode::NotPermitted && error->hint.contains(hint);
    };
    Actions &actions = bench.actions();
    DeleteRequest takingOver = typedDelete("s1");
    takingOver.takeOver = Token("owner-2");
    const QList<ActionReport> reports{await(actions.release(releaseOf("s2", "owner-2"))),
                                      await(actions.takeOver(takeOverOf("s2", "owner-2"))),
                                      await(actions.remove(typedDelete("s1"))),
                                      await(actions.remove(takingOver))};
    for (const ActionReport &report : reports) {
        QVERIFY2(isClosed(report.failure), qPrintable(outcomeText(report)));
        QCOMPARE(report.verification, QStringLiteral("nothing was touched"));
    }
    QVERIFY(isClosed(await(actions.previewRelease(releaseOf("s2", "owner-2"))).refusal));
    QVERIFY(isClosed(await(actions.previewTakeOver(takeOverOf("s2", "owner-2"))).refusal));
    QVERIFY(isClosed(await(actions.previewDelete(typedDelete("s1"))).refusal));
    for (const BulkDeed deed : {BulkDeed::Release, BulkDeed::TakeOver, BulkDeed::Delete}) {
        QVERIFY(isClosed(await(previewBulk(actions, bulkOf(deed))).refusal));
        const BulkReport report = await(runBulk(actions, bulkOf(deed), {}));
        QVERIFY(isClosed(report.refusal));
        QCOMPARE(report.notReached(), 1);
    }
    QCOMPARE(bench.tokenOf("s2"), QByteArray("owner-2"));
    QVERIFY(bench.isStored("s1") && bench.isCached("s1"));
    QVERIFY(bench.auditWords().isEmpty());
}

void TestGuardrails::closedGatesLetNothingThroughThatWrites_data()
{
    QTest::addColumn<Guardrails>("rails");
    QTest::addColumn<bool>("wasUnlocked");
    QTest::newRow("production") << production() << false;
    QTest::newRow("production, locked again") << production() << true;
    QTest::newRow("a read-only profile") << staging(Scope::ReadOnly) << false;
}

void TestGuardrails::closedGatesLetNothingThroughThatWrites()
{
    QFETCH(Guardrails, rails);
    QFETCH(bool, wasUnlocked);
    test::Workbench bench;
    LK_PREPARE(bench, rails);
    Workspace &workspace = bench.workspace();
    workspace.watch();
    QTRY_VERIFY(workspace.monitor().feed().isTrusted);
    if (wasUnlocked) {
        QVERIFY(await(bench.actions().unlock(kName, {})));
        workspace.window().lock();
        // The feed may just have written its canary; what is answered has been counted.
        QVERIFY(await(workspace.client().send(redis::commands::ping())));
    }
    bench.server.redis({"CONFIG", "RESETSTAT"});

    for (const redis::Command &command : mutations()) {
        QCOMPARE(command.effect, redis::Effect::Mutation);
        const auto sent = await(workspace.client().send(command));
        QVERIFY2(!sent && sent.error().code == ErrorCode::NotPermitted, command.name().constData());
    }
    const QStringList scripts = QDir(QStringLiteral(":/lua")).entryList(QDir::Files);
    QVERIFY(scripts.size() >= 4);
    for (const QString &file : scripts) {
        const QString name = QString(file).remove(QStringLiteral(".lua"));
        const auto run = await(workspace.client().run(redis::Script::fromResource(name),
                                                      {"chat:session_lock:s2"},
                                                      {"owner-2", "owner-9", "60000"}));
        QVERIFY2(!run && run.error().code == ErrorCode::NotPermitted, qPrintable(name));
    }
    for (const auto &[what, error] : writes(workspace))
        QVERIFY2(error && error->code == ErrorCode::NotPermitted, what);

    LK_NOTHING_THAT_WRITES(bench.server);
    QCOMPARE(bench.tokenOf("s2"), QByteArray("owner-2"));
    QVERIFY(bench.isStored("s1") && bench.isCached("s1") && !bench.isStored("new"));
}

void TestGuardrails::unlockedEverythingWorks()
{
    test::Workbench bench;
    LK_PREPARE(bench, production());
    bench.lock("s3", "owner-3");
    QVERIFY(await(bench.actions().unlock(kName, QStringLiteral("ticket 4711"))));
    QCOMPARE(bench.workspace().window().state(), WriteWindow::State::Unlocked);

    QVERIFY(await(bench.actions().release(releaseOf("s2", "owner-2"))).isDone());
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s3", "owner-3"))).isDone());
    QVERIFY(await(bench.actions().giveBack(SessionId("s3"))).isDone());
    const ActionReport removed = await(bench.actions().remove(typedDelete("s1")));
    QVERIFY2(removed.isDone(), qPrintable(outcomeText(removed)));
    QVERIFY(!bench.isStored("s1"));
    for (const auto &[what, error] : writes(bench.workspace()))
        QVERIFY2(!error, qPrintable(QLatin1StringView(what) + u": " + describe(*error)));

    const QJsonObject unlocking = bench.auditLines().first();
    QCOMPARE(unlocking[u"action"].toString(), QStringLiteral("unlock"));
    QCOMPARE(unlocking[u"outcome"].toString(), QStringLiteral("done"));
    QCOMPARE(unlocking[u"environment"].toString(), kName);
    QCOMPARE(unlocking[u"reason"].toString(), QStringLiteral("ticket 4711"));
    QVERIFY(await(bench.workspace().audit().verify())->isWhole());
}

void TestGuardrails::unlockingIsOnRecordBeforeItOpens()
{
    test::Workbench bench;
    LK_PREPARE(bench, production());
    QStringList words;
    QObject::connect(&bench.workspace().window(), &WriteWindow::changed, this,
                     [&] { words = bench.auditWords(); });
    QVERIFY(await(bench.actions().unlock(kName, {})));
    QCOMPARE(words, QStringList(QStringLiteral("done")));
}

void TestGuardrails::whatIsNotOnRecordStaysLocked()
{
    test::Workbench bench;
    LK_PREPARE(bench, production());
    bench.auditFolder = QStringLiteral("/dev/null/audit");
    QVERIFY(bench.reopen());
    QSignalSpy changes(&bench.workspace().window(), &WriteWindow::changed);
    const Result<void> unlocked = await(bench.actions().unlock(kName, {}));
    QVERIFY(!unlocked);
    QCOMPARE(unlocked.error().code, ErrorCode::Io);
    QVERIFY2(unlocked.error().what.contains(u"stays locked"), qPrintable(unlocked.error().what));
    QVERIFY2(unlocked.error().what.contains(u"/dev/null"), qPrintable(unlocked.error().what));
    QCOMPARE(changes.count(), 0);
    QCOMPARE(bench.workspace().window().state(), WriteWindow::State::Closed);
    QVERIFY(bench.workspace().client().gate().isReadOnly());
}

void TestGuardrails::theWrongNameIsNotRecorded()
{
    test::Workbench bench;
    LK_PREPARE(bench, production());
    const Result<void> unlocked = await(bench.actions().unlock(QStringLiteral("staging"), {}));
    QVERIFY(!unlocked);
    QCOMPARE(unlocked.error().code, ErrorCode::NotPermitted);
    QVERIFY(bench.auditWords().isEmpty());
    // Nor is the unlocking of what is open.
    bench.target.guardrails = staging(Scope::Operator);
    QVERIFY(bench.reopen());
    QVERIFY(await(bench.actions().unlock(kName, {})));
    QVERIFY(bench.auditWords().isEmpty());
}

void TestGuardrails::whatHasBegunEndsInOrder()
{
    test::Workbench bench;
    LK_PREPARE(bench, production());
    QVERIFY(await(bench.actions().unlock(kName, {})));
    bench.lock("s1", "owner-1");
    bench.server.redis({"CONFIG", "RESETSTAT"});
    DeleteRequest request = typedDelete("s1");
    request.wait = 60s;
    auto removing = bench.actions().remove(request);
    QTRY_VERIFY(callsOf(bench.server, "set") > 0); // it waits for its lock

    bench.workspace().window().lock();
    for (const auto &refused : {await(bench.actions().remove(typedDelete("s1"))),
                                await(bench.actions().release(releaseOf("s2", "owner-2")))}) {
        QVERIFY(refused.failure);
        QCOMPARE(refused.failure->code, ErrorCode::NotPermitted);
    }
    bench.server.redis({"DEL", "chat:session_lock:s1"});
    const ActionReport removed = await(std::move(removing));
    QVERIFY2(removed.isDone(), qPrintable(outcomeText(removed)));
    QVERIFY(!bench.isStored("s1") && !bench.isCached("s1"));
    QVERIFY(bench.tokenOf("s1").isEmpty());
    QCOMPARE(bench.tokenOf("s2"), QByteArray("owner-2"));

    QVERIFY(bench.workspace().client().gate().isReadOnly());
    bench.server.redis({"CONFIG", "RESETSTAT"});
    for (const auto &[what, error] : writes(bench.workspace()))
        QVERIFY2(error && error->code == ErrorCode::NotPermitted, what);
    LK_NOTHING_THAT_WRITES(bench.server);
}

void TestGuardrails::whatIsLockedAgainStaysClosed()
{
    test::Workbench bench;
    LK_PREPARE(bench, production());
    bench.lock("s3", "owner-3");
    QVERIFY(await(bench.actions().unlock(kName, {})));
    QVERIFY(await(bench.actions().takeOver(takeOverOf("s3", "owner-3"))).isDone());
    bench.workspace().window().lock();
    // The lock that we hold is renewed, and may be given back.
    QVERIFY(!bench.workspace().client().gate().isReadOnly());
    QVERIFY(await(bench.actions().release(releaseOf("s2", "owner-2"))).failure);
    QVERIFY(await(bench.actions().giveBack(SessionId("s3"))).isDone());
    QVERIFY(bench.tokenOf("s3").isEmpty());
    QVERIFY(bench.workspace().client().gate().isReadOnly());
}

void TestGuardrails::inProductionTheIdIsTyped_data()
{
    QTest::addColumn<QString>("typed");
    QTest::addColumn<bool>("isDone");
    QTest::newRow("nothing") << "" << false;
    QTest::newRow("another id") << "s2" << false;
    QTest::newRow("with a blank") << "s1 " << false;
    QTest::newRow("the environment") << kName << false;
    QTest::newRow("the id") << "s1" << true;
}

void TestGuardrails::inProductionTheIdIsTyped()
{
    QFETCH(QString, typed);
    QFETCH(bool, isDone);
    test::Workbench bench;
    LK_PREPARE(bench, production());
    QVERIFY(await(bench.actions().unlock(kName, {})));
    DeleteRequest request = deleteOf("s1");
    QCOMPARE(await(bench.actions().previewDelete(request)).phrase, QStringLiteral("s1"));
    request.note.typed = typed;
    const ActionReport report = await(bench.actions().remove(request));
    QCOMPARE(report.isDone(), isDone);
    QCOMPARE(bench.isStored("s1"), !isDone);
    if (isDone)
        return;
    QCOMPARE(report.failure->code, ErrorCode::NotPermitted);
    QVERIFY(report.failure->what.startsWith(u"not confirmed"));
    QCOMPARE(report.failure->hint, QStringLiteral("type s1"));
    QVERIFY(bench.isCached("s1"));
    QCOMPARE(bench.auditWords(), QStringList(QStringLiteral("done"))); // of the unlocking
}

void TestGuardrails::staleLocksMayBeReleased_data()
{
    QTest::addColumn<QByteArray>("token"); // "old": of a worker that began ten minutes ago
    QTest::addColumn<QByteArray>("ttl");   // empty: it never expires
    QTest::addColumn<bool>("isStale");
    QTest::newRow("no expiry") << QByteArray("owner-1") << QByteArray() << true;
    QTest::newRow("held long") << QByteArray("owner-1") << QByteArray("20000") << true;
    QTest::newRow("renewed for long") << QByteArray("old") << QByteArray("59000") << true;
    QTest::newRow("healthy") << QByteArray("owner-1") << QByteArray("59000") << false;
}

void TestGuardrails::staleLocksMayBeReleased()
{
    QFETCH(QByteArray, token);
    QFETCH(QByteArray, ttl);
    QFETCH(bool, isStale);
    test::Workbench bench;
    LK_PREPARE(bench, staging(Scope::StaleLocks));
    if (token == "old") {
        test::JumpingClock then;
        then.setWallBy(-10min);
        token = locks::TokenMaker(then).make().bytes();
    }
    bench.server.redis({"SET", "chat:session_lock:s1", token});
    if (!ttl.isEmpty())
        bench.server.redis({"PEXPIRE", "chat:session_lock:s1", ttl});
    const ReleaseRequest request = releaseOf("s1", token.constData());
    QCOMPARE(await(bench.actions().previewRelease(request)).refusal.has_value(), !isStale);
    const ActionReport report = await(bench.actions().release(request));
    QCOMPARE(report.isDone(), isStale);
    QCOMPARE(bench.tokenOf("s1"), isStale ? QByteArray() : token);
    if (isStale)
        return;
    QCOMPARE(report.failure->code, ErrorCode::NotPermitted);
    QVERIFY2(report.failure->what.contains(u"not stale"), qPrintable(report.failure->what));
    QVERIFY2(report.failure->hint.contains(kProfile), qPrintable(report.failure->hint));
    QVERIFY(bench.auditWords().isEmpty());
}

/// That others ask for it is the graver thing to say of it, and changes nothing of its age.
void TestGuardrails::aContendedLockThatIsHeldLongMayBeReleased()
{
    test::Workbench bench;
    LK_PREPARE(bench, staging(Scope::StaleLocks));
    bench.lock("s1", "owner-1", 20s);
    bench.lock("s3", "owner-3", 59s);
    Workspace &workspace = bench.workspace();
    workspace.watch();
    QTRY_VERIFY(workspace.monitor().feed().isTrusted);
    const LockKey heldLong = bench.target.family.lockKey(SessionId("s1"));
    const LockKey healthy = bench.target.family.lockKey(SessionId("s3"));
    workspace.monitor().noteDemand(
        {{heldLong, Token("owner-1"), true, 3}, {healthy, Token("owner-3"), true, 3}});
    QTRY_VERIFY(workspace.monitor().registry().find(heldLong)->isContended.value_or(false));
    QVERIFY(!await(bench.actions().release(releaseOf("s3", "owner-3"))).isDone());
    const ActionReport report = await(bench.actions().release(releaseOf("s1", "owner-1")));
    QVERIFY2(report.isDone(), qPrintable(outcomeText(report)));
}

void TestGuardrails::staleLocksAreAllThatMayBeTouched()
{
    test::Workbench bench;
    LK_PREPARE(bench, staging(Scope::StaleLocks));
    bench.lock("s1", "owner-1", 20s);
    DeleteRequest takingOver = typedDelete("s1");
    takingOver.takeOver = Token("owner-1");
    const QList<ActionReport> reports{await(bench.actions().takeOver(takeOverOf("s1", "owner-1"))),
                                      await(bench.actions().remove(typedDelete("s1"))),
                                      await(bench.actions().remove(takingOver))};
    for (const ActionReport &report : reports) {
        QVERIFY(report.failure);
        QCOMPARE(report.failure->code, ErrorCode::NotPermitted);
        QVERIFY2(report.failure->what.contains(kProfile), qPrintable(report.failure->what));
        QVERIFY2(report.failure->what.contains(u"only lets you release stale locks"),
                 qPrintable(report.failure->what));
    }
    QVERIFY(bench.isStored("s1") && bench.isCached("s1"));
    QCOMPARE(bench.tokenOf("s1"), QByteArray("owner-1"));
    QVERIFY(bench.auditWords().isEmpty());
}

QTEST_GUILESS_MAIN(TestGuardrails)
#include "tst_guardrails.moc"
