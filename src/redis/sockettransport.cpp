// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/sockettransport.h"

#include "redis/tlserrors.h"

#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <QTcpSocket>
#include <QTimer>

#include <chrono>

namespace lockkeeper::redis {

namespace {

/// A TLS server has answered by then, or is in no hurry.
constexpr std::chrono::milliseconds kHandshakePatience{500};

Result<QByteArray> readFile(const QString &path, const QString &what)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, what + u' ' + path + u" cannot be read: " + file.errorString(),
                     QStringLiteral("give the path of a PEM file")};
    return file.readAll();
}

Result<QSslKey> readKey(const QString &path)
{
    const auto pem = readFile(path, QStringLiteral("the TLS key"));
    if (!pem)
        return pem.error();
    for (const auto algorithm : {QSsl::Rsa, QSsl::Ec, QSsl::Dsa}) {
        const QSslKey key(*pem, algorithm);
        if (!key.isNull())
            return key;
    }
    return Error{ErrorCode::Io, u"the TLS key " + path + u" is no unencrypted PEM key", {}};
}

} // namespace

SocketTransport::SocketTransport(const ServerAddress &address, QObject *parent)
    : Transport(parent)
    , m_address(address)
{}

SocketTransport::~SocketTransport()
{
    abort();
}

void SocketTransport::open()
{
    if (m_address.endpoint.kind == Endpoint::Kind::Unix)
        openUnix();
    else if (m_address.tls.isEnabled)
        openTls();
    else
        openTcp();
}

void SocketTransport::openUnix()
{
    auto socket = std::make_unique<QLocalSocket>();
    QLocalSocket *raw = socket.get();
    m_device = std::move(socket);
    connect(raw, &QLocalSocket::connected, this, [this] {
        m_isConnected = true;
        emit connected();
    });
    connect(raw, &QLocalSocket::readyRead, this, &Transport::readyRead);
    connect(raw, &QLocalSocket::errorOccurred, this, &SocketTransport::failUnix);
    connect(raw, &QLocalSocket::disconnected, this,
            [this] { failUnix(QLocalSocket::PeerClosedError); });
    raw->connectToServer(m_address.endpoint.path);
}

void SocketTransport::openTcp()
{
    auto socket = std::make_unique<QTcpSocket>();
    QTcpSocket *raw = socket.get();
    m_device = std::move(socket);
    watchTcp(raw);
    connect(raw, &QTcpSocket::connected, this, [this, raw] {
        raw->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        raw->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
        m_isConnected = true;
        emit connected();
    });
    raw->connectToHost(m_address.endpoint.host, m_address.endpoint.port);
}

void SocketTransport::openTls()
{
    auto socket = std::make_unique<QSslSocket>();
    QSslSocket *raw = socket.get();
    m_device = std::move(socket);
    if (const auto configured = configureTls(*raw); !configured) {
        // From the event loop, as every other failure to connect.
        QMetaObject::invokeMethod(
            this, [this, error = configured.error()] { fail(error); }, Qt::QueuedConnection);
        return;
    }
    watchTcp(raw);
    connect(raw, &QSslSocket::sslErrors, this, [this, raw](const QList<QSslError> &errors) {
        if (m_address.tls.isInsecure)
            raw->ignoreSslErrors();
        else
            m_tlsErrors = errors;
    });
    connect(raw, &QSslSocket::encrypted, this, [this, raw] {
        raw->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        raw->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
        m_isConnected = true;
        emit connected();
    });
    connect(raw, &QSslSocket::connected, this,
            [this] { QTimer::singleShot(kHandshakePatience, this, &SocketTransport::tryPlain); });
    const QString &host = m_address.endpoint.host;
    const QString &peerName = m_address.tls.peerName;
    raw->connectToHostEncrypted(host, m_address.endpoint.port,
                                peerName.isEmpty() ? host : peerName);
}

