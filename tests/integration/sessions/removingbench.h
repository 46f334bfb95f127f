// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "storebench.h"
#include "support/redisserver.h"
#include "testdatabase.h"

#include <functional>
#include <memory>
#include <optional>

namespace lockkeeper::test {

/// What tests of remove() stand on: a server, databases, and the session s1 of u1 in both.
class RemovingBench
{
public:
    using BeforeStep = std::function<void(sessions::RemoveStep)>;

    [[nodiscard]] TestDatabases &databases() { return m_databases; }
    /// A server for one test function; it has a user `nocache` who may not change cached sessions.
    void newServer();
    [[nodiscard]] RedisServer &server() { return *m_server; }
    void close();

    /// A store over a fresh database, reached through `proxy` where there is one, with the session
    /// s1 stored and cached.
    void prepare(Kind kind, BeforeStep beforeStep = {}, const QString &user = {},
                 const StreamProxy *proxy = nullptr);
    [[nodiscard]] StoreBench &parts() { return *m_bench; }

    sessions::RemoveReport remove(sessions::RemoveRequest request);
    sessions::RemoveReport remove(const char *id = "s1");

    /// Rows of a table of the database.
    [[nodiscard]] int rows(const char *table = "ChatSession");
    [[nodiscard]] bool isCached() { return redis({"EXISTS", "chat:session:s1"}).toInt() == 1; }
    [[nodiscard]] QByteArray lockToken() { return redis({"GET", kLock}).toByteArray(); }
    QVariant redis(const QList<QByteArray> &words) { return m_server->redis(words); }
    [[nodiscard]] const sessions::Dsn &dsn() const { return m_dsn; }

    static inline const QByteArray kLock = "chat:session_lock:s1";

private:
    TestDatabases m_databases;
    std::unique_ptr<RedisServer> m_server;
    sessions::Dsn m_dsn;
    std::unique_ptr<StoreBench> m_bench;
};

} // namespace lockkeeper::test
