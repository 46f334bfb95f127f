// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "redis/serveraddress.h"
#include "redis/transport.h"

#include <QElapsedTimer>
#include <QFuture>
#include <QObject>
#include <QPromise>
#include <QTimer>

#include <functional>
#include <memory>

namespace lockkeeper::redis {

/// What a tap has seen.
struct TapTally
{
    milliseconds span{0}; ///< between the server's consent and the end
    qint64 bytes = 0;
    qint64 lines = 0;   ///< commands of all clients
    bool isCut = false; ///< ended by the budget of bytes, before its time
};

/// MONITOR for a moment, over a connection of its own that ends with it. Each line is handed on
/// once and not kept; lines that are longer than kLongestLine are counted and skipped.
///
/// It costs the server: every command of every client is copied to us.
class MonitorTap final : public QObject
{
    Q_OBJECT

public:
    struct Budget
    {
        milliseconds span{150};
        qint64 bytes = 32LL * 1024 * 1024;
    };
    static constexpr qsizetype kLongestLine = 8 * 1024;

    using LineReader = std::function<void(QByteArrayView line)>;

    MonitorTap(ServerAddress address, Budget budget, LineReader reader, QObject *parent = nullptr);
    ~MonitorTap() override;
    MonitorTap(const MonitorTap &) = delete;
    MonitorTap &operator=(const MonitorTap &) = delete;

    /// Connects and listens, once. Ends with what was seen; NotPermitted without the right or the
    /// login; Cancelled when the tap is destroyed before.
    [[nodiscard]] QFuture<Result<TapTally>> run();

signals:
    /// The server answered NOPERM to MONITOR: the right is missing. Comes before the end.
    void refused();

private:
    void greet();
    void readSome();
    void takeBytes(QByteArrayView bytes);
    void takeLine(QByteArrayView line);
    void takeGreeting(QByteArrayView line);
    void end(Result<TapTally> result);

    ServerAddress m_address;
    Budget m_budget;
    LineReader m_reader;
    std::unique_ptr<Transport> m_transport;
    QPromise<Result<TapTally>> m_promise;
    QTimer m_timer;
    QElapsedTimer m_elapsed;
    TapTally m_tally;
    QByteArray m_line;       ///< the beginning of a line whose end has not come
    int m_repliesBefore = 0; ///< to the greeting, until MONITOR's own
    bool m_isSkipping = false;
    bool m_isListening = false;
    bool m_isReadScheduled = false;
    bool m_hasEnded = false;
};

} // namespace lockkeeper::redis
