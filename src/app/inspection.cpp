// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/inspection.h"

#include "sessions/sessionjson.h"

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
    if (const auto word = status(); word && isAtWork(*word) && !isLocked())
        return SessionState::RunningWithoutLock;
    if (!cached || !stored)
        return SessionState::Unknown;
    const bool isCached = cached->has_value();
    if (!hasDatabase)
        return isCached ? SessionState::Ok : SessionState::None;
    if (!stored->has_value())
        return isCached ? SessionState::CacheOnly : SessionState::None;
    if (!isCached)
        return SessionState::DbOnly;
    return differenceOf(**cached, **stored).isAny() ? SessionState::CacheMismatch
                                                    : SessionState::Ok;
}

bool Inspection::isLocked() const
{
    return !lock || lock->kind != locks::LockObservation::Kind::Missing;
}

std::optional<QString> Inspection::status() const
{
    for (const auto *copy : {&cached, &stored}) {
        if (!*copy || !(*copy)->has_value())
            continue;
        if (const auto word = sessions::chatStatus(***copy))
            return word;
    }
    return std::nullopt;
}

CopyDifference differenceOf(const sessions::ChatSession &cached,
                            const sessions::ChatSession &stored)
{
    return {cached.messages.size() != stored.messages.size(),
            cached.title.value_or(QString()) != stored.title.value_or(QString()),
            cached.user != stored.user};
}

bool isAtWork(const QString &status)
{
    return status == u"running" || status == u"queued";
}

} // namespace lockkeeper::app
