// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

#include <QByteArray>
#include <QObject>

namespace lockkeeper::redis {

/// A stream of bytes to one peer: the seam at which tests script a server.
class Transport : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    /// Starts connecting; connected() or failed() follows. One use only.
    virtual void open() = 0;
    virtual void write(const QByteArray &bytes) = 0;
    /// At most `limit` bytes of what has arrived.
    [[nodiscard]] virtual QByteArray read(qint64 limit) = 0;
    [[nodiscard]] virtual qint64 bytesAvailable() const = 0;
    /// Drops the connection at once; no signal follows.
    virtual void abort() = 0;
    /// The peer, for messages.
    [[nodiscard]] virtual QString peerName() const = 0;
    /// What open() is waiting for, for messages: "the TLS handshake".
    [[nodiscard]] virtual QString openingStage() const = 0;

signals:
    void connected();
    void readyRead();
    /// The connection could not be made, or ended; nothing follows.
    void failed(const lockkeeper::Error &error);
};

} // namespace lockkeeper::redis
