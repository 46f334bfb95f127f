// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/redisserver.h"

#include "support/childprocess.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTcpServer>
#include <QThread>
#include <QUrl>

#include <csignal>

namespace lockkeeper::test {

namespace {

constexpr int kStartLimitMs = 20'000;

quint16 freePort()
{
    QTcpServer probe;
    return probe.listen(QHostAddress::LocalHost) ? probe.serverPort() : quint16(0);
}

} // namespace

RedisServer::RedisServer()
    : RedisServer(Options{})
{}

RedisServer::RedisServer(Options options)
    : m_options(std::move(options))
    , m_folder(QStringLiteral("/tmp/lk-redis-XXXXXX"))
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    dieWithParent(m_process);
}

RedisServer::~RedisServer()
{
    kill();
}

bool RedisServer::start()
{
    if (!m_folder.isValid()) {
        m_reason = m_folder.errorString();
        return false;
    }
    m_certificates = m_options.certificates;
    if (m_options.listen == Listen::Tls && m_certificates.caFile.isEmpty() &&
        !m_certificates.make(m_folder.path(), m_reason))
        return false;
    constexpr int kTries = 5; // another program may take the port first
    for (int i = 0; i < kTries; ++i) {
        if (m_options.listen != Listen::Unix)
            m_port = freePort();
        if (m_options.role == Role::ClusterNode)
            m_busPort = freePort();
        if (writeConfig() && launch())
            return true;
    }
    return false;
}

bool RedisServer::writeConfig()
{
    QStringList lines{
        QStringLiteral("bind 127.0.0.1"),
        QStringLiteral("unixsocket ") + socketPath(),
        QStringLiteral("unixsocketperm 700"),
        QStringLiteral("dir ") + m_folder.path(),
    };
    if (m_options.role != Role::Sentinel)
        lines << QStringLiteral("save \"\"") << QStringLiteral("appendonly no")
              << QStringLiteral("databases ") + QString::number(m_options.databases);
    if (m_options.role == Role::ClusterNode)
        lines << QStringLiteral("cluster-enabled yes")
              << QStringLiteral("cluster-port %1").arg(m_busPort);
    const bool isTls = m_options.listen == Listen::Tls;
    lines << QStringLiteral("port %1").arg(isTls ? 0 : m_port);
    if (isTls) {
        lines << QStringLiteral("tls-port %1").arg(m_port)
              << QStringLiteral("tls-cert-file ") + m_certificates.serverCert
              << QStringLiteral("tls-key-file ") + m_certificates.serverKey
              << QStringLiteral("tls-ca-cert-file ") + m_certificates.caFile
              << QStringLiteral("tls-auth-clients ") + (m_options.asksForClientCertificate
                                                            ? QStringLiteral("yes")
                                                            : QStringLiteral("no"));
    }
    if (!m_options.password.isEmpty())
        lines << QStringLiteral("requirepass ") + QString::fromUtf8(m_options.password);
    for (const QString &user : m_options.aclUsers)
        lines << QStringLiteral("user ") + user;
    lines << m_options.config;

    QFile file(m_folder.filePath(QStringLiteral("redis.conf")));
    if (file.open(QIODevice::WriteOnly) && file.write(lines.join(u'\n').toUtf8() + "\n") > 0)
        return true;
    m_reason = file.errorString();
    return false;
}

bool RedisServer::launch()
{
    QStringList arguments{m_folder.filePath(QStringLiteral("redis.conf"))};
    if (m_options.role == Role::Sentinel)
        arguments << QStringLiteral("--sentinel");
    m_process.start(QStringLiteral("redis-server"), arguments);
    QElapsedTimer waited;
    waited.start();
    while (waited.elapsed() < kStartLimitMs) {
        if (m_process.state() == QProcess::NotRunning || m_process.waitForFinished(1)) {
            m_reason = QStringLiteral("redis-server ended: ") +
                       QString::fromLocal8Bit(m_process.readAllStandardOutput());
            return false;
        }
        m_raw = std::make_unique<RawRedis>(socketPath(), m_options.password);
        if (m_raw->isOpen() && m_raw->call({"PING"}) == QByteArrayLiteral("PONG"))
            return true;
        QThread::msleep(5);
    }
    kill();
    m_reason = QStringLiteral("redis-server does not answer on ") + socketPath();
    return false;
}

void RedisServer::kill()
{
    m_raw.reset();
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished(kStartLimitMs);
}

void RedisServer::stop()
{
    m_raw.reset();
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.terminate();
    m_process.waitForFinished(kStartLimitMs);
}

bool RedisServer::restart()
{
    kill();
    QFile::remove(socketPath());
    return launch();
}

void RedisServer::pause()
{
    ::kill(static_cast<pid_t>(pid()), SIGSTOP);
}

void RedisServer::resume()
{
    ::kill(static_cast<pid_t>(pid()), SIGCONT);
}

redis::ServerAddress RedisServer::address() const
{
    redis::ServerAddress address;
    address.password = Secret(m_options.password);
    if (m_options.listen == Listen::Unix) {
        address.endpoint.kind = Endpoint::Kind::Unix;
        address.endpoint.path = socketPath();
        return address;
    }
    address.endpoint.host = QStringLiteral("127.0.0.1");
    address.endpoint.port = m_port;
    if (m_options.listen == Listen::Tls) {
        address.tls.isEnabled = true;
        address.tls.caFile = m_certificates.caFile;
        if (m_options.asksForClientCertificate) {
            address.tls.certFile = m_certificates.clientCert;
            address.tls.keyFile = m_certificates.clientKey;
        }
    }
    return address;
}

redis::ServerAddress RedisServer::addressFor(const QString &user, const QByteArray &password) const
{
    redis::ServerAddress result = address();
    result.user = user;
    result.password = Secret(password);
    return result;
}

QString RedisServer::url() const
{
    const redis::ServerAddress to = address();
    const QString secret = QString::fromLatin1(m_options.password.toPercentEncoding());
    const QString login = secret.isEmpty() ? QString() : QString(u':' + secret + u'@');
    if (m_options.listen == Listen::Unix)
        return QStringLiteral("redis+unix://") + login + to.endpoint.path;
    const QString rest = login + to.endpoint.toString();
    if (m_options.listen == Listen::Tcp)
        return QStringLiteral("redis://") + rest;
    QString url = QStringLiteral("rediss://") + rest + QStringLiteral("?cacert=") + to.tls.caFile;
    if (m_options.asksForClientCertificate)
        url +=
            QStringLiteral("&cert=") + to.tls.certFile + QStringLiteral("&key=") + to.tls.keyFile;
    return url;
}

QString RedisServer::socketPath() const
{
    return m_folder.filePath(QStringLiteral("redis.sock"));
}

QVariant RedisServer::redis(const QList<QByteArray> &words)
{
    if (m_process.state() == QProcess::NotRunning)
        return QByteArrayLiteral("-LOST");
    if (!m_raw || !m_raw->isOpen())
        m_raw = std::make_unique<RawRedis>(socketPath(), m_options.password);
    return m_raw->call(words);
}

} // namespace lockkeeper::test
