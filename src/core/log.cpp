// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/log.h"

#include <QDir>
#include <QFileInfo>
#include <QLoggingCategory>

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace lockkeeper {

namespace {

constexpr std::size_t kLogFileSize = 4 * 1024 * 1024;
constexpr std::size_t kLogFiles = 3;
constexpr std::size_t kQueuedLines = 8192;

spdlog::level::level_enum levelOf(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg:
        return spdlog::level::debug;
    case QtInfoMsg:
        return spdlog::level::info;
    case QtWarningMsg:
        return spdlog::level::warn;
    case QtCriticalMsg:
        return spdlog::level::err;
    case QtFatalMsg:
        return spdlog::level::critical;
    }
    return spdlog::level::info;
}

void writeQtMessage(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    const char *category = context.category ? context.category : "default";
    spdlog::log(levelOf(type), "[{}] {}", category, message.toStdString());
    if (type == QtFatalMsg)
        spdlog::shutdown();
}

/// Creates the file for its owner only, before spdlog opens it: the log names servers and sessions.
void makePrivate(const std::string &file)
{
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return;                 // opening it fails again, and is told
    ::fchmod(descriptor, 0600); // one that an earlier version left
    ::close(descriptor);
}

} // namespace

Result<void> startLog(const LogOptions &options)
{
    std::vector<spdlog::sink_ptr> sinks;
    if (options.alsoToStderr) {
        auto terminal = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        terminal->set_level(options.isVerbose ? spdlog::level::debug : spdlog::level::warn);
        terminal->set_pattern("lockkeeper: %v");
        sinks.push_back(std::move(terminal));
    }
    Result<void> outcome;
    if (!options.file.isEmpty()) {
        QDir().mkpath(QFileInfo(options.file).absolutePath());
        spdlog::file_event_handlers handlers;
        handlers.before_open = makePrivate;
        try {
            sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                options.file.toStdString(), kLogFileSize, kLogFiles, false, handlers));
        } catch (const spdlog::spdlog_ex &failure) {
            outcome = Error{ErrorCode::Io,
                            u"cannot write the log file " + options.file + u": " +
                                QString::fromUtf8(failure.what()),
                            QStringLiteral("the program works on without a log")};
        }
    }
    // A thread of its own writes: no line of the log waits for a disk on the main thread.
    spdlog::init_thread_pool(kQueuedLines, 1);
    auto logger = std::make_shared<spdlog::async_logger>(
        "lockkeeper", sinks.begin(), sinks.end(), spdlog::thread_pool(),
        spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(options.isVerbose ? spdlog::level::debug : spdlog::level::info);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
    qInstallMessageHandler(writeQtMessage);
    return outcome;
}

void stopLog()
{
    qInstallMessageHandler(nullptr);
    spdlog::shutdown();
}

} // namespace lockkeeper
