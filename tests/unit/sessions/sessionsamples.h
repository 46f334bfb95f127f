// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

/// Cached sessions as the two shapes of the platform write them, with things that nobody expects.
namespace lockkeeper::test {

inline const QByteArray kBaseShape =
    R"({"session_id":"9b2f","user_id":"u1","title":"Caf\u00e9 \"x\"","messages":[)"
    R"({"role":"user","content":"hi\nthere","name":null,"tool_call_id":null,"refusal":null,)"
    R"("tool_calls":null,"function_call":null},)"
    R"({"role":"assistant","content":null,"name":null,"tool_call_id":null,"refusal":null,)"
    R"("tool_calls":[{"id":"t1","n":12345678901234567890123}],"function_call":{"a":1.50}},)"
    R"({"role":"tool","content":"","tool_call_id":"t1","score":-0,"later":{"x":[1E+5]}}],)"
    R"("usage":[{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15},)"
    R"({"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cached":0.10}],)"
    R"("credentials":{"github":{"id":18446744073709551616}},)"
    R"("started_at":"2026-11-23T10:00:00.123456Z","updated_at":"2026-11-23T12:00:00+02:00",)"
    R"("successful_agent_runs":{"a":3},"successful_agent_schedules":{},"unknown":[1.0,2.50e-3]})";

inline const QByteArray kNewerShape =
    R"({"session_id":"9b2f","user_id":null,"title":null,"usage":[{"prompt_tokens":7,)"
    R"("completion_tokens":1,"total_tokens":8,"cache_read_tokens":3,"cache_creation_tokens":0}],)"
    R"("credentials":{},"started_at":"2026-11-23T10:00:00Z",)"
    R"("updated_at":"2026-11-23T10:00:01.5Z","successful_agent_runs":{},)"
    R"("successful_agent_schedules":{},"metadata":{"dry_run":false},"chat_status":"running",)"
    R"("organization_id":null,"team_id":"t","is_pinned":true,"messages":[{"role":"user",)"
    R"("content":"a","name":null,"tool_call_id":null,"refusal":null,"tool_calls":null,)"
    R"("function_call":null,"id":"m0","sequence":0,"duration_ms":null,)"
    R"("created_at":"2026-11-23T10:00:00.000001Z","session_id":"9b2f","metadata":null},)"
    R"({"role":"assistant","content":"b","id":"m1","sequence":null}]})";

/// As they come out of a rewrite: escapes that JSON does not need are gone.
inline QByteArray rewritten(QByteArray json)
{
    return json.replace("\\u00e9", "\xc3\xa9");
}

} // namespace lockkeeper::test
