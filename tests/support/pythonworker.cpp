// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/pythonworker.h"

#include "support/childprocess.h"

#include <QFileInfo>
#include <QTest>

namespace lockkeeper::test {

namespace {

/// The system's Python is the one that python3-redis is installed for; a python3 that comes first
/// in PATH may not have it.
QString interpreter()
{
    const QString system = QStringLiteral("/usr/bin/python3");
    return QFileInfo::exists(system) ? system : QStringLiteral("python3");
}

} // namespace

PythonWorker::PythonWorker(QByteArray source, QStringList arguments)
    : m_source(std::move(source))
    , m_arguments(std::move(arguments))
{
    dieWithParent(m_process);
}

PythonWorker::~PythonWorker()
{
    if (!isRunning())
        return;
    m_process.kill();
    m_process.waitForFinished(20'000);
}

bool PythonWorker::isAvailable()
{
    QProcess probe;
    probe.start(interpreter(), {QStringLiteral("-c"), QStringLiteral("import redis.lock")});
    return probe.waitForFinished(30'000) && probe.exitStatus() == QProcess::NormalExit &&
           probe.exitCode() == 0;
}

void PythonWorker::start()
{
    QStringList words{QStringLiteral("-u"), QStringLiteral("-c"), QString::fromUtf8(m_source)};
    words += m_arguments;
    m_process.start(interpreter(), words);
}

void PythonWorker::writeLine(const QByteArray &line)
{
    m_process.write(line + "\n");
}

QByteArray PythonWorker::readLine(std::chrono::milliseconds limit)
{
    const bool hasLine = QTest::qWaitFor([this] { return m_process.canReadLine() || !isRunning(); },
                                         static_cast<int>(limit.count()));
    return hasLine ? m_process.readLine().trimmed() : QByteArray();
}

QByteArray PythonWorker::ask(const QByteArray &line)
{
    writeLine(line);
    return readLine();
}

bool PythonWorker::finish(std::chrono::milliseconds limit)
{
    m_process.closeWriteChannel();
    return QTest::qWaitFor([this] { return !isRunning(); }, static_cast<int>(limit.count())) &&
           m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0;
}

QString PythonWorker::reason()
{
    return QStringLiteral("exit code %1: ").arg(m_process.exitCode()) +
           QString::fromUtf8(m_process.readAllStandardError());
}

} // namespace lockkeeper::test
