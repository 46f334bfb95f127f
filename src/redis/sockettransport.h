// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/serveraddress.h"
#include "redis/transport.h"

#include <QAbstractSocket>
#include <QLocalSocket>
#include <QSslError>

#include <memory>

class QSslSocket;
class QTcpSocket;

namespace lockkeeper::redis {

/// TCP, TLS or a unix socket, as the address says. TLS verifies the chain and the host name.
class SocketTransport final : public Transport
{
    Q_OBJECT

public:
    explicit SocketTransport(const ServerAddress &address, QObject *parent = nullptr);
    ~SocketTransport() override;
    SocketTransport(const SocketTransport &) = delete;
    SocketTransport &operator=(const SocketTransport &) = delete;

    void open() override;
    void write(const QByteArray &bytes) override;
    [[nodiscard]] QByteArray read(qint64 limit) override;
    [[nodiscard]] qint64 bytesAvailable() const override;
    void abort() override;
    [[nodiscard]] QString peerName() const override { return m_address.endpoint.toString(); }
    [[nodiscard]] QString openingStage() const override;

private:
    void openUnix();
    void openTcp();
    void openTls();
    void tryPlain();
    [[nodiscard]] Result<void> configureTls(QSslSocket &socket) const;
    void watchTcp(QTcpSocket *socket);
    void failTcp(QAbstractSocket::SocketError error);
    void failUnix(QLocalSocket::LocalSocketError error);
    void fail(const Error &error);
    [[nodiscard]] Error closedError() const;

    ServerAddress m_address;
    std::unique_ptr<QIODevice> m_device;
    QList<QSslError> m_tlsErrors;
    bool m_isConnected = false;
    bool m_hasHeard = false; ///< anything
    bool m_isOver = false;
};

} // namespace lockkeeper::redis
