// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/cliprogram.h"

#include "support/childprocess.h"

#include <QDateTime>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>

namespace lockkeeper::test {

namespace {

constexpr int kLimit = 60'000; ///< ms; a program that hangs is a failure, not a wait

} // namespace

QJsonObject CliRun::object() const
{
    return QJsonDocument::fromJson(out).object();
}

QJsonArray CliRun::array() const
{
    return QJsonDocument::fromJson(out).array();
}

CliProgram::CliProgram(QString url)
    : m_environment(QProcessEnvironment::systemEnvironment())
{
    for (const QString &name : m_environment.keys()) {
        if (name.startsWith(u"LOCKKEEPER_") || name.startsWith(u"REDIS_") ||
            name == u"DATABASE_URL")
            m_environment.remove(name);
    }
    setEnvironment(QStringLiteral("XDG_STATE_HOME"), m_folder.filePath(QStringLiteral("state")));
    setEnvironment(QStringLiteral("XDG_CONFIG_HOME"), m_folder.filePath(QStringLiteral("config")));
    if (!url.isEmpty())
        setEnvironment(QStringLiteral("LOCKKEEPER_URL"), url);
}

void CliProgram::setEnvironment(const QString &name, const QString &value)
{
    m_environment.insert(name, value);
}

void CliProgram::useSqlite()
{
    setEnvironment(QStringLiteral("LOCKKEEPER_DB"), u"sqlite://" + sqlitePath());
}

QList<QJsonObject> CliProgram::audit() const
{
    QList<QJsonObject> lines;
    const QDir folder(auditFolder());
    for (const QFileInfo &file : folder.entryInfoList({QStringLiteral("*.jsonl")})) {
        QFile month(file.filePath());
        if (!month.open(QIODevice::ReadOnly))
            continue;
        while (!month.atEnd())
            lines.append(QJsonDocument::fromJson(month.readLine()).object());
    }
    return lines;
}

std::unique_ptr<QProcess> CliProgram::prepared() const
{
    auto process = std::make_unique<QProcess>();
    process->setProcessEnvironment(m_environment);
    process->setStandardInputFile(QProcess::nullDevice());
    dieWithParent(*process);
    return process;
}

void CliProgram::start(QProcess &process, const QStringList &arguments)
{
    process.start(qEnvironmentVariable("LK_BIN") + QStringLiteral("/lockkeeper-cli"), arguments);
}

std::unique_ptr<QProcess> CliProgram::start(const QStringList &arguments) const
{
    auto process = prepared();
    start(*process, arguments);
    return process;
}

CliRun CliProgram::run(const QStringList &arguments) const
{
    const auto process = prepared();
    start(*process, arguments);
    return ended(*process);
}

CliRun CliProgram::runInto(const QString &file, const QStringList &arguments) const
{
    const auto process = prepared();
    process->setStandardOutputFile(file);
    start(*process, arguments);
    return ended(*process);
}

CliRun CliProgram::runFrom(const QString &file, const QStringList &arguments) const
{
    const auto process = prepared();
    process->setStandardInputFile(file);
    start(*process, arguments);
    return ended(*process);
}

CliRun ended(QProcess &process)
{
    CliRun run;
    if (process.state() != QProcess::NotRunning && !process.waitForFinished(kLimit)) {
        run.err = "did not end: " + process.errorString().toUtf8();
        process.kill();
        process.waitForFinished();
        return run;
    }
    run.out = process.readAllStandardOutput();
    run.err = process.readAllStandardError();
    run.exitCode = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    return run;
}

QString writeFile(const QString &path, const QByteArray &text)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
        qFatal("cannot write %s", qPrintable(path));
    return path;
}

QByteArray readFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QStringList words(const char *text)
{
    return QString::fromUtf8(text).split(u' ', Qt::SkipEmptyParts);
}

QJsonObject nextEvent(QProcess &process, const QString &event)
{
    QElapsedTimer time;
    time.start();
    while (time.elapsed() < kLimit) {
        while (process.canReadLine()) {
            const QJsonObject line = QJsonDocument::fromJson(process.readLine()).object();
            if (event.isEmpty() || line[QStringLiteral("event")] == event)
                return line;
        }
        if (!process.waitForReadyRead(kLimit))
            break;
    }
    return {};
}

QJsonObject rowOf(const QJsonArray &list, const QString &session)
{
    for (const QJsonValue &row : list) {
        if (row[QStringLiteral("session_id")] == session)
            return row.toObject();
    }
    return {};
}

QByteArray freshToken(std::chrono::milliseconds ago)
{
    // RFC 9562, section 5.1: 100 ns since 1582-10-15.
    constexpr qint64 kEpochOffset = 122'192'928'000'000'000;
    static qint64 serial = 0; // no two tokens of one test are the same
    const qint64 madeAt = QDateTime::currentMSecsSinceEpoch() - ago.count();
    const qint64 ticks = madeAt * 10'000 + kEpochOffset + ++serial;
    const auto hex = [](qint64 value, int digits) {
        return QByteArray::number(value, 16).rightJustified(digits, '0').right(digits);
    };
    return hex(ticks & 0xffffffff, 8) + hex(ticks >> 32 & 0xffff, 4) + '1' +
           hex(ticks >> 48 & 0xfff, 3) + "8a5e" + "0242ac120007";
}

QByteArray lockKey(const QByteArray &session)
{
    return "chat:session_lock:" + session;
}

QByteArray cacheKey(const QByteArray &session)
{
    return "chat:session:" + session;
}

} // namespace lockkeeper::test
