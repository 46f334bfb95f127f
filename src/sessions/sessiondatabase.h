// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "sessions/chatsession.h"
#include "sessions/dsn.h"
#include "sessions/sqlconnection.h"

#include <QFuture>
#include <QList>

#include <atomic>
#include <memory>
#include <optional>
#include <stop_token>

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
/// Each call is one transaction on a thread of its own. Failures are CannotConnect, PasswordNeeded,
/// TimedOut, Database, NotPermitted, ConnectionLost and Cancelled (nothing was written),
/// OutcomeUnknown (the connection was lost, or not waited for, while a write was being committed)
/// and Corrupt (a row that cannot be read).
class SessionDatabase final
{
public:
    explicit SessionDatabase(Dsn dsn, SqlAccess access = SqlAccess::ReadWrite);
    ~SessionDatabase();
    SessionDatabase(const SessionDatabase &) = delete;
    SessionDatabase &operator=(const SessionDatabase &) = delete;

    [[nodiscard]] const Dsn &dsn() const;
    /// What is asked from here on may write, or may not: then NotPermitted, with nothing sent, and
    /// the database itself refuses too.
    void setAccess(SqlAccess access);
    /// Ends what is open within about a second, without waiting for it; what is asked from here on
    /// gets Cancelled.
    void close();

    /// Connects and checks the tables; a missing table or column that we need is named.
    [[nodiscard]] QFuture<Result<void>> check();

    /// `stop` ends it within about a second, here and below.
    [[nodiscard]] QFuture<Result<std::optional<ChatSession>>> load(SessionId id,
                                                                   std::stop_token stop = {});
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
    [[nodiscard]] QFuture<Result<QList<SessionSummary>>> summaries(QList<SessionId> ids,
                                                                   std::stop_token stop = {});
    /// @return false: no such session.
    [[nodiscard]] QFuture<Result<bool>> rename(SessionId id, QString title, WallTime now);
    /// Deletes the row, and with it its messages; with a user given, only theirs.
    /// @return false: no such session (of that user).
    [[nodiscard]] QFuture<Result<bool>> remove(SessionId id, std::optional<UserId> user,
                                               std::stop_token stop = {});

private:
    /// A job that knows the tables.
    template<typename T>
    using Body = std::function<Result<T>(SqlConnection &, const DatabaseSchema &)>;
    template<typename T>
    [[nodiscard]] QFuture<Result<T>> run(Body<T> body, std::stop_token stop = {});
    template<typename T>
    [[nodiscard]] QFuture<Result<T>> write(QString doing, Body<T> body, std::stop_token stop = {});

    /// As the newest connection found it; read on the worker's thread.
    using Schema = std::atomic<std::shared_ptr<const DatabaseSchema>>;

    std::shared_ptr<Schema> m_schema;
    std::unique_ptr<SqlWorker> m_worker;
};

} // namespace lockkeeper::sessions
