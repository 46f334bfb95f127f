// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/preview.h"

#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::app;
using namespace std::chrono_literals;

using Kind = locks::LockObservation::Kind;

namespace {

const SteadyTime kNow{1h};
const Token kToken("api-3:4711");

locks::LockObservation heldWith(std::optional<milliseconds> ttl)
{
    locks::LockObservation lock;
    lock.kind = Kind::Held;
    lock.token = kToken;
    lock.ttl = ttl;
    lock.sentAt = lock.receivedAt = kNow;
    return lock;
}

locks::LockObservation foreign()
{
    locks::LockObservation lock;
    lock.kind = Kind::Foreign;
    lock.foreignReason = QStringLiteral("a hash, not a string");
    return lock;
}

sessions::ChatSession session(const char *user)
{
    sessions::ChatSession session;
    session.id = SessionId("s1");
    session.user = UserId(user);
    session.title = QStringLiteral("Quarterly report");
    session.messages.resize(12);
    return session;
}

/// A session of user u1 that is cached and stored, and a lock taken 20 s ago.
Inspection complete()
{
    Inspection inspection;
    inspection.id = SessionId("s1");
    inspection.lock = heldWith(40s);
    inspection.owner = locks::decodeOwner(kToken, WallTime{});
    inspection.cached = std::optional(session("u1"));
    inspection.cachedBytes = 41 * 1024;
    inspection.cacheTtl = 11h;
    inspection.hasDatabase = true;
    inspection.stored = std::optional(session("u1"));
    return inspection;
}

ReleaseRequest release(const Token &seen = kToken)
{
    return {SessionId("s1"), seen, {}};
}

DeleteRequest deletion()
{
    DeleteRequest request;
    request.session = SessionId("s1");
    return request;
}

ErrorCode codeOf(const Preview &preview)
{
    return preview.refusal ? preview.refusal->code : ErrorCode::Cancelled;
}

bool mentions(const QStringList &sentences, const char *text)
{
    return sentences.join(u'\n').contains(QString::fromUtf8(text));
}

} // namespace

class TestPreview : public QObject
{
    Q_OBJECT

private slots:
    void releaseTellsWhatItDoes();
    void releaseNamesWhatItLeavesAlone_data();
    void releaseNamesWhatItLeavesAlone();
    void releaseIsRefused();
    void aLiveWorkerIsSaid();
    void deleteTellsWhatItDoes();
    void deleteIsRefused();
    void deleteLeavesOthersAlone();
    void deleteFinishesWhatWasCutShort();
};

void TestPreview::releaseTellsWhatItDoes()
{
    const Preview preview = previewOf(release(), complete(), {}, kNow);
    QVERIFY(!preview.refusal);
    QVERIFY(mentions(preview.effects, "deletes the lock chat:session_lock:s1"));
    QVERIFY(mentions(preview.effects, "held by api-3:4711 for another 40 s"));
    QVERIFY(mentions(preview.warnings, "the owner is not told"));
    QVERIFY(!mentions(preview.warnings, "alive"));
}

void TestPreview::releaseNamesWhatItLeavesAlone_data()
{
    QTest::addColumn<bool>("isCached");
    QTest::addColumn<bool>("isStored");
    QTest::addColumn<bool>("hasDatabase");
    QTest::addColumn<QString>("text");
    QTest::newRow("both") << true << true << true
                          << "leaves the session alone, in cache and database";
    QTest::newRow("no row") << true << false << true << "which is only in the cache";
    QTest::newRow("no cache") << false << true << true << "which is only in the database";
    QTest::newRow("orphan") << false << false << true << "there is no session of this id";
    QTest::newRow("no database") << true << false << false << "leaves the cached session alone";
    QTest::newRow("no database, no cache")
        << false << false << false << "there is no cached session of this id";
}

void TestPreview::releaseNamesWhatItLeavesAlone()
{
    QFETCH(bool, isCached);
    QFETCH(bool, isStored);
    QFETCH(bool, hasDatabase);
    QFETCH(QString, text);
    Inspection inspection = complete();
    inspection.hasDatabase = hasDatabase;
    if (!isCached)
        inspection.cached = std::optional<sessions::ChatSession>{};
    if (!isStored)
        inspection.stored = std::optional<sessions::ChatSession>{};
    const Preview preview = previewOf(release(), inspection, {}, kNow);
    QVERIFY2(preview.effects.last().contains(text), qPrintable(preview.effects.last()));
}

void TestPreview::releaseIsRefused()
{
    Inspection inspection = complete();
    QCOMPARE(codeOf(previewOf(release(Token("old")), inspection, {}, kNow)),
             ErrorCode::ChangedHands);
    QVERIFY(previewOf(release(Token("old")), inspection, {}, kNow)
                .refusal->what.contains(u"api-3:4711"));
    Circumstances readOnly;
    readOnly.forbidden = Error{ErrorCode::NotPermitted, QStringLiteral("read-only"), {}};
    QCOMPARE(codeOf(previewOf(release(), inspection, readOnly, kNow)), ErrorCode::NotPermitted);
    inspection.lock = foreign();
    QCOMPARE(codeOf(previewOf(release(), inspection, {}, kNow)), ErrorCode::Refused);
    inspection.lock = locks::LockObservation{};
    QCOMPARE(codeOf(previewOf(release(), inspection, {}, kNow)), ErrorCode::ChangedHands);
    QVERIFY(previewOf(release(), inspection, {}, kNow).effects.isEmpty());
    inspection.lock = Error{ErrorCode::CannotConnect, QStringLiteral("down"), {}};
    QCOMPARE(codeOf(previewOf(release(), inspection, {}, kNow)), ErrorCode::CannotConnect);
}

