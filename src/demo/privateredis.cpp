// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/privateredis.h"

#include "core/clock.h"
#include "demo/childprocess.h"
#include "redis/client.h"

#include <QFileInfo>
#include <QStandardPaths>

namespace lockkeeper::demo {

namespace {

constexpr std::chrono::seconds kStartLimit{15};
constexpr milliseconds kStartPoll{10};

/// Redis, or Valkey, which speaks the same protocol.
QString installedServer()
{
    const QString redis = QStandardPaths::findExecutable(QStringLiteral("redis-server"));
    return redis.isEmpty() ? QStandardPaths::findExecutable(QStringLiteral("valkey-server"))
                           : redis;
}

QStringList arguments(const QString &folder, const QString &socketPath)
{
    return {
        QStringLiteral("--port"),
        QStringLiteral("0"),
        QStringLiteral("--unixsocket"),
        socketPath,
        QStringLiteral("--unixsocketperm"),
        QStringLiteral("700"),
        QStringLiteral("--save"),
        QString(),
        QStringLiteral("--appendonly"),
        QStringLiteral("no"),
        QStringLiteral("--dir"),
        folder,
        QStringLiteral("--loglevel"),
        QStringLiteral("warning"),
        QStringLiteral("--databases"),
        QStringLiteral("1"),
    };
}

/// One try to connect and be greeted.
Task<void> answers(redis::ServerAddress address)
{
    const auto clock = std::make_unique<SystemClock>();
    const redis::Client::Options once{.reconnects = false};
    const auto probe = std::make_unique<redis::Client>(std::move(address), once, *clock);
    const Result<void> opened = co_await probe->open();
    co_return opened;
}

} // namespace

PrivateRedis::~PrivateRedis()
{
    stop();
}

Task<void> PrivateRedis::start(QString folder, QString socketPath)
{
    const QString program = installedServer();
    if (program.isEmpty())
        co_return Error{ErrorCode::NotFound,
                        QStringLiteral("the demo needs redis-server, which is not installed here"),
                        QStringLiteral("install it, on Debian or Ubuntu by "
                                       "\"sudo apt install redis-server\"; or name a server that "
                                       "runs already by --url")};
    m_socketPath = socketPath;
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardInputFile(QProcess::nullDevice());
    endWithParent(m_process);
    m_process.start(program, arguments(folder, socketPath));

    const SystemClock clock;
    const SteadyTime limit = clock.steady() + kStartLimit;
    while (clock.steady() < limit) {
        const Result<void> waited = co_await after(kStartPoll, &m_process);
        if (!waited)
            co_return waited; // the object is gone
        if (m_process.state() == QProcess::NotRunning)
            co_return endedAtOnce();
        if (!QFileInfo::exists(socketPath))
            continue;
        const Result<void> connected = co_await answers(address());
        if (connected) {
            watch();
            co_return {};
        }
    }
    co_return Error{ErrorCode::TimedOut,
                    QStringLiteral("the demo's redis-server does not answer on ") + socketPath,
                    {}};
}

void PrivateRedis::stop()
{
    // SIGKILL: there is nothing to save. close() reaps the child, which takes a moment only.
    m_process.kill();
    m_process.close();
}

redis::ServerAddress PrivateRedis::address() const
{
    redis::ServerAddress address;
    address.endpoint.kind = Endpoint::Kind::Unix;
    address.endpoint.path = m_socketPath;
    return address;
}

void PrivateRedis::watch()
{
    QObject::connect(
        &m_process, &QProcess::stateChanged, &m_process,
        [this](QProcess::ProcessState state) {
            if (state != QProcess::NotRunning || !m_tellEnd)
                return;
            m_tellEnd({ErrorCode::Io, QStringLiteral("the demo's redis-server ended"),
                       QStringLiteral("start the demo again")});
        },
        Qt::QueuedConnection); // whoever is told may stop the process
}

Error PrivateRedis::endedAtOnce()
{
    const QByteArray output = m_process.isOpen() ? m_process.readAll() : QByteArray();
    const QString said = QString::fromLocal8Bit(output).trimmed();
    return Error{ErrorCode::Io,
                 QStringLiteral("the demo's redis-server ended at once: ") +
                     (said.isEmpty() ? m_process.errorString() : said.section(u'\n', -1)),
                 {}};
}

} // namespace lockkeeper::demo
