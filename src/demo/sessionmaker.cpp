// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/sessionmaker.h"

#include "demo/conversations.h"
#include "sessions/sessionjson.h"

#include <nlohmann/json.hpp>

#include <array>
#include <string>

namespace lockkeeper::demo {

namespace {

using Json = nlohmann::ordered_json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array kPeople{
    "amelia.hart",  "ben.okafor",     "chiara.rossi", "daniel.weber",  "elif.yilmaz",
    "farid.haddad", "grace.lin",      "hugo.martin",  "ines.pereira",  "jonas.lindqvist",
    "kavya.nair",   "liam.oconnor",   "mei.tanaka",   "noah.schmidt",  "olga.petrova",
    "priya.shah",   "quentin.moreau", "rosa.jimenez", "sam.whitfield", "tomasz.nowak",
};
constexpr std::array kFirstNames{"Amelia", "Ben",  "Chiara", "Daniel", "Elif", "Grace",
                                 "Hugo",   "Ines", "Kavya",  "Noah",   "Olga", "Tomasz"};
constexpr std::array kCities{"Lisbon",  "Hamburg", "Leeds",   "Toronto",
                             "Nairobi", "Kyoto",   "Bologna", "Gothenburg"};
constexpr std::array kProducts{"Ledgerline", "Parcelbird", "Fieldnote", "Oakmail", "Tidepool"};
constexpr std::array kDays{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"};

std::string timeText(WallTime time)
{
    return sessions::platformTime(time).toStdString();
}

} // namespace

struct SessionMaker::Filling
{
    std::array<std::pair<QLatin1StringView, QString>, 5> places;

