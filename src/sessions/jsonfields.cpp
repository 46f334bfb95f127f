// SPDX-License-Identifier: GPL-3.0-or-later
#include "sessions/jsonfields.h"

#include "core/text.h"

namespace lockkeeper::sessions {

JsonFields::JsonFields(const JsonValue &object, QString path)
    : m_object(object)
    , m_path(std::move(path))
{}

const JsonValue *JsonFields::find(QByteArrayView key) const
{
    const JsonValue *member = m_object.find(key);
    return member && !member->isNull() ? member : nullptr;
}

void JsonFields::fail(QByteArrayView key, const QString &why)
{
    if (m_fault)
        return;
    const QString name = QString::fromLatin1(key);
    const QString path = m_path.isEmpty() ? name : QString(m_path + u'.' + name);
    m_fault = Error{ErrorCode::Corrupt, QString(path + u' ' + why), {}};
}

std::optional<QString> JsonFields::text(QByteArrayView key)
{
    const JsonValue *member = child(key, JsonValue::Kind::String);
    return member ? std::optional(member->text()) : std::nullopt;
}

QString JsonFields::requiredText(QByteArrayView key)
{
    if (!find(key))
        fail(key, QStringLiteral("is missing"));
    return text(key).value_or(QString());
}

std::optional<qint64> JsonFields::integer(QByteArrayView key)
{
    const JsonValue *member = find(key);
    if (!member)
        return std::nullopt;
    const std::optional<qint64> value = member->integer();
    if (!value)
        fail(key, QStringLiteral("is no whole number of 64 bits"));
    return value;
}

std::optional<WallTime> JsonFields::time(QByteArrayView key)
{
    const std::optional<QString> member = text(key);
    if (!member)
        return std::nullopt;
    const std::optional<WallTime> time = parseRfc3339(*member);
    if (!time)
        fail(key, QStringLiteral("is no time of RFC 3339"));
    return time;
}

QByteArray JsonFields::json(QByteArrayView key, JsonValue::Kind kind)
{
    const JsonValue *member = child(key, kind);
    return member ? member->write() : QByteArray();
}

const JsonValue *JsonFields::child(QByteArrayView key, JsonValue::Kind kind)
{
    const JsonValue *member = find(key);
    if (!member || member->kind() == kind)
        return member;
    const QString expected = kind == JsonValue::Kind::Array    ? QStringLiteral("an array")
                             : kind == JsonValue::Kind::Object ? QStringLiteral("an object")
                                                               : QStringLiteral("a string");
    fail(key, QStringLiteral("is %1, not %2").arg(member->kindName(), expected));
    return nullptr;
}

} // namespace lockkeeper::sessions
