// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/log.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace lockkeeper;

namespace {

constexpr auto kOwnerOnly =
    QFile::ReadOwner | QFile::WriteOwner | QFile::ReadUser | QFile::WriteUser;

} // namespace

class TestLog final : public QObject
{
    Q_OBJECT

private slots:
    void isForItsOwnerOnly();
};

void TestLog::isForItsOwnerOnly()
{
    const QTemporaryDir folder;
    const QString fresh = folder.filePath(QStringLiteral("state/fresh.log"));
    QVERIFY(startLog({.file = fresh}));
    qInfo("a line");
    stopLog();
    QCOMPARE(QFileInfo(fresh).permissions(), kOwnerOnly);
    QVERIFY(QFileInfo(fresh).size() > 0);

    const QString old = folder.filePath(QStringLiteral("old.log"));
    QFile file(old);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("kept\n");
    file.close();
    QVERIFY(file.setPermissions(kOwnerOnly | QFile::ReadGroup | QFile::ReadOther));
    QVERIFY(startLog({.file = old}));
    stopLog();
    QCOMPARE(QFileInfo(old).permissions(), kOwnerOnly);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readLine(), QByteArray("kept\n"));
}

QTEST_GUILESS_MAIN(TestLog)
#include "tst_log.moc"
