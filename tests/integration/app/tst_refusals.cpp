// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bulk.h"
#include "app/durablefile.h"
#include "support/await.h"
#include "workbench.h"

#include <QFile>
#include <QTest>

#include <csignal>
#include <functional>
#include <sys/resource.h>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;
using test::await;
using test::deleteOf;
using test::Workbench;

namespace {

const SessionId kSession("s1");
const QString kName = QStringLiteral("production");

/// What stands in the way, and what is tried all the same.
struct Case
{
    std::function<void(Workbench &)> prepare; ///< before the workspace is opened anew
    std::function<std::optional<Error>(Workbench &)> attempt;
};

std::optional<Error> failureOf(const ActionReport &report)
{
    return report.failure;
}

// What is tried ------------------------------------------------------------------------------

std::optional<Error> release(Workbench &bench)
{
    return failureOf(await(bench.actions().release({kSession, Token("owner-1")})));
}

std::optional<Error> takeOver(Workbench &bench)
{
    return failureOf(await(bench.actions().takeOver({kSession, Token("owner-1")})));
}

std::optional<Error> giveBack(Workbench &bench)
{
    return failureOf(await(bench.actions().giveBack(kSession)));
}

std::optional<Error> removeAs(Workbench &bench, DeleteRequest request)
{
    request.wait = 200ms;
    return failureOf(await(bench.actions().remove(request)));
}

std::optional<Error> removeIt(Workbench &bench)
{
    return removeAs(bench, deleteOf("s1"));
}

std::optional<Error> removeTakingOver(Workbench &bench)
{
    DeleteRequest request = deleteOf("s1");
    request.takeOver = Token("owner-1");
    return removeAs(bench, request);
}

std::optional<Error> removeOfAnother(Workbench &bench)
{
    DeleteRequest request = deleteOf("s1");
    request.user = UserId("u2");
    return removeAs(bench, request);
}

std::optional<Error> removeStopped(Workbench &bench)
{
    std::stop_source stop;
    stop.request_stop();
    DeleteRequest request = deleteOf("s1");
    request.stop = stop.get_token();
    return removeAs(bench, request);
}

std::optional<Error> unlock(Workbench &bench)
{
    const Result<void> unlocked = await(bench.actions().unlock(kName, {}));
    return unlocked ? std::nullopt : std::optional(unlocked.error());
}

auto unlockBy(const QString &typed)
{
    return [typed](Workbench &bench) -> std::optional<Error> {
        const Result<void> unlocked = await(bench.actions().unlock(typed, {}));
        return unlocked ? std::nullopt : std::optional(unlocked.error());
    };
}

/// Unlocked, a delete for which this was typed.
auto removeTyped(const QString &typed)
{
    return [typed](Workbench &bench) -> std::optional<Error> {
        if (const auto locked = unlock(bench))
            return locked;
        DeleteRequest request = deleteOf("s1");
        request.note.typed = typed;
        return removeAs(bench, request);
    };
}

/// As many locks at once; unlocked before, where it is production.
auto bulkOf(BulkDeed deed, int items, const QString &typed = {})
{
    return [=](Workbench &bench) -> std::optional<Error> {
        if (!typed.isNull())
            static_cast<void>(unlock(bench));
        BulkRequest request;
        request.deed = deed;
        request.typed = typed;
        for (int i = 0; i < items; ++i)
            request.items.append(
                {SessionId("s" + QByteArray::number(i)), Token("owner-1"), std::nullopt});
        return await(runBulk(bench.actions(), request, {})).refusal;
    };
}

/// While the disk has no room for another line of the audit log.
auto onFullDisk(std::function<std::optional<Error>(Workbench &)> attempt)
{
    return [attempt = std::move(attempt)](Workbench &bench) {
        rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        rlimit limit = before;
        limit.rlim_cur = 20;
        const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::optional<Error> failure = attempt(bench);
        ::setrlimit(RLIMIT_FSIZE, &before);
        static_cast<void>(std::signal(SIGXFSZ, oldHandler));
        return failure;
    };
}

/// While another program that was stopped has the audit log locked.
auto onHeldLog(std::function<std::optional<Error>(Workbench &)> attempt)
{
    return [attempt = std::move(attempt)](Workbench &bench) -> std::optional<Error> {
        if (!ensureFolder(bench.auditFolder))
            return std::nullopt;
        const Result<Descriptor> log = openLocked(bench.auditFolder + u"/chain");
        return log ? attempt(bench) : std::nullopt;
    };
}

auto onDeadServer(std::function<std::optional<Error>(Workbench &)> attempt)
{
    return [attempt = std::move(attempt)](Workbench &bench) -> std::optional<Error> {
        bench.server.kill();
        const bool isKnown =
            QTest::qWaitFor([&] { return !bench.workspace().client().isReady(); }, 30'000);
        return isKnown ? attempt(bench) : std::nullopt;
    };
}

// What stands in the way ---------------------------------------------------------------------

void nothing(Workbench & /*bench*/) {}

void isFree(Workbench &bench)
{
    bench.server.redis({"DEL", "chat:session_lock:s1"});
}

void isAnothers(Workbench &bench)
{
    bench.lock("s1", "owner-2");
}

void isNoLock(Workbench &bench)
{
    isFree(bench);
    bench.server.redis({"HSET", "chat:session_lock:s1", "uuid:1", "1"});
}

void isReadOnly(Workbench &bench)
{
    bench.target.isReadOnly = true;
}

void isReplica(Workbench &bench)
{
    bench.server.redis({"REPLICAOF", "127.0.0.1", "1"});
}

auto asUser(const char *rights)
{
    return [rights = QByteArray(rights)](Workbench &bench) {
        QList<QByteArray> words{"ACL", "SETUSER", "viewer", "on", ">pw", "~*", "&*", "+@all"};
        bench.server.redis(words + rights.split(' '));
        bench.target.server = bench.server.addressFor(QStringLiteral("viewer"), "pw");
    };
}

auto behind(Environment environment, Scope scope = Scope::Operator,
            int cap = Guardrails::kDefaultCap)
{
    return [=](Workbench &bench) {
        Guardrails &rails = bench.target.guardrails;
        rails.profile = QStringLiteral("api-prod");
        rails.environment = environment;
        rails.scope = scope;
        rails.cap = cap;
    };
}

void productionWithoutLog(Workbench &bench)
{
    behind(Environment::Production)(bench);
    bench.auditFolder = QStringLiteral("/dev/null/audit");
}

void logIsAFile(Workbench &bench)
{
    QFile file(bench.auditFolder);
    QVERIFY(file.open(QIODevice::WriteOnly));
}

void databaseIsAway(Workbench &bench)
{
    bench.target.database->path += QStringLiteral(".away");
    bench.target.createsDatabase = false;
}

void noDatabase(Workbench &bench)
{
    bench.target.database.reset();
}

void noSession(Workbench &bench)
{
    isFree(bench);
    QVERIFY(await(bench.workspace().database()->remove(kSession, {})));
}

/// What an act could have touched.
QList<QByteArray> touchable(Workbench &bench, const sessions::Dsn &dsn)
{
    sessions::SessionDatabase database(dsn);
    const auto stored = await(database.load(kSession));
    return {bench.server.redis({"DUMP", "chat:session_lock:s1"}).toByteArray(),
            bench.server.redis({"DUMP", "chat:session:s1"}).toByteArray(),
            stored && *stored ? QByteArray("stored") : QByteArray("not stored")};
}

} // namespace

Q_DECLARE_METATYPE(Case)

/// Everything that may stand in the way of an act: what is said then, and that nothing is touched.
class TestRefusals : public QObject
{
    Q_OBJECT

private slots:
    void saysWhatAndTheWayOut_data();
    void saysWhatAndTheWayOut();

private:
    static void addRow(const char *what, const Case &when, ErrorCode code, const char *said,
                       const char *hint);
    static void addLocks();
    static void addRights();
    static void addGuardrails();
    static void addOutages();
    static void addDeletes();
};

void TestRefusals::addRow(const char *what, const Case &when, ErrorCode code, const char *said,
                          const char *hint)
{
    QTest::newRow(what) << when << code << QString::fromUtf8(said) << QString::fromUtf8(hint);
}

void TestRefusals::addLocks()
{
    using enum ErrorCode;
    const char *look = "look at the new owner";
    addRow("release: changed hands", {&isAnothers, &release}, ChangedHands, "owner-2", look);
    addRow("take over: changed hands", {&isAnothers, &takeOver}, ChangedHands, "owner-2", look);
    addRow("delete, taking over: changed hands", {&isAnothers, &removeTakingOver}, ChangedHands,
           "owner-2", look);
    addRow("release: gone", {&isFree, &release}, ChangedHands, "is free", "nothing left to do");
    addRow("take over: gone", {&isFree, &takeOver}, ChangedHands, "is free", "nothing left to do");
    addRow("delete, taking over: gone", {&isFree, &removeTakingOver}, ChangedHands, "is free",
           "without taking it over");
    addRow("release: no lock", {&isNoLock, &release}, Refused, "a hash", "TYPE");
    addRow("take over: no lock", {&isNoLock, &takeOver}, Refused, "a hash", "TYPE");
    addRow("delete: no lock", {&isNoLock, &removeIt}, Refused, "other than a string",
           "who wrote it");
    addRow("delete: busy", {&nothing, &removeIt}, LockTimeout, "held by owner-1",
           "take the lock over");
    addRow("give back: not ours", {&nothing, &giveBack}, NotFound, "do not hold",
           "nothing to give back");
}

void TestRefusals::addRights()
{
    using enum ErrorCode;
    const auto noScripts = asUser("-eval -evalsha");
    addRow("release: no rights", {noScripts, &release}, NotPermitted, "+evalsha", "ACL");
    addRow("take over: no rights", {noScripts, &takeOver}, NotPermitted, "+evalsha", "ACL");
    addRow("delete: no rights", {asUser("-del"), &removeIt}, NotPermitted, "+del", "ACL");
    addRow("release: not told, refused", {asUser("-acl -eval -evalsha"), &release}, NotPermitted,
           "evalsha", "ACL");
    addRow("release: replica", {&isReplica, &release}, NotPermitted, "replica", "primary");
    addRow("delete: replica", {&isReplica, &removeIt}, NotPermitted, "replica", "primary");
    const char *connect = "without the read-only setting";
    addRow("release: read-only", {&isReadOnly, &release}, NotPermitted, "read-only", connect);
    addRow("take over: read-only", {&isReadOnly, &takeOver}, NotPermitted, "read-only", connect);
    addRow("delete: read-only", {&isReadOnly, &removeIt}, NotPermitted, "read-only", connect);
    addRow("many: read-only", {&isReadOnly, bulkOf(BulkDeed::Release, 2)}, NotPermitted,
           "read-only", connect);
}

void TestRefusals::addGuardrails()
{
    using enum ErrorCode;
    const auto production = behind(Environment::Production);
    const char *type = "typing \"production\"";
    addRow("release: locked", {production, &release}, NotPermitted, "\"api-prod\"", type);
    addRow("take over: locked", {production, &takeOver}, NotPermitted, "\"api-prod\"", type);
    addRow("delete: locked", {production, &removeIt}, NotPermitted, "\"api-prod\"", type);
    addRow("many: locked", {production, bulkOf(BulkDeed::Release, 2)}, NotPermitted, "\"api-prod\"",
           type);
    addRow("unlock: another name", {production, unlockBy(QStringLiteral("staging"))}, NotPermitted,
           "\"staging\"", "type \"production\"");
    addRow("unlock: nothing typed", {production, unlockBy({})}, NotPermitted, "nothing was typed",
           "type \"production\"");
    addRow("delete: not confirmed", {production, removeTyped({})}, NotPermitted, "not confirmed",
           "type s1");
    addRow("delete: confirmed by another id", {production, removeTyped(QStringLiteral("s2"))},
           NotPermitted, "\"s2\"", "type s1");
    addRow("many: not confirmed", {production, bulkOf(BulkDeed::Delete, 3, QStringLiteral(""))},
           NotPermitted, "not confirmed", "type 3");
    addRow("many: confirmed by another number",
           {production, bulkOf(BulkDeed::Delete, 3, QStringLiteral("30"))}, NotPermitted, "\"30\"",
           "type 3");
    addRow("many: over the cap",
           {behind(Environment::Staging, Scope::Operator, 2), bulkOf(BulkDeed::Release, 3)},
           NotPermitted, "3 locks", "raise the cap to 3");
    addRow("many: none", {&nothing, bulkOf(BulkDeed::Release, 0)}, NotFound, "nothing to do",
           "look at the list");
    const auto reading = behind(Environment::Staging, Scope::ReadOnly);
    addRow("release: a read-only profile", {reading, &release}, NotPermitted, "\"api-prod\"",
           "rights to operator");
    const auto stale = behind(Environment::Staging, Scope::StaleLocks);
    addRow("release: not stale", {stale, &release}, NotPermitted, "not stale", "ask an operator");
    addRow("take over: stale locks only", {stale, &takeOver}, NotPermitted, "\"api-prod\"",
           "ask somebody");
    addRow("delete: stale locks only", {stale, &removeIt}, NotPermitted, "\"api-prod\"",
           "ask somebody");
}

void TestRefusals::addOutages()
{
    using enum ErrorCode;
    addRow("release: the log is a file", {&logIsAFile, &release}, Io, "audit", "folder");
    addRow("take over: the log is a file", {&logIsAFile, &takeOver}, Io, "audit", "folder");
    addRow("delete: the log is a file", {&logIsAFile, &removeIt}, Io, "audit", "folder");
    addRow("unlock: no log", {&productionWithoutLog, &unlock}, Io, "stays locked", "folder");
    addRow("release: disk full", {&nothing, onFullDisk(&release)}, Io, "audit", "free space");
    addRow("release: the log is held", {&nothing, onHeldLog(&release)}, Io, "another program",
           "Lockkeeper stopped");
    // Before or after it has tried to connect anew: both say what to do about the server.
    addRow("release: server down", {&nothing, onDeadServer(&release)}, CannotConnect,
           "no connection", "the server");
    addRow("take over: server down", {&nothing, onDeadServer(&takeOver)}, CannotConnect,
           "no connection", "the server");
    addRow("delete: server down", {&nothing, onDeadServer(&removeIt)}, CannotConnect,
           "no connection", "the server");
    addRow("delete: database down", {&databaseIsAway, &removeIt}, CannotConnect, "chat.db.away",
           "path");
}

void TestRefusals::addDeletes()
{
    using enum ErrorCode;
    addRow("delete: no database", {&noDatabase, &removeIt}, InvalidInput, "no database", "--db");
    addRow("delete: unknown", {&noSession, &removeIt}, NotFound, "session s1", "cached copy");
    addRow("delete: another user's", {&nothing, &removeOfAnother}, NotFound, "of user u2",
           "another user's");
    addRow("delete: stopped", {&nothing, &removeStopped}, Cancelled, "session s1", "ask again");
}

void TestRefusals::saysWhatAndTheWayOut_data()
{
    QTest::addColumn<Case>("when");
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<QString>("said");
    QTest::addColumn<QString>("hint");
    addLocks();
    addRights();
    addGuardrails();
    addOutages();
    addDeletes();
}

void TestRefusals::saysWhatAndTheWayOut()
{
    QFETCH(Case, when);
    QFETCH(ErrorCode, code);
    QFETCH(QString, said);
    QFETCH(QString, hint);
    Workbench bench;
    LK_START_REDIS(bench);
    QVERIFY2(bench.addSession("s1", "u1"), qPrintable(bench.reason()));
    bench.lock("s1", "owner-1");
    const sessions::Dsn dsn = *bench.target.database;
    when.prepare(bench);
    QVERIFY2(bench.reopen(), qPrintable(bench.reason()));
    const QList<QByteArray> before = touchable(bench, dsn);

    const std::optional<Error> failure = when.attempt(bench);
    QVERIFY(failure);
    qInfo().noquote() << "\n   " << failure->what << "\n    ->" << failure->hint;
    QVERIFY2(failure->code == code,
             qPrintable(codeName(failure->code) + u": " + describe(*failure)));
    QVERIFY2(failure->what.contains(said), qPrintable(failure->what));
    QVERIFY2(failure->hint.contains(hint), qPrintable(describe(*failure)));
    // Of a server that is down nothing is left to be compared.
    if (code != ErrorCode::CannotConnect || bench.workspace().client().isReady())
        QCOMPARE(touchable(bench, dsn), before);
}

QTEST_GUILESS_MAIN(TestRefusals)
#include "tst_refusals.moc"
