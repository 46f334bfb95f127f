// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/endpoint.h"

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QTcpServer>

#include <chrono>

class QIODevice;

namespace lockkeeper::test {

/// Stands between a client and a server, in the test's own process, and does to their connections
/// what networks do: cuts them, falls silent, or is slow. Bytes are passed on as they are, TLS too.
class StreamProxy final : public QObject
{
    Q_OBJECT

public:
    /// When a connection is cut because of what the client sent.
    enum class Cut {
        BeforeRequest, ///< the server never sees it
        AfterRequest,  ///< the server acts on it, the client never hears of it
    };

    explicit StreamProxy(Endpoint server, QObject *parent = nullptr);
    ~StreamProxy() override;
    StreamProxy(const StreamProxy &) = delete;
    StreamProxy &operator=(const StreamProxy &) = delete;

    /// Where the client connects: a port of 127.0.0.1.
    [[nodiscard]] Endpoint endpoint() const;
    [[nodiscard]] qsizetype connections() const { return m_pipes.size(); }
    /// Connections accepted since the start.
    [[nodiscard]] int accepted() const { return m_accepted; }

    /// New connections go to another server; those that are there go on.
    void setServer(Endpoint server) { m_server = std::move(server); }
    /// Drops all connections; new ones are taken.
    void cutAll();
    /// Drops the connection of that number, those made first first; all where there is none.
    void cut(qsizetype number);
    /// Off: new connections are refused by the system.
    void setListening(bool isListening);
    /// On: everything stays open and nothing passes, as with a half-open connection.
    void setStalled(bool isStalled);
    /// On: messages of SUBSCRIBE are swallowed, and all else passes.
    void setDeaf(bool isDeaf) { m_isDeaf = isDeaf; }
    /// From now on clients are taken to have said `to` where they say `from`.
    void replace(QByteArray from, QByteArray to);
    /// Whether a client has sent `bytes` that wait, since nothing passes.
    [[nodiscard]] bool isHolding(const QByteArray &bytes) const;
    /// Holds back each piece of data for this long, both ways.
    void setDelay(std::chrono::milliseconds delay);
    /// Cuts the connection that next sends a piece of data with `bytes` in it, once. With
    /// AfterRequest the server's answer is swallowed.
    void cutOn(QByteArray bytes, Cut cut);
    /// The piece of data that cutOn() struck at.
    [[nodiscard]] const QByteArray &struckAt() const { return m_struckAt; }

signals:
    /// cutOn() has struck.
    void struck();

private:
    struct Pipe;

    void accept();
    void forward(Pipe *pipe, bool isFromClient);
    void pass(Pipe *pipe, bool isFromClient, const QByteArray &bytes);
    void drop(Pipe *pipe);

    Endpoint m_server;
    QTcpServer m_listener;
    quint16 m_port = 0;
    QList<Pipe *> m_pipes;
    int m_accepted = 0;
    bool m_isStalled = false;
    bool m_isDeaf = false;
    std::chrono::milliseconds m_delay{0};
    QByteArray m_replaced;
    QByteArray m_replacement;
    QByteArray m_trap;
    QByteArray m_struckAt;
    Cut m_trapCut = Cut::BeforeRequest;
};

} // namespace lockkeeper::test
