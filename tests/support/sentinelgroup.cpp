// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/sentinelgroup.h"

#include "support/eventually.h"

#include <chrono>

namespace lockkeeper::test {

namespace {

QString portLine(const RedisServer &server, const QString &head)
{
    return QStringLiteral("%1 127.0.0.1 %2").arg(head).arg(server.port());
}

} // namespace

QByteArray infoField(RedisServer &server, const QByteArray &section, const QByteArray &field)
{
    const QByteArray start = field + ":";
    for (const QByteArray &line : server.redis({"INFO", section}).toByteArray().split('\n')) {
        if (line.startsWith(start))
            return line.mid(start.size()).trimmed();
    }
    return {};
}

SentinelGroup::SentinelGroup()
    : SentinelGroup(Options{})
{}

SentinelGroup::SentinelGroup(Options options)
    : m_options(std::move(options))
    , m_folder(QStringLiteral("/tmp/lk-sentinels-XXXXXX"))
{}

bool SentinelGroup::start()
{
    if (m_options.listen == RedisServer::Listen::Tls &&
        !m_certificates.make(m_folder.path(), m_reason))
        return false;
    if (!startNodes() || !startSentinels())
        return false;
    if (!eventually([this] { return isSettled(); })) {
        m_reason = QStringLiteral("the Sentinels do not find each other and the replicas");
        return false;
    }
    return true;
}

bool SentinelGroup::startNodes()
{
    const bool isTls = m_options.listen == RedisServer::Listen::Tls;
    for (int i = 0; i <= m_options.replicas; ++i) {
        RedisServer::Options options{.listen = m_options.listen, .password = m_options.password};
        options.certificates = m_certificates;
        options.config << QStringLiteral("repl-diskless-sync-delay 0")
                       << QStringLiteral("repl-ping-replica-period 1");
        if (isTls)
            options.config << QStringLiteral("tls-replication yes");
        if (!m_options.password.isEmpty())
            options.config << QStringLiteral("masterauth ") + QString::fromUtf8(m_options.password);
        if (i > 0)
            options.config << portLine(*m_nodes.front(), QStringLiteral("replicaof"));
        m_nodes.push_back(std::make_unique<RedisServer>(options));
        if (!m_nodes.back()->start()) {
            m_reason = m_nodes.back()->reason();
            return false;
        }
    }
    return true;
}

bool SentinelGroup::startSentinels()
{
    const QString service = QString::fromLatin1(kService);
    const bool isTls = m_options.listen == RedisServer::Listen::Tls;
    for (int i = 0; i < kSentinels; ++i) {
        RedisServer::Options options{.listen = m_options.listen,
                                     .password = m_options.sentinelPassword,
                                     .role = RedisServer::Role::Sentinel};
        options.certificates = m_certificates;
        options.config << portLine(*m_nodes.front(),
                                   QStringLiteral("sentinel monitor ") + service) +
                              QStringLiteral(" 2")
                       << QStringLiteral("sentinel down-after-milliseconds %1 %2")
                              .arg(service)
                              .arg(m_options.downAfter.count())
                       << QStringLiteral("sentinel failover-timeout %1 6000").arg(service);
        if (isTls)
            options.config << QStringLiteral("tls-replication yes");
        if (!m_options.password.isEmpty())
            options.config << QStringLiteral("sentinel auth-pass %1 %2")
                                  .arg(service, QString::fromUtf8(m_options.password));
        if (!m_options.sentinelPassword.isEmpty())
            options.config << QStringLiteral("sentinel sentinel-pass ") +
                                  QString::fromUtf8(m_options.sentinelPassword);
        m_sentinels.push_back(std::make_unique<RedisServer>(options));
        if (!m_sentinels.back()->start()) {
            m_reason = m_sentinels.back()->reason();
            return false;
        }
    }
    return true;
}

bool SentinelGroup::isSettled()
{
    for (const auto &sentinel : m_sentinels) {
        const QByteArray line = infoField(*sentinel, "sentinel", "master0");
        const QByteArray wanted = ",slaves=" + QByteArray::number(m_options.replicas) +
                                  ",sentinels=" + QByteArray::number(kSentinels);
        if (!line.contains("status=ok") || !line.contains(wanted))
            return false;
    }
    for (const auto &node : m_nodes) {
        if (node != m_nodes.front() &&
            infoField(*node, "replication", "master_link_status") != "up")
            return false;
    }
    return true;
}

RedisServer *SentinelGroup::primary()
{
    for (const auto &node : m_nodes) {
        int votes = 0;
        for (const auto &sentinel : m_sentinels) {
            const QVariantList address =
                sentinel->redis({"SENTINEL", "get-master-addr-by-name", kService}).toList();
            if (address.size() == 2 && address[1].toByteArray().toInt() == node->port())
                ++votes;
        }
        if (votes > kSentinels / 2)
            return infoField(*node, "replication", "role") == "master" ? node.get() : nullptr;
    }
    return nullptr;
}

bool SentinelGroup::waitForFailover(const RedisServer &old)
{
    return eventually([this, &old] {
        const RedisServer *now = primary();
        return now != nullptr && now != &old;
    });
}

bool SentinelGroup::waitUntilWhole()
{
    // Sentinels whose timers came late trust nothing for half a minute ("TILT").
    constexpr std::chrono::minutes kLimit(2);
    return eventually(
        [this] {
            RedisServer *now = primary();
            const QByteArray replicas = QByteArray::number(nodes() - 1);
            return now && infoField(*now, "replication", "connected_slaves") == replicas;
        },
        kLimit);
}

QString SentinelGroup::url() const
{
    QStringList hosts;
    for (const auto &sentinel : m_sentinels)
        hosts << QStringLiteral("127.0.0.1:%1").arg(sentinel->port());
    const QString secret = QString::fromLatin1(m_options.password.toPercentEncoding());
    QStringList query;
    if (!m_options.sentinelPassword.isEmpty())
        query << QStringLiteral("sentinel_password=") +
                     QString::fromLatin1(m_options.sentinelPassword.toPercentEncoding());
    if (m_options.listen == RedisServer::Listen::Tls)
        query << QStringLiteral("tls=1") << QStringLiteral("cacert=") + m_certificates.caFile;
    return QStringLiteral("redis+sentinel://") +
           (secret.isEmpty() ? QString() : QString(u':' + secret + u'@')) + hosts.join(u',') +
           u'/' + QString::fromLatin1(kService) +
           (query.isEmpty() ? QString() : QString(u'?' + query.join(u'&')));
}

} // namespace lockkeeper::test
