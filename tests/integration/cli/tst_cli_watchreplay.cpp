// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"
#include "support/pythonworker.h"

#include <QFile>
#include <QRandomGenerator>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

constexpr int kEnd = 60'000;
constexpr int kOperations = 10'000;
constexpr int kKeys = 200;

QByteArray script(const char *name)
{
    QFile file(qEnvironmentVariable("LK_SOURCE") + QStringLiteral("/tests/integration/cli/") +
               QLatin1StringView(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool write(const QString &path, const QByteArray &content)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
}

/// Appends what the program prints, up to a line with `word`; false when none comes.
bool readUpTo(QProcess &program, const QByteArray &word, QByteArray &lines)
{
    return QTest::qWaitFor(
        [&] {
            while (program.canReadLine()) {
                const QByteArray line = program.readLine();
                lines += line;
                if (line.contains(word))
                    return true;
            }
            return false;
        },
        kEnd);
}

} // namespace

/// Who has nothing but the lines of `watch --json` knows the server's exact state.
class TestCliWatchReplay final : public QObject
{
    Q_OBJECT

private slots:
    void endsInTheServersState();
};

void TestCliWatchReplay::endsInTheServersState()
{
    LK_NEED_REDIS_PY();
    RedisServer server;
    LK_START_REDIS(server);
    const QString seed = qEnvironmentVariable(
        "LK_SEED", QString::number(QRandomGenerator::global()->bounded(1'000'000)));
    PythonWorker worker(
        script("watch_worker.py"),
        {server.socketPath(), seed, QString::number(kOperations), QString::number(kKeys)});
    worker.start();
    QVERIFY2(worker.readLine() == "ready", qPrintable(worker.reason()));

    const CliProgram cli(server.url());
    const auto watch = cli.start({QStringLiteral("watch"), QStringLiteral("--json")});
    QByteArray lines;
    QVERIFY(readUpTo(*watch, "\"trusted\":true", lines));
    const QByteArray truth = worker.ask("go");
    QVERIFY2(!truth.isEmpty(), qPrintable(worker.reason()));
    QVERIFY(readUpTo(*watch, "chat:session_lock:last\"", lines));
    watch->terminate();
    QVERIFY(watch->waitForFinished(kEnd));

    const QTemporaryDir folder;
    const QString eventsFile = folder.filePath(QStringLiteral("events.jsonl"));
    const QString truthFile = folder.filePath(QStringLiteral("truth.json"));
    QVERIFY(write(eventsFile, lines) && write(truthFile, truth));
    PythonWorker replay(script("watch_replay.py"), {eventsFile, truthFile});
    replay.start();
    const bool isSame = replay.finish();
    const QByteArray told = "seed " + seed.toLatin1() + '\n' + replay.readAll();
    QVERIFY2(isSame, told.constData());
    qInfo("%s", told.constData());
}

QTEST_GUILESS_MAIN(TestCliWatchReplay)
#include "tst_cli_watchreplay.moc"
