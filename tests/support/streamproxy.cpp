// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/streamproxy.h"

#include <QLocalSocket>
#include <QPointer>
#include <QTcpSocket>
#include <QTimer>

#include <algorithm>

namespace lockkeeper::test {

/// One client's connection and ours to the server behind it.
struct StreamProxy::Pipe : public QObject
{
    using QObject::QObject;

    QTcpSocket *client = nullptr;
    QIODevice *server = nullptr;
    bool isMuted = false; ///< the server's answers go nowhere
};

namespace {

/// Without the messages of a channel; of a subscriber only answers to PING are left then.
QByteArray withoutMessages(const QByteArray &bytes)
{
    const QByteArray message = "*3\r\n$7\r\nmessage\r\n";
    const QByteArray pong = "*2\r\n$4\r\npong\r\n$0\r\n\r\n";
    const auto at = bytes.indexOf(message);
    if (at < 0)
        return bytes;
    QByteArray left = bytes.left(at);
    for (qsizetype i = 0; i < bytes.mid(at).count(pong); ++i)
        left += pong;
    return left;
}

} // namespace

StreamProxy::StreamProxy(Endpoint server, QObject *parent)
    : QObject(parent)
    , m_server(std::move(server))
{
    connect(&m_listener, &QTcpServer::newConnection, this, &StreamProxy::accept);
    setListening(true);
}

StreamProxy::~StreamProxy()
{
    cutAll();
}

Endpoint StreamProxy::endpoint() const
{
    Endpoint endpoint;
    endpoint.host = QStringLiteral("127.0.0.1");
    endpoint.port = m_port;
    return endpoint;
}

void StreamProxy::cutAll()
{
    const QList<Pipe *> pipes = m_pipes;
    for (Pipe *pipe : pipes)
        drop(pipe);
}

void StreamProxy::cut(qsizetype number)
{
    if (number < m_pipes.size())
        drop(m_pipes[number]);
    else
        cutAll();
}

void StreamProxy::replace(QByteArray from, QByteArray to)
{
    m_replaced = std::move(from);
    m_replacement = std::move(to);
}

void StreamProxy::setListening(bool isListening)
{
    if (!isListening) {
        m_listener.close();
        return;
    }
    if (!m_listener.isListening() && m_listener.listen(QHostAddress::LocalHost, m_port))
        m_port = m_listener.serverPort();
}

void StreamProxy::setStalled(bool isStalled)
{
    m_isStalled = isStalled;
    if (isStalled)
        return;
    const QList<Pipe *> pipes = m_pipes;
    for (Pipe *pipe : pipes) {
        const QPointer<Pipe> alive(pipe);
        forward(pipe, true);
        if (alive)
            forward(pipe, false);
    }
}

bool StreamProxy::isHolding(const QByteArray &bytes) const
{
    return std::any_of(m_pipes.cbegin(), m_pipes.cend(), [&bytes](const Pipe *pipe) {
        return pipe->client->peek(pipe->client->bytesAvailable()).contains(bytes);
    });
}

void StreamProxy::setDelay(std::chrono::milliseconds delay)
{
    m_delay = delay;
}

void StreamProxy::cutOn(QByteArray bytes, Cut cut)
{
    m_trap = std::move(bytes);
    m_trapCut = cut;
}

void StreamProxy::accept()
{
    while (QTcpSocket *client = m_listener.nextPendingConnection()) {
        ++m_accepted;
        auto *pipe = new Pipe(this);
        m_pipes.append(pipe);
        pipe->client = client;
        client->setParent(pipe);
        client->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        connect(client, &QTcpSocket::readyRead, pipe, [this, pipe] { forward(pipe, true); });
        connect(client, &QTcpSocket::disconnected, pipe, [this, pipe] { drop(pipe); });
        if (m_server.kind == Endpoint::Kind::Unix) {
            auto *server = new QLocalSocket(pipe);
            pipe->server = server;
            connect(server, &QLocalSocket::connected, pipe, [this, pipe] { forward(pipe, true); });
            connect(server, &QLocalSocket::disconnected, pipe, [this, pipe] { drop(pipe); });
            connect(server, &QLocalSocket::errorOccurred, pipe, [this, pipe] { drop(pipe); });
            server->connectToServer(m_server.path);
        } else {
            auto *server = new QTcpSocket(pipe);
            pipe->server = server;
            connect(server, &QTcpSocket::connected, pipe, [this, pipe] { forward(pipe, true); });
            connect(server, &QTcpSocket::disconnected, pipe, [this, pipe] { drop(pipe); });
            connect(server, &QTcpSocket::errorOccurred, pipe, [this, pipe] { drop(pipe); });
            server->connectToHost(m_server.host, m_server.port);
        }
        connect(pipe->server, &QIODevice::readyRead, pipe, [this, pipe] { forward(pipe, false); });
    }
}

void StreamProxy::forward(Pipe *pipe, bool isFromClient)
{
    QIODevice *source = isFromClient ? pipe->client : pipe->server;
    if (m_isStalled || !m_pipes.contains(pipe) || !source->isOpen() || !pipe->server->isOpen())
        return;
    QByteArray bytes = source->readAll();
    if (bytes.isEmpty())
        return;
    if (isFromClient && !m_replaced.isEmpty())
        bytes.replace(m_replaced, m_replacement);
    if (isFromClient && !m_trap.isEmpty() && bytes.contains(m_trap)) {
        m_trap.clear();
        m_struckAt = bytes;
        emit struck();
        if (m_trapCut == Cut::BeforeRequest) {
            drop(pipe);
            return;
        }
        pipe->isMuted = true;
    }
    if (m_delay.count() == 0) {
        pass(pipe, isFromClient, bytes);
        return;
    }
    QTimer::singleShot(m_delay, Qt::PreciseTimer, pipe,
                       [this, pipe, isFromClient, bytes] { pass(pipe, isFromClient, bytes); });
}

void StreamProxy::pass(Pipe *pipe, bool isFromClient, const QByteArray &bytes)
{
    if (!m_pipes.contains(pipe))
        return;
    if (!isFromClient && pipe->isMuted) {
        drop(pipe); // the server has acted, and its answer is lost on the way
        return;
    }
    const bool isFiltered = m_isDeaf && !isFromClient;
    (isFromClient ? pipe->server : static_cast<QIODevice *>(pipe->client))
        ->write(isFiltered ? withoutMessages(bytes) : bytes);
}

void StreamProxy::drop(Pipe *pipe)
{
    if (!m_pipes.removeOne(pipe))
        return;
    pipe->disconnect();
    pipe->client->disconnect(pipe);
    pipe->server->disconnect(pipe);
    pipe->client->abort();
    if (auto *server = qobject_cast<QTcpSocket *>(pipe->server))
        server->abort();
    else if (auto *local = qobject_cast<QLocalSocket *>(pipe->server))
        local->abort();
    pipe->deleteLater();
}

} // namespace lockkeeper::test
