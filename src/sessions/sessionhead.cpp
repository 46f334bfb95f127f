// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text.h"
#include "sessions/jsonreader.h"
#include "sessions/sessionjson.h"

namespace lockkeeper::sessions {

namespace {

/// Picks the summary's fields out of the outermost object.
class HeadReader final : public JsonEvents
{
public:
    bool nullRead() override { return value(Kind::Null, {}); }
    bool boolRead(bool) override { return value(Kind::Other, {}); }
    bool numberRead(const QByteArray &) override { return value(Kind::Other, {}); }
    bool stringRead(const QByteArray &utf8) override { return value(Kind::String, utf8); }
    bool keyRead(const QByteArray &utf8) override
    {
        if (m_depth == 1)
            m_key = utf8;
        return true;
    }
    bool objectBegun() override
    {
        if (m_depth > 0 && !value(Kind::Other, {}))
            return false;
        ++m_depth;
        return true;
    }
    bool objectEnded() override
    {
        --m_depth;
        return true;
    }
    bool arrayBegun() override
    {
        if (!value(m_depth == 1 && m_key == "messages" ? Kind::Messages : Kind::Other, {}))
            return false;
        ++m_depth;
        return true;
    }
    bool arrayEnded() override
    {
        if (--m_depth == 1 && m_key == "messages")
            m_summary.messages = m_messages;
        return true;
    }

    [[nodiscard]] const QString &fault() const { return m_fault; }
    [[nodiscard]] const SessionSummary &summary() const { return m_summary; }

private:
    enum class Kind { Null, String, Messages, Other };

    bool value(Kind kind, const QByteArray &utf8)
    {
        if (m_depth == 0)
            return fail(QStringLiteral("it is no object"));
        if (m_depth == 2 && m_key == "messages")
            ++m_messages;
        if (m_depth != 1 || kind == Kind::Null)
            return true;
        return kind == Kind::String ? field(utf8) : otherThanText();
    }

    bool field(const QByteArray &utf8)
    {
        if (m_key == "session_id")
            m_summary.id = SessionId(utf8);
        else if (m_key == "user_id")
            m_summary.user = UserId(utf8);
        else if (m_key == "title")
            m_summary.title = QString::fromUtf8(utf8);
        else if (m_key == "started_at")
            m_summary.createdAt = parseRfc3339(QString::fromUtf8(utf8));
        else if (m_key == "updated_at")
            m_summary.updatedAt = parseRfc3339(QString::fromUtf8(utf8));
        return true;
    }

    bool otherThanText()
    {
        for (const char *key : {"session_id", "user_id", "title"}) {
            if (m_key == key)
                return fail(QString::fromLatin1(m_key) + QStringLiteral(" is not a string"));
        }
        return true;
    }

    bool fail(const QString &why)
    {
        m_fault = why;
        return false;
    }

    SessionSummary m_summary;
    QString m_fault;
    QByteArray m_key; ///< of the member of the outermost object that is being read
    int m_depth = 0;
    qint64 m_messages = 0;
};

} // namespace

Result<SessionSummary> parseSessionHead(const QByteArray &head)
{
    HeadReader reader;
    const std::optional<JsonFault> fault = readJson(head, reader);
    QString why = reader.fault();
    if (head.isEmpty())
        why = QStringLiteral("it is empty");
    else if (fault && !fault->isCut)
        why = QStringLiteral("it is no JSON: %1 at byte %2").arg(fault->why).arg(fault->byte);
    else if (!fault && why.isEmpty() && reader.summary().id.isEmpty())
        why = QStringLiteral("session_id is missing");
    if (!why.isEmpty())
        return Error{ErrorCode::Corrupt, QStringLiteral("the session JSON is corrupt: ") + why, {}};
    return reader.summary();
}

} // namespace lockkeeper::sessions
