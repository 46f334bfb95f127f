// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profilestore.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace lockkeeper;
using namespace lockkeeper::app;

namespace {

Profile profileOf(const QString &name)
{
    Profile profile;
    profile.name = name;
    profile.url = QStringLiteral("redis://cache.example:6380");
    return profile;
}

mode_t modeOf(const QString &path)
{
    struct stat status{};
    return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 0777U : 0;
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const QString &path, const QByteArray &content)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), qint64(content.size()));
}

/// Files of this process may not grow larger while it lives: a disk that is full.
class SmallDisk
{
public:
    explicit SmallDisk(rlim_t bytes)
        : m_before(std::signal(SIGXFSZ, SIG_IGN))
    {
        ::getrlimit(RLIMIT_FSIZE, &m_limit);
        rlimit small = m_limit;
        small.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~SmallDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_limit);
        static_cast<void>(std::signal(SIGXFSZ, m_before));
    }
    SmallDisk(const SmallDisk &) = delete;
    SmallDisk &operator=(const SmallDisk &) = delete;

private:
    rlimit m_limit{};
    void (*m_before)(int);
};

} // namespace

class TestProfileStore : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void isBelowXdgConfigHome();
    void onlyTheOwnerMayRead();
    void savesFindsAndRemoves();
    void whatIsRefusedIsNotWritten();
    void aBrokenOneSaysWhy();
    void replacesTheFileAsAWhole();
    void aLinkedFileIsWrittenWhereItIs();
    void twoStoresAtOnceLoseNothing();
    void whoReadsMeanwhileFindsItWhole();
    void trouble_data();
    void trouble();
    void aFullDiskLeavesItAsItWas();

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;
};

void TestProfileStore::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_file = m_folder->filePath(QStringLiteral("lockkeeper/profiles.json"));
}

void TestProfileStore::cleanup()
{
    m_folder.reset();
}

void TestProfileStore::isBelowXdgConfigHome()
{
    const QByteArray before = qgetenv("XDG_CONFIG_HOME");
    qputenv("XDG_CONFIG_HOME", m_folder->path().toUtf8());
    QCOMPARE(ProfileStore().file(), m_file);
    // Relative paths are ignored, as the specification has it.
    qputenv("XDG_CONFIG_HOME", "config");
    QCOMPARE(ProfileStore().file(), QDir::homePath() + u"/.config/lockkeeper/profiles.json");
    qputenv("XDG_CONFIG_HOME", before);
}

void TestProfileStore::onlyTheOwnerMayRead()
{
    const ProfileStore store(m_file);
    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    QCOMPARE(modeOf(m_file), mode_t(0600));
    QCOMPARE(modeOf(m_folder->filePath(QStringLiteral("lockkeeper"))), mode_t(0700));
    // One that others could read cannot be read by them after the next change.
    QCOMPARE(::chmod(QFile::encodeName(m_file).constData(), 0644), 0);
    QVERIFY(store.save(profileOf(QStringLiteral("b"))));
    QCOMPARE(modeOf(m_file), mode_t(0600));
}

void TestProfileStore::savesFindsAndRemoves()
{
    const ProfileStore store(m_file);
    QVERIFY(store.load());
    QVERIFY(store.load()->profiles.isEmpty());
    const Result<Profile> none = store.find(QStringLiteral("a"));
    QVERIFY(!none);
    QCOMPARE(none.error().code, ErrorCode::NotFound);
    QVERIFY2(none.error().hint.contains(m_file), qPrintable(none.error().hint));

    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    QVERIFY(store.save(profileOf(QStringLiteral("b"))));
    QVERIFY(store.find(QStringLiteral("b")));
    const Result<Profile> other = store.find(QStringLiteral("c"));
    QVERIFY(!other);
    QVERIFY2(other.error().hint.contains(u"a, b"), qPrintable(other.error().hint));

    QVERIFY(store.remove(QStringLiteral("a")));
    QVERIFY(!store.find(QStringLiteral("a")));
    const Result<void> again = store.remove(QStringLiteral("a"));
    QVERIFY(!again);
    QCOMPARE(again.error().code, ErrorCode::NotFound);
}

void TestProfileStore::whatIsRefusedIsNotWritten()
{
    const ProfileStore store(m_file);
    Profile profile = profileOf(QStringLiteral("a"));
    profile.url = QStringLiteral("redis://:hunter2-s3cret@cache.example");
    const Result<void> saved = store.save(profile);
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::InvalidInput);
    QVERIFY(!QFile::exists(m_file));
}

void TestProfileStore::aBrokenOneSaysWhy()
{
    const ProfileStore store(m_file);
    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    QByteArray json = contentOf(m_file);
    json.replace("\"operator\"", "\"admin\"");
    write(m_file, json);
    const Result<Profile> found = store.find(QStringLiteral("a"));
    QVERIFY(!found);
    QVERIFY2(found.error().what.contains(u"\"admin\""), qPrintable(found.error().what));
    QVERIFY2(found.error().what.contains(m_file), qPrintable(found.error().what));
}

