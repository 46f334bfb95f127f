// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sessions/jsonvalue.h"

namespace lockkeeper::sessions {

/// A column that only newer releases have, and its key in the session JSON.
struct NewerColumn
{
    const char *column;
    const char *key;
    JsonValue::Kind kind;
};

constexpr NewerColumn kNewerSessionColumns[] = {
    {"metadata", "metadata", JsonValue::Kind::Object},
    {"chatStatus", "chat_status", JsonValue::Kind::String},
    {"organizationId", "organization_id", JsonValue::Kind::String},
    {"teamId", "team_id", JsonValue::Kind::String},
    {"isPinned", "is_pinned", JsonValue::Kind::Bool},
};

constexpr NewerColumn kNewerMessageColumns[] = {
    {"durationMs", "duration_ms", JsonValue::Kind::Number},
    {"metadata", "metadata", JsonValue::Kind::Object},
};

} // namespace lockkeeper::sessions
