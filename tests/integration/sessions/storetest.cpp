// SPDX-License-Identifier: GPL-3.0-or-later
#include "storetest.h"

namespace lockkeeper::test {

RedisServer::Options withNoCacheUser()
{
    RedisServer::Options options;
    options.aclUsers += QStringLiteral("nocache on >pw ~chat:session_lock:* %R~chat:session:* "
                                       "&* +@all");
    return options;
}

void StoreTest::initTestCase()
{
    LK_START_POSTGRES(m_databases);
}

void StoreTest::init()
{
    m_server = std::make_unique<RedisServer>(withNoCacheUser());
    LK_START_REDIS(*m_server);
}

void StoreTest::cleanup()
{
    m_bench.reset();
    m_server.reset();
}

void StoreTest::prepare(Kind kind, sessions::SessionStore::Options options, const QString &user)
{
    m_dsn = m_databases.make(kind);
    const auto address = user.isEmpty() ? m_server->address() : m_server->addressFor(user, "pw");
    m_bench = std::make_unique<StoreBench>(address, m_dsn, std::move(options));
    if (!m_bench->open())
        qFatal("the bench does not open");
}

} // namespace lockkeeper::test