void TestProfileStore::replacesTheFileAsAWhole()
{
    const ProfileStore store(m_file);
    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    const QByteArray before = contentOf(m_file);
    // Who has it open goes on reading the old one.
    const QString earlier = m_folder->filePath(QStringLiteral("earlier.json"));
    QCOMPARE(::link(QFile::encodeName(m_file).constData(), QFile::encodeName(earlier).constData()),
             0);
    QVERIFY(store.save(profileOf(QStringLiteral("b"))));
    QCOMPARE(contentOf(earlier), before);
    QCOMPARE(store.load()->profiles.size(), 2);
    // Nothing is left beside it but the file that locks it.
    QCOMPARE(QDir(m_folder->filePath(QStringLiteral("lockkeeper"))).entryList(QDir::Files),
             QStringList({QStringLiteral("profiles.json"), QStringLiteral("profiles.json.lock")}));
}

void TestProfileStore::aLinkedFileIsWrittenWhereItIs()
{
    const QString real = m_folder->filePath(QStringLiteral("dotfiles.json"));
    write(real, {});
    QVERIFY(QDir().mkpath(m_folder->filePath(QStringLiteral("lockkeeper"))));
    QVERIFY(QFile::link(real, m_file));
    const ProfileStore store(m_file);
    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    QVERIFY(QFile(m_file).symLinkTarget() == real);
    QVERIFY(contentOf(real).contains("\"a\""));
    QCOMPARE(modeOf(real), mode_t(0600));
}

void TestProfileStore::twoStoresAtOnceLoseNothing()
{
    constexpr int kEach = 25;
    std::atomic<int> failures = 0;
    const auto saveMany = [this, &failures](const QString &prefix) {
        const ProfileStore store(m_file);
        for (int i = 0; i < kEach; ++i) {
            if (!store.save(profileOf(prefix + QString::number(i))))
                ++failures;
        }
    };
    std::thread one([&] { saveMany(QStringLiteral("one-")); });
    std::thread two([&] { saveMany(QStringLiteral("two-")); });
    one.join();
    two.join();
    QCOMPARE(failures.load(), 0);
    const Result<ProfileList> list = ProfileStore(m_file).load();
    QVERIFY(list);
    QVERIFY(list->faults.isEmpty());
    QCOMPARE(list->profiles.size(), 2 * kEach);
}

void TestProfileStore::whoReadsMeanwhileFindsItWhole()
{
    const ProfileStore store(m_file);
    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    std::atomic<bool> isOver = false;
    std::atomic<int> failures = 0;
    std::thread reader([&] {
        const ProfileStore other(m_file);
        while (!isOver) {
            if (!other.find(QStringLiteral("a")))
                ++failures;
        }
    });
    for (int i = 0; i < 25; ++i) {
        Profile profile = profileOf(QStringLiteral("b"));
        profile.cap = i + 1;
        if (!store.save(profile))
            ++failures;
    }
    isOver = true;
    reader.join();
    QCOMPARE(failures.load(), 0);
}

void TestProfileStore::trouble_data()
{
    QTest::addColumn<QString>("file"); // below the temporary folder
    QTest::addColumn<QString>("folderToMake");
    QTest::addColumn<bool>("canLoad");
    QTest::newRow("a folder in its place") << "profiles.json" << "profiles.json" << false;
    QTest::newRow("a file above it") << "file/profiles.json" << "" << true;
    QTest::newRow("cannot be locked") << "profiles.json" << "profiles.json.lock" << true;
}

void TestProfileStore::trouble()
{
    QFETCH(QString, file);
    QFETCH(QString, folderToMake);
    QFETCH(bool, canLoad);
    write(m_folder->filePath(QStringLiteral("file")), "content");
    if (!folderToMake.isEmpty())
        QVERIFY(QDir(m_folder->path()).mkdir(folderToMake));
    const ProfileStore store(m_folder->filePath(file));
    const Result<ProfileList> list = store.load();
    QCOMPARE(list.has_value(), canLoad);
    QList<Error> errors;
    if (!list)
        errors.append(list.error());
    const Result<void> saved = store.save(profileOf(QStringLiteral("a")));
    QVERIFY(!saved);
    errors.append(saved.error());
    for (const Error &error : errors) {
        QCOMPARE(error.code, ErrorCode::Io);
        QVERIFY2(error.what.contains(m_folder->path()), qPrintable(error.what));
        QVERIFY2(!error.hint.isEmpty(), qPrintable(error.what));
    }
    QCOMPARE(contentOf(m_folder->filePath(QStringLiteral("file"))), QByteArray("content"));
}

void TestProfileStore::aFullDiskLeavesItAsItWas()
{
    const ProfileStore store(m_file);
    QVERIFY(store.save(profileOf(QStringLiteral("a"))));
    const QByteArray before = contentOf(m_file);
    Result<void> saved;
    {
        const SmallDisk disk(rlim_t(before.size()));
        saved = store.save(profileOf(QStringLiteral("b")));
    }
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::Io);
    QVERIFY2(saved.error().what.contains(m_file), qPrintable(saved.error().what));
    QVERIFY(saved.error().hint.contains(u"as it was"));
    QCOMPARE(contentOf(m_file), before);
    QVERIFY(store.save(profileOf(QStringLiteral("b"))));
}

QTEST_GUILESS_MAIN(TestProfileStore)
#include "tst_profilestore.moc"
