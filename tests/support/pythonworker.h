// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/need.h"

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <chrono>

namespace lockkeeper::test {

/// A Python program with redis-py, spoken to line by line. Waiting runs the event loop, so that
/// what is tested goes on meanwhile.
class PythonWorker
{
public:
    /// `source` is the program's text.
    PythonWorker(QByteArray source, QStringList arguments = {});
    ~PythonWorker();
    PythonWorker(const PythonWorker &) = delete;
    PythonWorker &operator=(const PythonWorker &) = delete;

    /// Whether there is a Python with redis-py here; see LK_NEED_REDIS_PY.
    [[nodiscard]] static bool isAvailable();

    void start();
    void writeLine(const QByteArray &line);
    /// The next line of its output; empty, with reason(), when it ended or took too long.
    [[nodiscard]] QByteArray readLine(std::chrono::milliseconds limit = std::chrono::seconds(60));
    /// All that it has written and nobody has read.
    [[nodiscard]] QByteArray readAll() { return m_process.readAllStandardOutput(); }
    /// Writes a line and reads the answer.
    [[nodiscard]] QByteArray ask(const QByteArray &line);
    /// Waits for its end; false when it failed or took too long.
    [[nodiscard]] bool finish(std::chrono::milliseconds limit = std::chrono::seconds(240));
    [[nodiscard]] qint64 pid() const { return m_process.processId(); }
    [[nodiscard]] bool isRunning() const { return m_process.state() != QProcess::NotRunning; }
    /// What it wrote to standard error, and how it ended.
    [[nodiscard]] QString reason();

private:
    QByteArray m_source;
    QStringList m_arguments;
    QProcess m_process;
};

} // namespace lockkeeper::test

/// Skips the test function where redis-py is missing; fails it where LK_REQUIRE_SERVERS is set.
#define LK_NEED_REDIS_PY()                                                                         \
    do {                                                                                           \
        if (!lockkeeper::test::PythonWorker::isAvailable()) {                                      \
            if (qEnvironmentVariableIsSet("LK_REQUIRE_SERVERS"))                                   \
                QFAIL("python3-redis is not installed");                                           \
            QSKIP("python3-redis is not installed");                                               \
        }                                                                                          \
    } while (false)
