// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lifelock.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace lockkeeper::app;

class TestLifeLock : public QObject
{
    Q_OBJECT

private slots:
    void isHeldAsLongAsItsHolderLives();
    void oneThatWasLeftIsRemoved();
    void whatCannotBeMadeProvesNothing();
    void aNameLeadsNowhereElse();
};

void TestLifeLock::isHeldAsLongAsItsHolderLives()
{
    const QTemporaryDir folder;
    auto lock = std::make_unique<LifeLock>(folder.path());
    const QString name = lock->name();
    QVERIFY(!name.isEmpty());
    QVERIFY(LifeLock::isHeld(folder.path(), name));
    QVERIFY(!LifeLock::isHeld(folder.path(), QStringLiteral("another")));
    lock.reset();
    QVERIFY(!LifeLock::isHeld(folder.path(), name));
    QVERIFY(QDir(folder.filePath(QStringLiteral("running"))).isEmpty());
}

/// By a program that was killed: nobody holds its file.
void TestLifeLock::oneThatWasLeftIsRemoved()
{
    const QTemporaryDir folder;
    QVERIFY(QDir().mkpath(folder.filePath(QStringLiteral("running"))));
    QFile file(folder.filePath(QStringLiteral("running/left")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.close();
    QVERIFY(!LifeLock::isHeld(folder.path(), QStringLiteral("left")));
    QVERIFY(!file.exists());
}

void TestLifeLock::whatCannotBeMadeProvesNothing()
{
    const LifeLock lock(QStringLiteral("/dev/null"));
    QVERIFY(lock.name().isEmpty());
}

void TestLifeLock::aNameLeadsNowhereElse()
{
    const QTemporaryDir folder;
    QFile file(folder.filePath(QStringLiteral("chain")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(LifeLock::isHeld(folder.path(), QStringLiteral("../chain")));
    QVERIFY(file.exists());
}

QTEST_APPLESS_MAIN(TestLifeLock)
#include "tst_lifelock.moc"
