// SPDX-License-Identifier: GPL-3.0-or-later
#include "removingbench.h"

#include "storetest.h"

namespace lockkeeper::test {

using namespace sessions;

void RemovingBench::newServer()
{
    m_server = std::make_unique<RedisServer>(withNoCacheUser());
}

void RemovingBench::close()
{
    m_bench.reset();
    m_server.reset();
}

void RemovingBench::prepare(Kind kind, BeforeStep beforeStep, const QString &user,
                            const StreamProxy *proxy)
{
    m_dsn = m_databases.make(kind);
    SessionStore::Options options;
    options.beforeStep = std::move(beforeStep);
    const auto address = user.isEmpty() ? m_server->address() : m_server->addressFor(user, "pw");
    m_bench = std::make_unique<StoreBench>(
        address, proxy ? m_databases.through(*proxy, m_dsn) : m_dsn, options);
    if (!m_bench->open())
        qFatal("the bench does not open");
    StoreBench writer(m_server->address(), m_dsn);
    if (!writer.open() || !await(writer.store.upsert(sampleSession("s1", "u1", 3))))
        qFatal("the session cannot be stored");
}

RemoveReport RemovingBench::remove(RemoveRequest request)
{
    return await(m_bench->store.remove(std::move(request)));
}

RemoveReport RemovingBench::remove(const char *id)
{
    RemoveRequest request;
    request.id = SessionId(id);
    return remove(std::move(request));
}

int RemovingBench::rows(const char *table)
{
    return m_databases
        .sql(m_dsn, QStringLiteral("SELECT count(*) FROM \"%1\"").arg(QString::fromLatin1(table)))
        .toInt();
}

} // namespace lockkeeper::test
