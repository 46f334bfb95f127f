// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "sessions/chatsession.h"
#include "sessions/databaseschema.h"

#include <QStringList>
#include <QVariant>

#include <optional>

/// Sessions and messages as rows to write.
namespace lockkeeper::sessions {

/// An id as SQL text; nullopt for bytes that no text column can hold, and that no row has.
[[nodiscard]] std::optional<QString> idText(const QByteArray &id);

/// InvalidInput when a JSON text of the session is none: SQLite would store it all the same.
[[nodiscard]] Result<void> checkJson(const ChatSession &session);

/// An INSERT in the making.
struct RowToInsert
{
    QStringList columns; ///< quoted
    QVariantList values;

    void add(const QString &column, const QVariant &value);
    [[nodiscard]] QString sql(const QString &table) const;
};

/// The whole row of a session, newer columns included where table and source have them.
[[nodiscard]] RowToInsert sessionRow(const ChatSession &session, const DatabaseSchema &schema);
/// The whole row of a message; an id and a time that its source has are kept.
[[nodiscard]] RowToInsert messageRow(const ChatMessage &message, const SessionId &session,
                                     WallTime now, const DatabaseSchema &schema);
/// The columns that a save brings up to date, "title" the first, and their values.
[[nodiscard]] const QStringList &updatedColumns();
[[nodiscard]] QVariantList updatedValues(const ChatSession &session);

} // namespace lockkeeper::sessions