/// A Redis that speaks no TLS takes our greeting for the beginning of a command and waits for the
/// rest. So one that keeps silent is asked in plain, over a connection of its own.
void SocketTransport::tryPlain()
{
    if (m_isConnected || m_isOver)
        return;
    auto *plain = new QTcpSocket(this);
    connect(plain, &QTcpSocket::connected, plain, [plain] { plain->write("PING\r\n"); });
    connect(plain, &QTcpSocket::readyRead, this, [this, plain] {
        const QByteArray answer = plain->peek(1);
        if (m_isConnected || (answer != "+" && answer != "-"))
            return;
        fail({ErrorCode::CannotConnect, peerName() + u" speaks no TLS: it is a plain Redis port",
              QStringLiteral("use redis:// instead of rediss:// (or leave out tls=1), or give the "
                             "server's TLS port")});
    });
    plain->connectToHost(m_address.endpoint.host, m_address.endpoint.port);
}

Result<void> SocketTransport::configureTls(QSslSocket &socket) const
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setPeerVerifyMode(m_address.tls.isInsecure ? QSslSocket::QueryPeer
                                                             : QSslSocket::VerifyPeer);
    if (!m_address.tls.caFile.isEmpty()) {
        const auto pem = readFile(m_address.tls.caFile, QStringLiteral("the TLS authority"));
        if (!pem)
            return pem.error();
        const auto authorities = QSslCertificate::fromData(*pem, QSsl::Pem);
        if (authorities.isEmpty())
            return Error{ErrorCode::Io,
                         u"the TLS authority " + m_address.tls.caFile + u" holds no certificate",
                         QStringLiteral("give the path of a PEM file")};
        configuration.setCaCertificates(authorities);
    }
    if (!m_address.tls.certFile.isEmpty()) {
        const auto pem = readFile(m_address.tls.certFile, QStringLiteral("the TLS certificate"));
        if (!pem)
            return pem.error();
        const auto key = readKey(m_address.tls.keyFile);
        if (!key)
            return key.error();
        configuration.setLocalCertificateChain(QSslCertificate::fromData(*pem, QSsl::Pem));
        configuration.setPrivateKey(*key);
    }
    socket.setSslConfiguration(configuration);
    return {};
}

void SocketTransport::watchTcp(QTcpSocket *socket)
{
    connect(socket, &QTcpSocket::readyRead, this, &Transport::readyRead);
    connect(socket, &QTcpSocket::errorOccurred, this, &SocketTransport::failTcp);
    connect(socket, &QTcpSocket::disconnected, this,
            [this] { failTcp(QAbstractSocket::RemoteHostClosedError); });
}

void SocketTransport::failTcp(QAbstractSocket::SocketError error)
{
    const QString peer = peerName();
    const QString text = m_device->errorString();
    if (!m_tlsErrors.isEmpty()) {
        fail(certificateError(m_tlsErrors, m_address.endpoint.host, peer));
        return;
    }
    const bool hasCertificate = !m_address.tls.certFile.isEmpty();
    if (const auto refusal = clientCertificateError(text, hasCertificate, peer)) {
        fail(*refusal);
        return;
    }
    switch (error) {
    case QAbstractSocket::HostNotFoundError:
        fail({ErrorCode::CannotConnect, u"the host " + m_address.endpoint.host + u" is unknown",
              QStringLiteral("check the spelling of the host and the name service")});
        return;
    case QAbstractSocket::ConnectionRefusedError:
        fail({ErrorCode::CannotConnect, u"nothing listens on " + peer + u" (connection refused)",
              QStringLiteral("check host and port, and that the server runs")});
        return;
    case QAbstractSocket::SslHandshakeFailedError:
        fail({ErrorCode::CannotConnect, u"no TLS handshake with " + peer + u": " + text,
              QStringLiteral("if the server speaks no TLS, use redis://; if it asks for a client "
                             "certificate, add ?cert=…&key=…")});
        return;
    case QAbstractSocket::RemoteHostClosedError:
        if (m_address.tls.isEnabled && !m_isConnected) {
            fail({ErrorCode::CannotConnect,
                  peer + u" closed the connection during the TLS handshake",
                  QStringLiteral("if the server speaks no TLS, use redis://")});
            return;
        }
        fail(closedError());
        return;
    default:
        fail({m_isConnected ? ErrorCode::ConnectionLost : ErrorCode::CannotConnect,
              (m_isConnected ? QString(u"the connection to " + peer + u" was lost: ")
                             : QString(u"no connection to " + peer + u": ")) +
                  text,
              {}});
        return;
    }
}

