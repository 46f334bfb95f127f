// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/transport.h"

namespace lockkeeper::test {

/// A peer whose bytes the test writes by hand.
class ScriptedTransport final : public redis::Transport
{
    Q_OBJECT

public:
    void open() override {}
    void write(const QByteArray &bytes) override { written += bytes; }
    [[nodiscard]] QByteArray read(qint64 limit) override
    {
        const QByteArray bytes = m_incoming.left(limit);
        m_incoming.remove(0, bytes.size());
        return bytes;
    }
    [[nodiscard]] qint64 bytesAvailable() const override { return m_incoming.size(); }
    void abort() override { isAborted = true; }
    [[nodiscard]] QString peerName() const override { return QStringLiteral("peer"); }
    [[nodiscard]] QString openingStage() const override { return QStringLiteral("the connection"); }

    void say(const QByteArray &bytes)
    {
        m_incoming += bytes;
        emit readyRead();
    }

    QByteArray written;
    bool isAborted = false;

private:
    QByteArray m_incoming;
};

} // namespace lockkeeper::test
