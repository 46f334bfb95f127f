// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QSet>
#include <QString>

namespace lockkeeper::sessions {

class SqlConnection;

/// The tables as this database has them: where they are, and which of the columns that only newer
/// releases of the platform have.
class DatabaseSchema
{
public:
    /// Finds the tables. Database, naming the first table or column that is missing.
    [[nodiscard]] static Result<DatabaseSchema> read(SqlConnection &connection);

    /// The names as SQL writes them, schema and quotes included.
    [[nodiscard]] const QString &sessions() const { return m_sessions; }
    [[nodiscard]] const QString &messages() const { return m_messages; }
    [[nodiscard]] bool hasSessionColumn(const QString &name) const
    {
        return m_sessionColumns.contains(name);
    }
    [[nodiscard]] bool hasMessageColumn(const QString &name) const
    {
        return m_messageColumns.contains(name);
    }
    /// A column as an expression that reads as microseconds since 1970 (PostgreSQL) or as text.
    [[nodiscard]] QString time(const QString &column) const;

private:
    QString m_sessions;
    QString m_messages;
    QSet<QString> m_sessionColumns;
    QSet<QString> m_messageColumns;
    bool m_isPostgreSql = false;
};

} // namespace lockkeeper::sessions
