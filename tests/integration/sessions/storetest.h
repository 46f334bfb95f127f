// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "storebench.h"
#include "support/redisserver.h"
#include "testdatabase.h"

#include <QObject>

#include <memory>

namespace lockkeeper::test {

/// A server whose user `nocache` (password pw) may not change cached sessions.
[[nodiscard]] RedisServer::Options withNoCacheUser();

/// What tests of the store share: databases for all test functions, a server for each, and a store
/// on both.
class StoreTest : public QObject
{
    Q_OBJECT

protected:
    void prepare(Kind kind, sessions::SessionStore::Options options = {}, const QString &user = {});
    QVariant redis(const QList<QByteArray> &words) { return m_server->redis(words); }
    [[nodiscard]] QByteArray entry(const QByteArray &id = "s1")
    {
        return redis({"GET", "chat:session:" + id}).toByteArray();
    }
    [[nodiscard]] sessions::SessionStore &store() { return m_bench->store; }

    TestDatabases m_databases;
    std::unique_ptr<RedisServer> m_server;
    sessions::Dsn m_dsn;
    std::unique_ptr<StoreBench> m_bench;

private slots:
    void initTestCase();
    void init();
    void cleanup();
};

} // namespace lockkeeper::test