void TestPreview::aLiveWorkerIsSaid()
{
    Inspection inspection = complete();
    inspection.lock = heldWith(59600ms);
    QVERIFY(mentions(previewOf(release(), inspection, {}, kNow).warnings,
                     "the lock was taken or renewed 0.4 s ago"));
    QVERIFY(mentions(previewOf(deletion(), inspection, {}, kNow).warnings,
                     "the lock was taken or renewed 0.4 s ago"));
    Circumstances watched;
    watched.isWatched = true;
    watched.record.emplace();
    watched.record->renewals = 3;
    QVERIFY(mentions(previewOf(release(), complete(), watched, kNow).warnings,
                     "renewed the lock 3 times"));
    // A lease longer than the family's: the time left tells nothing by itself.
    watched.record->renewals = 0;
    watched.record->lease = 10min;
    QVERIFY(!mentions(previewOf(release(), inspection, watched, kNow).warnings, "alive"));
    inspection.lock = heldWith(std::nullopt);
    QVERIFY(!mentions(previewOf(release(), inspection, {}, kNow).warnings, "alive"));
}

void TestPreview::deleteTellsWhatItDoes()
{
    DeleteRequest request = deletion();
    Preview preview = previewOf(request, complete(), {}, kNow);
    QVERIFY(!preview.refusal);
    QCOMPARE(preview.lockKey, QStringLiteral("chat:session_lock:s1"));
    QCOMPARE(preview.cacheKey, QStringLiteral("chat:session:s1"));
    QCOMPARE(preview.effects.size(), 4);
    QVERIFY(preview.effects[0].contains(u"waits up to 10 s"));
    QVERIFY(preview.effects[0].contains(u"held by api-3:4711"));
    QCOMPARE(preview.effects[1], QString::fromUtf8("deletes the database row “Quarterly report” "
                                                   "of user u1 and its 12 messages"));
    QVERIFY(preview.effects[2].contains(u"41 KB"));

    request.takeOver = kToken;
    preview = previewOf(request, complete(), {}, kNow);
    QVERIFY(!preview.refusal);
    QVERIFY(preview.effects[0].contains(u"over from its owner"));
    QVERIFY(mentions(preview.warnings, "the owner is not told"));
}

void TestPreview::deleteIsRefused()
{
    Inspection inspection = complete();
    Circumstances readOnly;
    readOnly.forbidden = Error{ErrorCode::NotPermitted, QStringLiteral("read-only"), {}};
    QCOMPARE(codeOf(previewOf(deletion(), inspection, readOnly, kNow)), ErrorCode::NotPermitted);

    DeleteRequest takingOver = deletion();
    takingOver.takeOver = Token("old");
    QCOMPARE(codeOf(previewOf(takingOver, inspection, {}, kNow)), ErrorCode::ChangedHands);

    inspection.stored = std::optional<sessions::ChatSession>{};
    Preview preview = previewOf(deletion(), inspection, {}, kNow);
    QCOMPARE(codeOf(preview), ErrorCode::NotFound);
    QVERIFY(preview.refusal->hint.contains(u"expires in 11 h"));
    QVERIFY(preview.effects.isEmpty());
    QVERIFY(preview.warnings.isEmpty()); // the refusal says it

    inspection.stored = Error{ErrorCode::CannotConnect, QStringLiteral("database down"), {}};
    QCOMPARE(codeOf(previewOf(deletion(), inspection, {}, kNow)), ErrorCode::CannotConnect);

    inspection.hasDatabase = false;
    inspection.stored = std::optional<sessions::ChatSession>{};
    preview = previewOf(deletion(), inspection, {}, kNow);
    QCOMPARE(codeOf(preview), ErrorCode::InvalidInput);
    QVERIFY(preview.refusal->hint.contains(u"--db"));

    inspection = complete();
    inspection.lock = foreign();
    QCOMPARE(codeOf(previewOf(deletion(), inspection, {}, kNow)), ErrorCode::Refused);
}

void TestPreview::deleteLeavesOthersAlone()
{
    DeleteRequest request = deletion();
    request.user = UserId("u2");
    const Preview preview = previewOf(request, complete(), {}, kNow);
    QCOMPARE(codeOf(preview), ErrorCode::NotFound);
    QVERIFY(preview.refusal->what.contains(u"of user u2"));
    QVERIFY(preview.effects.isEmpty());
    QVERIFY(mentions(preview.warnings, "another user's"));
    request.user = UserId("u1");
    QVERIFY(!previewOf(request, complete(), {}, kNow).refusal);
}

void TestPreview::deleteFinishesWhatWasCutShort()
{
    Inspection inspection = complete();
    inspection.stored = std::optional<sessions::ChatSession>{};
    Circumstances rerun;
    rerun.isRerun = true;
    const Preview preview = previewOf(deletion(), inspection, rerun, kNow);
    QVERIFY(!preview.refusal);
    QVERIFY(mentions(preview.effects, "deletes the cached copy"));
    QVERIFY(!mentions(preview.effects, "database row"));
    QVERIFY(mentions(preview.warnings, "finishes a delete that was cut short"));
}

QTEST_GUILESS_MAIN(TestPreview)
#include "tst_preview.moc"
