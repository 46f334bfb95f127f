// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/sessionrows.h"

#include "core/text.h"
#include "sessions/newercolumns.h"

#include <QStringDecoder>
#include <QUuid>

namespace lockkeeper::sessions {

namespace {

QString name(const char *latin1)
{
    return QString::fromLatin1(latin1);
}

QVariant orNull(const std::optional<QString> &text)
{
    if (!text)
        return QVariant(QMetaType(QMetaType::QString));
    return text->isNull() ? QStringLiteral("") : *text; // Qt SQL takes a null string for NULL
}

QVariant jsonOrNull(const QByteArray &json)
{
    return json.isEmpty() ? QVariant(QMetaType(QMetaType::QString))
                          : QVariant(QString::fromUtf8(json));
}

QVariant newerValue(const JsonValue &json, JsonValue::Kind kind)
{
    if (json.kind() != kind)
        return {};
    switch (kind) {
    case JsonValue::Kind::Bool:
        return json.write() == "true";
    case JsonValue::Kind::Number:
        return json.integer() ? QVariant(*json.integer()) : QVariant();
    case JsonValue::Kind::String:
        return json.text();
    case JsonValue::Kind::Null:
    case JsonValue::Kind::Array:
    case JsonValue::Kind::Object:
    case JsonValue::Kind::Verbatim:
        break;
    }
    return QString::fromUtf8(json.write());
}

} // namespace

std::optional<QString> idText(const QByteArray &id)
{
    QStringDecoder utf8(QStringConverter::Utf8, QStringConverter::Flag::Stateless);
    const QString text = utf8(id);
    if (utf8.hasError() || text.contains(QChar(u'\0')))
        return std::nullopt;
    return text;
}

void RowToInsert::add(const QString &column, const QVariant &value)
{
    columns += u'"' + column + u'"';
    values += value;
}

QString RowToInsert::sql(const QString &table) const
{
    const QStringList marks(columns.size(), QStringLiteral("?"));
    return QStringLiteral("INSERT INTO %1 (%2) VALUES (%3)")
        .arg(table, columns.join(u','), marks.join(u','));
}

QVariantList updatedValues(const ChatSession &session)
{
    return {orNull(session.title),
            QString::fromUtf8(session.credentialsJson),
            QString::fromUtf8(session.successfulAgentRunsJson),
            QString::fromUtf8(session.successfulAgentSchedulesJson),
            session.usage.prompt,
            session.usage.completion,
            rfc3339(session.updatedAt)};
}

RowToInsert sessionRow(const ChatSession &session, const DatabaseSchema &schema)
{
    RowToInsert row;
    row.add(QStringLiteral("id"), QString::fromUtf8(session.id.bytes()));
    row.add(QStringLiteral("createdAt"), rfc3339(session.startedAt));
    row.add(QStringLiteral("userId"), session.user
                                          ? QVariant(QString::fromUtf8(session.user->bytes()))
                                          : QVariant(QMetaType(QMetaType::QString)));
    const QVariantList values = updatedValues(session);
    for (int i = 0; i < values.size(); ++i)
        row.add(updatedColumns()[i], values[i]);
    const JsonValue source = JsonValue::parse(session.source).value_or(JsonValue());
    for (const NewerColumn &newer : kNewerSessionColumns) {
        const JsonValue *json = source.find(newer.key);
        const QVariant value = json ? newerValue(*json, newer.kind) : QVariant();
        if (value.isValid() && schema.hasSessionColumn(name(newer.column)))
            row.add(name(newer.column), value);
    }
    return row;
}

RowToInsert messageRow(const ChatMessage &message, const SessionId &session, WallTime now,
                       const DatabaseSchema &schema)
{
    const JsonValue source = JsonValue::parse(message.source).value_or(JsonValue());
    const JsonValue *id = source.find("id");
    const JsonValue *createdAt = source.find("created_at");
    const auto known =
        createdAt && createdAt->isString() ? parseRfc3339(createdAt->text()) : std::nullopt;
    RowToInsert row;
    row.add(QStringLiteral("id"), id && id->isString() && !id->utf8().isEmpty()
                                      ? id->text()
                                      : QUuid::createUuid().toString(QUuid::WithoutBraces));
    row.add(QStringLiteral("createdAt"), rfc3339(known.value_or(now)));
    row.add(QStringLiteral("sessionId"), QString::fromUtf8(session.bytes()));
    row.add(QStringLiteral("role"), message.role);
    row.add(QStringLiteral("content"), orNull(message.content));
    row.add(QStringLiteral("name"), orNull(message.name));
    row.add(QStringLiteral("toolCallId"), orNull(message.toolCallId));
    row.add(QStringLiteral("refusal"), orNull(message.refusal));
    row.add(QStringLiteral("toolCalls"), jsonOrNull(message.toolCallsJson));
    row.add(QStringLiteral("functionCall"), jsonOrNull(message.functionCallJson));
    row.add(QStringLiteral("sequence"), message.sequence.value_or(0));
    for (const NewerColumn &newer : kNewerMessageColumns) {
        const JsonValue *json = source.find(newer.key);
        const QVariant value = json ? newerValue(*json, newer.kind) : QVariant();
        if (value.isValid() && schema.hasMessageColumn(name(newer.column)))
            row.add(name(newer.column), value);
    }
    return row;
}

const QStringList &updatedColumns()
{
    static const QStringList kColumns{
        QStringLiteral("title"),
        QStringLiteral("credentials"),
        QStringLiteral("successfulAgentRuns"),
        QStringLiteral("successfulAgentSchedules"),
        QStringLiteral("totalPromptTokens"),
        QStringLiteral("totalCompletionTokens"),
        QStringLiteral("updatedAt"),
    };
    return kColumns;
}

} // namespace lockkeeper::sessions
