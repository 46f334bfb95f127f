// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "redis/serveraddress.h"

#include <QProcess>
#include <QString>

#include <functional>

namespace lockkeeper::demo {

/// A redis-server of our own that listens on a unix socket only and keeps nothing.
///
/// start() touches the object after its waits: whoever starts it keeps the object alive.
class PrivateRedis final
{
public:
    PrivateRedis() = default;
    ~PrivateRedis();
    PrivateRedis(const PrivateRedis &) = delete;
    PrivateRedis &operator=(const PrivateRedis &) = delete;

    /// Ends when the server answers. NotFound, with how to install it, when there is none here.
    [[nodiscard]] Task<void> start(QString folder, QString socketPath);
    void stop();
    /// Told, from the event loop, when a server that had answered ends, by stop() too.
    void whenEnded(std::function<void(Error)> tell) { m_tellEnd = std::move(tell); }
    [[nodiscard]] redis::ServerAddress address() const;

private:
    [[nodiscard]] Error endedAtOnce();
    void watch();

    QProcess m_process;
    QString m_socketPath;
    std::function<void(Error)> m_tellEnd;
};

} // namespace lockkeeper::demo
