// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "sessions/chatsession.h"
#include "sessions/databaseschema.h"
#include "sessions/sqlconnection.h"

#include <QList>
#include <QSqlQuery>
#include <QString>

#include <optional>

/// Rows of the two tables as sessions.
namespace lockkeeper::sessions {

/// Reads one session and its messages. nullopt: no such row; Corrupt when a column holds what
/// cannot be read.
[[nodiscard]] Result<std::optional<ChatSession>>
readSession(SqlConnection &connection, const DatabaseSchema &schema, const QString &id);

/// Reads the summaries that a query with the columns of summaryColumns() found.
[[nodiscard]] QList<SessionSummary> readSummaries(QSqlQuery &query, bool isPostgreSql);
[[nodiscard]] QString summaryColumns(const DatabaseSchema &schema);

} // namespace lockkeeper::sessions
