// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/provenpush.h"

#include <QPointer>
#include <QUuid>

#include <algorithm>
#include <utility>

namespace lockkeeper::redis {

namespace {

/// Between the news of one write and the next one. With the patience, less than three seconds.
constexpr milliseconds kPace{1400};
/// The patience is counted in turns of the event loop: one that stood still itself, as while the
/// machine slept, has not waited.
constexpr milliseconds kPatienceStep{280};
constexpr int kPatienceSteps = 5;
/// When to try again where the server took no write for a reason that may pass.
constexpr milliseconds kRefusedPace = std::chrono::seconds(10);
constexpr milliseconds kLife = std::chrono::seconds(5);

bool overlaps(const QByteArray &a, const QByteArray &b)
{
    return a.startsWith(b) || b.startsWith(a);
}

bool isApart(const QList<QByteArray> &prefixes, const QByteArray &canary)
{
    return std::none_of(prefixes.cbegin(), prefixes.cend(),
                        [&](const QByteArray &prefix) { return overlaps(prefix, canary); });
}

Error deafness(bool isSilent)
{
    return {ErrorCode::Refused,
            isSilent ? QStringLiteral("nothing comes over the connection that tells of changes, "
                                      "though the server answers")
                     : QStringLiteral("the server answers but does not tell of changes"),
            QStringLiteral("something between us and the server may hold news back")};
}

} // namespace

ProvenPush::ProvenPush(ServerAddress address, const QList<QByteArray> &prefixes, Client &client,
                       const Clock &clock, QObject *parent, NodeId node)
    : ChangeFeed(parent)
    , m_canary("lockkeeper:canary:" + QUuid::createUuid().toByteArray(QUuid::WithoutBraces))
    , m_isApart(redis::isApart(prefixes, m_canary))
    , m_channel(std::move(address), m_isApart ? prefixes + QList{m_canary} : prefixes, clock)
    , m_client(client)
    , m_clock(clock)
    , m_node(std::move(node))
{
    m_paceTimer.setSingleShot(true);
    connect(&m_paceTimer, &QTimer::timeout, this, [this] { prove(); });
    m_patienceTimer.setInterval(kPatienceStep);
    connect(&m_patienceTimer, &QTimer::timeout, this, &ProvenPush::checkPatience);
    connect(&m_channel, &ChangeFeed::established, this, &ProvenPush::channelEstablished);
    connect(&m_channel, &ChangeFeed::lost, this, &ProvenPush::channelLost);
    connect(&m_channel, &ChangeFeed::keysChanged, this, &ProvenPush::takeKeys);
    connect(&m_channel, &ChangeFeed::everythingChanged, this, &ChangeFeed::everythingChanged);
    connect(&m_client, &Client::stateChanged, this, &ProvenPush::clientChanged);
}

void ProvenPush::close()
{
    stopWaiting();
    m_client.disconnect(this);
    m_channel.disconnect(this);
    m_channel.close();
    m_isEstablished = false;
}

bool ProvenPush::isTrying() const
{
    return m_channel.isTrying() || (m_channel.isEstablished() && !m_isEstablished);
}

void ProvenPush::channelEstablished()
{
    m_isDeaf = false;
    m_isProven = false;
    if (mayWrite())
        prove();
    else
        establish();
}

void ProvenPush::channelLost(const Error &error)
{
    stopWaiting();
    m_isEstablished = false;
    m_isProven = false;
    emit lost(error);
}

void ProvenPush::clientChanged(Link::State state)
{
    stopWaiting();
    m_isForbidden = false;
    if (!m_channel.isEstablished())
        return;
    if (state == Link::State::Ready)
        prove();
    else if (!m_isEstablished)
        establish(); // nothing can be proved now, and nothing read either
}

bool ProvenPush::mayWrite() const
{
    return m_isApart && !m_isForbidden && !m_client.gate().isReadOnly() && m_client.isReady() &&
           (m_node.isEmpty() || m_client.isServing(m_node));
}

QFuture<Result<Reply>> ProvenPush::writeCanary()
{
    if (m_node.isEmpty())
        return m_client.send(commands::setWithTtl(m_canary, "1", kLife));
    if (m_keyOnNode.isEmpty() || m_client.nodeOf(m_keyOnNode) != m_node)
        m_keyOnNode = m_client.keyOn(m_node, m_canary);
    return m_client.sendTo(m_node, commands::setWithTtl(m_keyOnNode, "1", kLife));
}

QCoro::Task<> ProvenPush::prove()
{
    const QPointer<ProvenPush> self(this);
    stopWaiting();
    const quint64 generation = m_generation;
    if (!mayWrite()) {
        m_paceTimer.start(kRefusedPace); // read-only may be switched off
        co_return;
    }
    m_isWaiting = true; // the news may come before the reply
    m_writtenAt = m_clock.steady();
    const auto reply = co_await writeCanary();
    if (!self || generation != m_generation)
        co_return; // heard already, or lost meanwhile
    if (reply && !reply->isError()) {
        m_patienceLeft = kPatienceSteps;
        m_patienceTimer.start();
        co_return;
    }
    m_isWaiting = false;
    m_isForbidden = reply && reply->errorPrefix() == "NOPERM";
    m_paceTimer.start(kRefusedPace);
    if (!m_isEstablished)
        establish();
}

void ProvenPush::takeKeys(const QList<QByteArray> &keys)
{
    QList<QByteArray> others = keys;
    const bool isOurs =
        others.removeIf([this](const QByteArray &key) { return key.startsWith(m_canary); }) > 0;
    const QPointer<ProvenPush> self(this);
    if (isOurs && m_isWaiting) {
        stopWaiting();
        m_paceTimer.start(kPace);
        m_isProven = true;
        if (!m_isEstablished)
            establish();
    }
    // What was told before all is read is told again by the scan, which comes after.
    if (self && !others.isEmpty())
        emit keysChanged(others);
}

void ProvenPush::checkPatience()
{
    if (--m_patienceLeft > 0)
        return;
    stopWaiting();
    const auto proof = m_channel.lastProof();
    const bool isSilent = !proof || *proof < m_writtenAt;
    // One that was heard of before is made anew; one that never was is not worth it.
    m_isDeaf = !m_isProven && !isSilent;
    m_channel.restart(deafness(isSilent));
}

void ProvenPush::stopWaiting()
{
    ++m_generation;
    m_isWaiting = false;
    m_paceTimer.stop();
    m_patienceTimer.stop();
}

void ProvenPush::establish()
{
    m_isEstablished = true;
    emit established();
}

} // namespace lockkeeper::redis
