// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "redis/serveraddress.h"

#include <QProcess>
#include <QString>

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
    [[nodiscard]] redis::ServerAddress address() const;

private:
    [[nodiscard]] Error ended();

    QProcess m_process;
    QString m_socketPath;
};

} // namespace lockkeeper::demo
