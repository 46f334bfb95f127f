// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/inspection.h"

namespace lockkeeper::app {

namespace {

bool isCorrupt(const Result<std::optional<sessions::ChatSession>> &copy)
{
    return !copy && copy.error().code == ErrorCode::Corrupt;
}

bool isThere(const Result<std::optional<sessions::ChatSession>> &copy)
{
    return isCorrupt(copy) || (copy && copy->has_value());
}

} // namespace

bool Inspection::isKnown() const
{
    return (lock && lock->kind != locks::LockObservation::Kind::Missing) || isThere(cached) ||
           isThere(stored);
}

const sessions::ChatSession *Inspection::session() const
{
    if (cached && cached->has_value())
        return &**cached;
    if (stored && stored->has_value())
        return &**stored;
    return nullptr;
}

SessionState Inspection::sessionState() const
{
    if (isCorrupt(cached))
        return SessionState::CacheCorrupt;
    if (!cached || !stored)
        return SessionState::Unknown;
    const bool isCached = cached->has_value();
    if (!hasDatabase)
        return isCached ? SessionState::Ok : SessionState::None;
    if (stored->has_value())
        return isCached ? SessionState::Ok : SessionState::DbOnly;
    return isCached ? SessionState::CacheOnly : SessionState::None;
}

} // namespace lockkeeper::app
