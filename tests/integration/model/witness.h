// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockfamily.h"
#include "modelsession.h"
#include "sessions/sessiondatabase.h"
#include "support/rawredis.h"

#include <set>

namespace lockkeeper::model {

/// Looks at server and database beside the product.
class Witness
{
public:
    /// What was there, all at one moment within `span`.
    struct Sight
    {
        Span span;
        std::optional<ModelLock> lock;
        bool hasCopy = false;
    };

    Witness(const QString &socketPath, const sessions::Dsn &dsn, locks::LockFamily family,
            const Clock &clock);

    /// Blocks, so that nothing of ours goes on meanwhile.
    [[nodiscard]] Sight look(const SessionId &session);
    /// Ends the lock, or puts another token with this lease into its place. @return whose it was.
    std::optional<Token> strike(const SessionId &session, const std::optional<Token> &replacement,
                                milliseconds lease);
    void writeCopy(const SessionId &session, const QByteArray &json);
    [[nodiscard]] QCoro::Task<bool> hasRow(SessionId session);
    /// Once this has ended the server has read all that programs which have ended had sent: it
    /// reads from all sockets in turn.
    void settle();

    [[nodiscard]] std::set<QByteArray> allKeys();
    /// Of all rows, through SQL of our own.
    [[nodiscard]] std::set<QByteArray> allRows() const;

private:
    test::RawRedis m_redis;
    sessions::SessionDatabase m_database;
    const locks::LockFamily m_family;
    const Clock &m_clock;
};

} // namespace lockkeeper::model