    [[nodiscard]] std::string into(const char *text) const
    {
        QString result = QString::fromUtf8(text);
        for (const auto &[place, value] : places)
            result.replace(place, value);
        return result.toStdString();
    }
};

struct SessionMaker::Draft
{
    QByteArray id;
    QByteArray user;
    Json title; ///< null until the platform has thought of one
    Json messages = Json::array();
    Json usage = Json::array();
    WallTime startedAt;
    WallTime now; ///< of the talk: moves on from message to message
    std::string lastCallId;
    bool isNewer = false;
    Json json = Json::object();
};

SessionMaker::SessionMaker(std::uint64_t seed, WallTime now)
    : m_random(seed)
    , m_now(now)
{}

int SessionMaker::pick(int count)
{
    return std::uniform_int_distribution<int>(0, count - 1)(m_random);
}

QByteArray SessionMaker::makeUuid4()
{
    QByteArray bytes(16, '\0');
    for (char &byte : bytes)
        byte = static_cast<char>(pick(256));
    bytes[6] = static_cast<char>((bytes.at(6) & 0x0F) | 0x40);
    bytes[8] = static_cast<char>((bytes.at(8) & 0x3F) | 0x80);
    QByteArray text = bytes.toHex();
    for (const int dash : {20, 16, 12, 8})
        text.insert(dash, '-');
    return text;
}

SessionMaker::Filling SessionMaker::fill()
{
    const auto one = [this](const auto &of) {
        return QString::fromLatin1(
            of.at(static_cast<std::size_t>(pick(static_cast<int>(of.size())))));
    };
    Filling filling;
    filling.places = {{
        {QLatin1StringView("{city}"), one(kCities)},
        {QLatin1StringView("{person}"), one(kFirstNames)},
        {QLatin1StringView("{product}"), one(kProducts)},
        {QLatin1StringView("{day}"), one(kDays)},
        {QLatin1StringView("{number}"), QString::number(120 + pick(880))},
    }};
    return filling;
}

MadeSession SessionMaker::make()
{
    const auto all = conversations();
    const Filling filling = fill();
    const Conversation &topic = all[static_cast<std::size_t>(pick(static_cast<int>(all.size())))];

    Draft draft;
    draft.id = makeUuid4();
    draft.user = kPeople.at(static_cast<std::size_t>(pick(kPeople.size())));
    draft.title = pick(20) == 0 ? Json() : Json(filling.into(topic.title));
    draft.isNewer = pick(2) == 0;
    // Talks last minutes; the cache keeps them for 12 hours after the last word.
    draft.startedAt =
        m_now - minutes(45 + pick(10 * 60)) - std::chrono::microseconds(pick(999'999));
    draft.now = draft.startedAt;
    addConversation(draft, topic, filling);
    const int more = pick(4) > 0 ? 0 : pick(8) > 0 ? 1 : 10; // some come back again and again
    for (int i = 0; i < more; ++i)
        addConversation(draft, all[static_cast<std::size_t>(pick(static_cast<int>(all.size())))],
                        filling);
    if (pick(25) == 0)
        addExport(draft, 1000 + pick(15'000));

    if (draft.isNewer)
        finishNewerShape(draft);
    else
        finishBaseShape(draft);
    return {SessionId(draft.id), UserId(draft.user), QByteArray::fromStdString(draft.json.dump()),
            draft.now};
}

void SessionMaker::addConversation(Draft &draft, const Conversation &conversation,
                                   const Filling &filling)
{
    for (const Line &line : conversation.lines)
        addMessage(draft, line, filling);
    const auto more = followUps();
    for (int i = pick(4); i > 0; --i) {
        const FollowUp &next = more[static_cast<std::size_t>(pick(static_cast<int>(more.size())))];
        addMessage(draft, {Line::Kind::User, next.question}, filling);
        addMessage(draft, {Line::Kind::Assistant, next.answer}, filling);
    }
}

void SessionMaker::addExport(Draft &draft, int rows)
{
    QByteArray table = "Here is the whole export, please find what is wrong:\nday;site;kwh;note\n";
    for (int i = 0; i < rows; ++i)
        table += QByteArray::number(i / 24 + 1) + ';' +
                 kCities.at(static_cast<std::size_t>(i) % 8) + ';' +
                 QByteArray::number(pick(9000)) + ";ok\n";
    addMessage(draft, {Line::Kind::User, table.constData()}, {});
    addMessage(draft, {Line::Kind::Assistant, followUps().front().answer}, {});
}

void SessionMaker::addMessage(Draft &draft, const Line &line, const Filling &filling)
{
    const std::string text = filling.into(line.text);
    Json message = {{"role", "assistant"},     {"content", text},    {"name", nullptr},
                    {"tool_call_id", nullptr}, {"refusal", nullptr}, {"tool_calls", nullptr},
                    {"function_call", nullptr}};
    switch (line.kind) {
    case Line::Kind::User:
        message["role"] = "user";
        break;
    case Line::Kind::Assistant:
        break;
    case Line::Kind::ToolCall:
        draft.lastCallId = "call_" + makeUuid4().left(8).toStdString();
        message["content"] = "";
        message["tool_calls"] =
            Json::array({{{"id", draft.lastCallId},
                          {"type", "function"},
                          {"function", {{"name", line.tool}, {"arguments", text}}}}});
        break;
    case Line::Kind::ToolResult:
        message["role"] = "tool";
        message["name"] = line.tool;
        message["tool_call_id"] = draft.lastCallId;
        break;
    }
    draft.now += seconds(2 + pick(line.kind == Line::Kind::User ? 40 : 9));
    if (draft.isNewer) {
        message["id"] = makeUuid4().toStdString();
        message["sequence"] = draft.messages.size();
        message["duration_ms"] = line.kind == Line::Kind::User ? Json() : Json(400 + pick(6000));
        message["created_at"] = timeText(draft.now);
        message["session_id"] = draft.id.toStdString();
        message["metadata"] = Json::object();
    }
    draft.messages.push_back(std::move(message));
    if (line.kind == Line::Kind::Assistant) {
        const int prompt = 700 + static_cast<int>(draft.messages.size()) * 90 + pick(400);
        const int completion = 20 + static_cast<int>(text.size() / 4);
        draft.usage.push_back({{"prompt_tokens", prompt},
                               {"completion_tokens", completion},
                               {"total_tokens", prompt + completion}});
        if (draft.isNewer) {
            draft.usage.back()["cache_read_tokens"] = prompt / 2;
            draft.usage.back()["cache_creation_tokens"] = 0;
        }
    }
}

void SessionMaker::finishBaseShape(Draft &draft)
{
    draft.json = {{"session_id", draft.id.toStdString()},
                  {"user_id", draft.user.toStdString()},
                  {"title", draft.title},
                  {"messages", draft.messages},
                  {"usage", draft.usage},
                  {"credentials", Json::object()},
                  {"started_at", timeText(draft.startedAt)},
                  {"updated_at", timeText(draft.now)},
                  {"successful_agent_runs", {{"weekly-digest", pick(9)}}},
                  {"successful_agent_schedules", Json::object()}};
}

void SessionMaker::finishNewerShape(Draft &draft)
{
    draft.json = {{"session_id", draft.id.toStdString()},
                  {"user_id", draft.user.toStdString()},
                  {"title", draft.title},
                  {"usage", draft.usage},
                  {"credentials", Json::object()},
                  {"started_at", timeText(draft.startedAt)},
                  {"updated_at", timeText(draft.now)},
                  {"successful_agent_runs", Json::object()},
                  {"successful_agent_schedules", {{"release-watch", 1}}},
                  {"metadata", {{"client", "web"}}},
                  {"chat_status", "idle"},
                  {"organization_id", "org-tidewater"},
                  {"team_id", nullptr},
                  {"is_pinned", pick(10) == 0},
                  {"messages", draft.messages}};
}

} // namespace lockkeeper::demo
