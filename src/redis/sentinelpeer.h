// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/link.h"

#include <QObject>

#include <optional>

namespace lockkeeper::redis {

/// What a Sentinel takes for the truth about a service.
struct SentinelAnswer
{
    std::optional<Endpoint> primary; ///< as announced; nullopt: it does not know the service
    qint64 epoch = 0;                ///< of its configuration: a newer one has a higher number
};

/// One Sentinel: asked for the primary of a service, and listened to for its switches, over a
/// connection each.
class SentinelPeer final : public QObject
{
    Q_OBJECT

public:
    SentinelPeer(ServerAddress address, QString service, bool reconnects, const Clock &clock);
    ~SentinelPeer() override;
    SentinelPeer(const SentinelPeer &) = delete;
    SentinelPeer &operator=(const SentinelPeer &) = delete;

    void open();
    void close();
    void retryNow();
    /// Asks again, if it can be asked now; told() follows.
    QCoro::Task<> ask();

    [[nodiscard]] const Endpoint &endpoint() const { return m_asking.address().endpoint; }
    /// The newest answer of the connection that is there; nullopt: none yet, or none any more.
    [[nodiscard]] const std::optional<SentinelAnswer> &answer() const { return m_answer; }
    /// Why there is no answer; nullopt while one is there or on its way.
    [[nodiscard]] const std::optional<Error> &error() const { return m_error; }
    [[nodiscard]] std::optional<milliseconds> nextTry() const { return m_asking.nextTry(); }

signals:
    /// Answer or error may be others than before.
    void told();

private:
    void askingChanged(Link::State state);
    QCoro::Task<> listen();
    void take(const QList<Reply> &replies);

    QString m_service;
    Link m_asking;
    Link m_listening;
    std::optional<SentinelAnswer> m_answer;
    std::optional<Error> m_error;
    bool m_isAsking = false;
    bool m_isAskedAgain = false; ///< while a question is under way
};

} // namespace lockkeeper::redis
