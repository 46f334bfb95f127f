// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QLocalSocket>
#include <QString>
#include <QVariant>

#include <chrono>

namespace lockkeeper::test {

/// A blocking client over a unix socket that shares no code with what is tested.
///
/// Replies are variants: bulk and status QByteArray, integer qlonglong, array QVariantList, nil
/// invalid; an error is its text with the leading '-'.
class RawRedis
{
public:
    /// Connects; isOpen() says whether it worked.
    explicit RawRedis(const QString &socketPath, const QByteArray &password = {});

    [[nodiscard]] bool isOpen() const { return m_socket.state() == QLocalSocket::ConnectedState; }
    /// One command and its reply; "-LOST" when the connection is gone.
    QVariant call(const QList<QByteArray> &words);
    /// Sends without waiting for replies; fetch them by next().
    void send(const QList<QByteArray> &words);
    /// The next reply or pub/sub message; "-LOST" when there is none within `limit`.
    QVariant next(std::chrono::milliseconds limit = std::chrono::seconds(20));
    /// Whether a whole or partial reply has arrived already.
    bool hasInput();

private:
    bool fill(qsizetype bytes, std::chrono::milliseconds limit);
    QByteArray line(std::chrono::milliseconds limit);

    QLocalSocket m_socket;
    QByteArray m_buffer;
};

} // namespace lockkeeper::test
