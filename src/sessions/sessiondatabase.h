// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "sessions/chatsession.h"
#include "sessions/dsn.h"
#include "sessions/sqlconnection.h"

#include <QFuture>
#include <QList>

#include <memory>
#include <optional>

namespace lockkeeper::sessions {

class DatabaseSchema;
class SqlWorker;

/// What a save did.
struct SaveOutcome
{
    bool isCreated = false; ///< the session's row was missing
    int messagesInserted = 0;
};

/// The tables "ChatSession" and "ChatMessage" of the chat platform. PostgreSQL tables are used as
/// they are, columns that a release lacks are left alone; an SQLite file is created by migrations.
/// Each call is one transaction on a thread of its own. Failures are CannotConnect, TimedOut,
/// Database, NotPermitted, ConnectionLost (nothing was written), OutcomeUnknown (the connection was
/// lost while a write was being committed) and Corrupt (a row that cannot be read).
class SessionDatabase final
{
public:
    explicit SessionDatabase(Dsn dsn, SqlAccess access = SqlAccess::ReadWrite);
    ~SessionDatabase();
    SessionDatabase(const SessionDatabase &) = delete;
    SessionDatabase &operator=(const SessionDatabase &) = delete;

    [[nodiscard]] const Dsn &dsn() const;

    /// Connects and checks the tables; a missing table or column that we need is named.
    [[nodiscard]] QFuture<Result<void>> check();

    [[nodiscard]] QFuture<Result<std::optional<ChatSession>>> load(SessionId id);
    /// The number of messages stored; 0 for a session without a row.
    [[nodiscard]] QFuture<Result<qint64>> messageCount(SessionId id);
    [[nodiscard]] QFuture<Result<void>> create(ChatSession session);
    /// Creates the row if missing, updates its metadata (the title, where the session has one) and
    /// totals, and inserts the messages past `storedMessages`, `sequence` going on from it; where
    /// messages carry a sequence already, those without one are the new ones.
    [[nodiscard]] QFuture<Result<SaveOutcome>> save(ChatSession session, qint64 storedMessages);
    /// Newest first.
    [[nodiscard]] QFuture<Result<QList<SessionSummary>>> list(UserId user, int limit, int offset);
    /// Summaries of those of `ids` that have a row.
    [[nodiscard]] QFuture<Result<QList<SessionSummary>>> summaries(QList<SessionId> ids);
    /// @return false: no such session.
    [[nodiscard]] QFuture<Result<bool>> rename(SessionId id, QString title, WallTime now);
    /// Deletes the row, and with it its messages; with a user given, only theirs.
    /// @return false: no such session (of that user).
    [[nodiscard]] QFuture<Result<bool>> remove(SessionId id, std::optional<UserId> user);

private:
    /// A job that knows the tables.
    template<typename T>
    using Body = std::function<Result<T>(SqlConnection &, const DatabaseSchema &)>;
    template<typename T>
    [[nodiscard]] QFuture<Result<T>> run(Body<T> body);
    template<typename T>
    [[nodiscard]] QFuture<Result<T>> write(QString doing, Body<T> body);

    std::shared_ptr<DatabaseSchema> m_schema; ///< belongs to the worker's thread
    std::unique_ptr<SqlWorker> m_worker;
};

} // namespace lockkeeper::sessions
