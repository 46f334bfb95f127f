// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/rawredis.h"

namespace lockkeeper::test {

namespace {

const QByteArray kLost = QByteArrayLiteral("-LOST");

} // namespace

RawRedis::RawRedis(const QString &socketPath, const QByteArray &password)
{
    m_socket.connectToServer(socketPath);
    if (m_socket.waitForConnected(5000) && !password.isEmpty())
        call({"AUTH", password});
}

QVariant RawRedis::call(const QList<QByteArray> &words)
{
    if (!isOpen())
        return kLost;
    send(words);
    return next();
}

void RawRedis::send(const QList<QByteArray> &words)
{
    QByteArray bytes = "*" + QByteArray::number(words.size()) + "\r\n";
    for (const QByteArray &word : words)
        bytes += "$" + QByteArray::number(word.size()) + "\r\n" + word + "\r\n";
    m_socket.write(bytes);
    while (m_socket.bytesToWrite() > 0) {
        if (!m_socket.waitForBytesWritten(20'000))
            return;
    }
}

QVariant RawRedis::next(std::chrono::milliseconds limit)
{
    const QByteArray head = line(limit);
    if (head.isEmpty())
        return kLost;
    const qlonglong number = head.mid(1).toLongLong();
    switch (head.at(0)) {
    case '+':
        return head.mid(1);
    case '-':
        return head;
    case ':':
        return number;
    case '$': {
        if (number < 0)
            return {};
        if (!fill(number + 2, limit))
            return kLost;
        const QByteArray bytes = m_buffer.left(number);
        m_buffer.remove(0, number + 2);
        return bytes;
    }
    default: {
        if (number < 0)
            return {};
        QVariantList elements;
        for (qlonglong i = 0; i < number; ++i)
            elements.append(next(limit));
        return elements;
    }
    }
}

bool RawRedis::hasInput()
{
    return !m_buffer.isEmpty() || m_socket.bytesAvailable() > 0 || m_socket.waitForReadyRead(1);
}

bool RawRedis::fill(qsizetype bytes, std::chrono::milliseconds limit)
{
    while (m_buffer.size() < bytes) {
        if (m_socket.bytesAvailable() == 0 &&
            !m_socket.waitForReadyRead(static_cast<int>(limit.count())))
            return false;
        m_buffer += m_socket.readAll();
    }
    return true;
}

QByteArray RawRedis::line(std::chrono::milliseconds limit)
{
    qsizetype end = m_buffer.indexOf("\r\n");
    while (end < 0) {
        if (!fill(m_buffer.size() + 1, limit))
            return {};
        end = m_buffer.indexOf("\r\n");
    }
    const QByteArray text = m_buffer.left(end);
    m_buffer.remove(0, end + 2);
    return text;
}

} // namespace lockkeeper::test