Error SocketTransport::closedError() const
{
    const QString peer = peerName();
    // The alert that says why may be lost where the peer closes at once.
    if (m_address.tls.isEnabled && !m_hasHeard)
        return {ErrorCode::ConnectionLost,
                peer + u" closed the connection after the TLS handshake: it probably " +
                    (m_address.tls.certFile.isEmpty()
                         ? u"asks for a TLS client certificate"
                         : u"does not accept our TLS client certificate"),
                QStringLiteral("give one that the server's authority signed, with "
                               "?cert=/path/client.crt&key=/path/client.key")};
    return {ErrorCode::ConnectionLost, peer + u" closed the connection", {}};
}

void SocketTransport::failUnix(QLocalSocket::LocalSocketError error)
{
    const QString path = m_address.endpoint.path;
    if (m_isConnected) {
        fail({ErrorCode::ConnectionLost, u"the server at " + path + u" closed the connection", {}});
        return;
    }
    if (error == QLocalSocket::ServerNotFoundError)
        fail({ErrorCode::CannotConnect, u"there is no socket " + path,
              QStringLiteral("check the path, and that the server runs")});
    else if (error == QLocalSocket::ConnectionRefusedError)
        fail({ErrorCode::CannotConnect, u"nothing listens on the socket " + path,
              QStringLiteral("check that the server runs")});
    else if (error == QLocalSocket::SocketAccessError)
        fail({ErrorCode::CannotConnect, u"no right to open the socket " + path,
              QStringLiteral("check the owner and mode of the socket and its folder")});
    else
        fail({ErrorCode::CannotConnect,
              u"no connection to the socket " + path + u": " + m_device->errorString(),
              {}});
}

void SocketTransport::fail(const Error &error)
{
    if (m_isOver)
        return;
    m_isOver = true;
    emit failed(error);
}

void SocketTransport::write(const QByteArray &bytes)
{
    if (!m_device || !m_isConnected)
        return;
    m_device->write(bytes);
    // At once: the socket itself would wait for another turn of the event loop.
    if (auto *tcp = qobject_cast<QAbstractSocket *>(m_device.get()))
        tcp->flush();
    else if (auto *local = qobject_cast<QLocalSocket *>(m_device.get()))
        local->flush();
}

QByteArray SocketTransport::read(qint64 limit)
{
    const QByteArray bytes = m_device ? m_device->read(limit) : QByteArray();
    m_hasHeard = m_hasHeard || !bytes.isEmpty();
    return bytes;
}

qint64 SocketTransport::bytesAvailable() const
{
    return m_device ? m_device->bytesAvailable() : 0;
}

void SocketTransport::abort()
{
    m_isOver = true;
    if (!m_device)
        return;
    m_device->disconnect(this);
    if (auto *tcp = qobject_cast<QAbstractSocket *>(m_device.get()))
        tcp->abort();
    else if (auto *local = qobject_cast<QLocalSocket *>(m_device.get()))
        local->abort();
}

QString SocketTransport::openingStage() const
{
    const auto *tls = qobject_cast<const QSslSocket *>(m_device.get());
    if (tls && tls->state() == QAbstractSocket::ConnectedState)
        return QStringLiteral("the TLS handshake");
    if (tls || m_address.endpoint.kind == Endpoint::Kind::Tcp) {
        const auto *tcp = qobject_cast<const QAbstractSocket *>(m_device.get());
        if (tcp && tcp->state() == QAbstractSocket::HostLookupState)
            return QStringLiteral("the name look-up");
    }
    return QStringLiteral("the connection");
}

} // namespace lockkeeper::redis
