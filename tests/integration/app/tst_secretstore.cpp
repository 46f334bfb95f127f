// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/secretstore.h"
#include "keyringsession.h"
#include "support/await.h"
#include "support/childprocess.h"
#include "support/need.h"

#include <QCoreApplication>
#include <QDirIterator>
#include <QProcess>
#include <QTest>

#include <cstdio>
#include <memory>

using namespace lockkeeper;
using app::Kept;
using app::SecretName;
using app::SecretStore;
using test::await;
using test::KeyringSession;
using Part = app::SecretName::Part;

namespace {

/// Bytes that no text has, too.
const QByteArray kPassword("Zu\xfe\0 geheim 7", 12);

SecretName name(const char *profile, Part part = Part::Redis)
{
    return {.profile = QString::fromUtf8(profile), .part = part};
}

/// One line about what the store did with the name; the password comes by standard input.
QByteArray carriedOut(SecretStore &store, const QByteArray &verb, const SecretName &what)
{
    if (verb == "keep") {
        QByteArray password(4096, '\0');
        password.truncate(static_cast<qsizetype>(std::fread(password.data(), 1, 4096, stdin)));
        const auto kept = await(store.keep(what, Secret(password)));
        if (!kept)
            return describe(kept.error()).toUtf8();
        return *kept == Kept::InKeychain ? "keychain" : "memory";
    }
    if (verb == "read") {
        const auto found = await(store.read(what));
        if (!found)
            return describe(found.error()).toUtf8();
        return *found ? "found " + (*found)->reveal().toHex() : QByteArray("nothing");
    }
    const auto forgotten = await(store.forget(what));
    return forgotten ? QByteArray("forgotten") : describe(forgotten.error()).toUtf8();
}

/// Asks, and leaves before there is an answer.
QByteArray leftOpen(const SecretName &what)
{
    auto store = std::make_unique<SecretStore>();
    const auto kept = store->keep(what, Secret(kPassword));
    const auto found = store->read(what);
    QTest::qWait(200); // the first is under way by then, as a rule
    if (kept.isFinished() || found.isFinished())
        return "answered";
    store.reset();
    if (!kept.isFinished() || !found.isFinished())
        return "open";
    return codeName(kept.result().error().code).data();
}

/// A program in a session of its own: --store VERB PROFILE PART.
int useStore(const QStringList &arguments)
{
    const SecretName what{.profile = arguments[2], .part = static_cast<Part>(arguments[3].toInt())};
    if (arguments[1] == u"leave") {
        std::printf("%s\n", leftOpen(what).constData());
        return 0;
    }
    SecretStore store;
    std::printf("%s\n", carriedOut(store, arguments[1].toUtf8(), what).constData());
    std::printf("%s\n", qPrintable(store.whyInMemory().value_or(QStringLiteral("-"))));
    return 0;
}

struct Said
{
    QByteArray outcome;
    QByteArray whyInMemory; ///< "-": nothing is
};

Said said(const KeyringSession &session, const char *verb, const SecretName &what)
{
    QProcess program;
    test::dieWithParent(program);
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    program.setProcessEnvironment(session.environment());
    program.start(QCoreApplication::applicationFilePath(),
                  {QStringLiteral("--store"), QString::fromLatin1(verb), what.profile,
                   QString::number(int(what.part))});
    program.write(kPassword);
    program.closeWriteChannel();
    if (!program.waitForFinished(60'000))
        return {.outcome = "hangs", .whyInMemory = {}};
    const QList<QByteArray> lines = program.readAllStandardOutput().split('\n');
    return {.outcome = lines.value(0), .whyInMemory = lines.value(1)};
}

/// The files below the folder that hold any of the words.
QStringList filesWith(const QString &folder, const QList<QByteArray> &words)
{
    QStringList found;
    QDirIterator each(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (each.hasNext()) {
        QFile file(each.next());
        const QByteArray content = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        for (const QByteArray &word : words)
            if (content.contains(word))
                found.append(file.fileName());
    }
    return found;
}

} // namespace

class TestSecretStore : public QObject
{
    Q_OBJECT

private slots:
    void remembersWithoutAKeychain_data();
    void remembersWithoutAKeychain();
    void saysWhyThereIsNoKeychain();
    void refusesNamesThatCouldMeet();
    void endsItsFutures();
    void keepsInTheKeychain();
    void keepsNamesApart();
    void writesNothingInClear();
    void remembersWhileTheKeychainIsLocked();
    void saysThatNobodyKeepsPasswords();
    void leavesAKeychainThatDoesNotAnswer();
};

void TestSecretStore::remembersWithoutAKeychain_data()
{
    QTest::addColumn<SecretStore::Keychain>("keychain");
    QTest::newRow("none is wanted") << SecretStore::Keychain::None;
    QTest::newRow("there is no bus") << SecretStore::Keychain::System; // see tests/CMakeLists.txt
}

void TestSecretStore::remembersWithoutAKeychain()
{
    QFETCH(SecretStore::Keychain, keychain);
    SecretStore store(keychain);
    const SecretName mine = name("mine");
    QCOMPARE(await(store.read(mine)).value(), std::nullopt);
    QCOMPARE(await(store.keep(mine, Secret(kPassword))).value(), Kept::InMemory);
    QCOMPARE(await(store.keep(name("mine", Part::Database), Secret("other"))).value(),
             Kept::InMemory);
    QCOMPARE(await(store.read(mine)).value(), Secret(kPassword));
    QVERIFY(store.whyInMemory());
    QVERIFY(store.whyInMemory()->startsWith(u"passwords are kept in memory for this run only: "));
    QCOMPARE(await(store.keep(mine, Secret())).value(), Kept::InMemory);
    QCOMPARE(await(store.read(mine)).value(), Secret());
    QVERIFY(await(store.forget(mine)));
    QCOMPARE(await(store.read(mine)).value(), std::nullopt);
    QCOMPARE(await(store.read(name("mine", Part::Database))).value(), Secret("other"));
    SecretStore next(keychain);
    QCOMPARE(await(next.read(name("mine", Part::Database))).value(), std::nullopt);
}

void TestSecretStore::saysWhyThereIsNoKeychain()
{
    SecretStore store;
    QVERIFY(!store.whyInMemory()); // nobody has asked yet
    QCOMPARE(await(store.read(name("mine"))).value(), std::nullopt);
    QVERIFY(store.whyInMemory());
    QVERIFY2(store.whyInMemory()->contains(u"disabled"), qPrintable(*store.whyInMemory()));
    const auto forgotten = await(store.forget(name("mine")));
    QVERIFY(!forgotten); // an earlier run may have kept it in a keychain
    QCOMPARE(forgotten.error().code, ErrorCode::Io);
    QVERIFY(forgotten.error().what.contains(u"redis/mine"));
    QVERIFY(!forgotten.error().hint.isEmpty());
}

void TestSecretStore::refusesNamesThatCouldMeet()
{
    SecretStore store(SecretStore::Keychain::None);
    const QList<QString> bad{QString(), QStringLiteral("two\nlines"),
                             QStringLiteral("cut") + QChar(QChar::Null), QString(QChar(0xd800))};
    for (const QString &profile : bad) {
        const SecretName name{.profile = profile};
        QCOMPARE(await(store.keep(name, Secret("x"))).error().code, ErrorCode::InvalidInput);
        QCOMPARE(await(store.read(name)).error().code, ErrorCode::InvalidInput);
        QCOMPARE(await(store.forget(name)).error().code, ErrorCode::InvalidInput);
    }
}

void TestSecretStore::endsItsFutures()
{
    auto store = std::make_unique<SecretStore>();
    const auto read = store->read(name("mine"));
    const auto kept = store->keep(name("mine"), Secret("x"));
    const auto forgotten = store->forget(name("mine"));
    QCoreApplication::processEvents(); // the first is under way, or over
    store.reset();
    QVERIFY(read.isFinished() && kept.isFinished() && forgotten.isFinished());
    QCOMPARE(kept.result().error().code, ErrorCode::Cancelled);
    QCOMPARE(forgotten.result().error().code, ErrorCode::Cancelled);
    SecretStore next; // and nothing that was left is in the way of another
    QVERIFY(await(next.read(name("mine"))));
}

#define LK_NEED_KEYRING()                                                                          \
    do {                                                                                           \
        LK_NEED_PROGRAM("dbus-daemon");                                                            \
        LK_NEED_PROGRAM("dbus-send");                                                              \
        LK_NEED_PROGRAM("gnome-keyring-daemon");                                                   \
    } while (false)

#define LK_START_SESSION(session, keyring)                                                         \
    QVERIFY2((session).start(KeyringSession::Keyring::keyring), qPrintable((session).reason()))

void TestSecretStore::keepsInTheKeychain()
{
    LK_NEED_KEYRING();
    KeyringSession session;
    LK_START_SESSION(session, Unlocked);
    const SecretName mine = name("mine");
    QCOMPARE(said(session, "read", mine).outcome, QByteArray("nothing"));
    const Said kept = said(session, "keep", mine);
    QCOMPARE(kept.outcome, QByteArray("keychain"));
    QCOMPARE(kept.whyInMemory, QByteArray("-"));
    QCOMPARE(said(session, "read", mine).outcome, "found " + kPassword.toHex());

    session.stop(); // the next login
    LK_START_SESSION(session, Unlocked);
    QCOMPARE(said(session, "read", mine).outcome, "found " + kPassword.toHex());
    QCOMPARE(said(session, "forget", mine).outcome, QByteArray("forgotten"));
    const Said gone = said(session, "read", mine);
    QCOMPARE(gone.outcome, QByteArray("nothing"));
    QCOMPARE(gone.whyInMemory, QByteArray("-"));
    QCOMPARE(said(session, "forget", mine).outcome, QByteArray("forgotten"));
}

void TestSecretStore::keepsNamesApart()
{
    LK_NEED_KEYRING();
    KeyringSession session;
    LK_START_SESSION(session, Unlocked);
    for (const char *profile :
         {"two words", "Zürich – 東京 🔒", "eu/west/1", "../../x", "\"'$(id)"}) {
        QCOMPARE(said(session, "keep", name(profile)).outcome, QByteArray("keychain"));
        QCOMPARE(said(session, "read", name(profile)).outcome, "found " + kPassword.toHex());
        QCOMPARE(said(session, "read", name(profile, Part::Sentinel)).outcome,
                 QByteArray("nothing"));
        QCOMPARE(said(session, "forget", name(profile)).outcome, QByteArray("forgotten"));
        QCOMPARE(said(session, "read", name(profile)).outcome, QByteArray("nothing"));
    }
}

void TestSecretStore::writesNothingInClear()
{
    LK_NEED_KEYRING();
    KeyringSession session;
    LK_START_SESSION(session, Unlocked);
    QCOMPARE(said(session, "keep", name("mine")).outcome, QByteArray("keychain"));
    session.stop();
    LK_START_SESSION(session, None);
    QCOMPARE(said(session, "keep", name("yours")).outcome, QByteArray("memory"));
    session.stop();
    const QString keyrings = QStringLiteral("/data/keyrings");
    QVERIFY(!QDir(session.home() + keyrings).entryList(QDir::Files).isEmpty());
    QCOMPARE(filesWith(session.home(), {"geheim", kPassword.toBase64(), kPassword.toHex()}),
             QStringList());
}

void TestSecretStore::remembersWhileTheKeychainIsLocked()
{
    LK_NEED_KEYRING();
    KeyringSession session;
    LK_START_SESSION(session, Unlocked);
    QCOMPARE(said(session, "keep", name("mine")).outcome, QByteArray("keychain"));
    session.stop();
    LK_START_SESSION(session, Locked);
    const Said kept = said(session, "keep", name("yours"));
    QCOMPARE(kept.outcome, QByteArray("memory"));
    QVERIFY2(kept.whyInMemory.contains("no keychain: "), kept.whyInMemory.constData());
    QVERIFY(!said(session, "read", name("mine")).outcome.startsWith("found"));
    session.stop();
    LK_START_SESSION(session, Unlocked);
    QCOMPARE(said(session, "read", name("mine")).outcome, "found " + kPassword.toHex());
    QCOMPARE(said(session, "read", name("yours")).outcome, QByteArray("nothing"));
}

void TestSecretStore::saysThatNobodyKeepsPasswords()
{
    LK_NEED_KEYRING();
    KeyringSession session;
    LK_START_SESSION(session, None);
    const Said kept = said(session, "keep", name("mine"));
    QCOMPARE(kept.outcome, QByteArray("memory"));
    QVERIFY2(kept.whyInMemory.contains("org.freedesktop.secrets"), kept.whyInMemory.constData());
}

void TestSecretStore::leavesAKeychainThatDoesNotAnswer()
{
    LK_NEED_KEYRING();
    KeyringSession session;
    LK_START_SESSION(session, Unlocked);
    session.pause();
    QCOMPARE(said(session, "leave", name("mine")).outcome, QByteArray("cancelled"));
    session.resume();
    QCOMPARE(said(session, "keep", name("mine")).outcome, QByteArray("keychain"));
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments().mid(1);
    if (arguments.size() == 4 && arguments.first() == u"--store")
        return useStore(arguments);
    TestSecretStore test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_secretstore.moc"
