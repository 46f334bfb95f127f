// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/lockrecord.h"

#include "core/text.h"

#include <algorithm>

namespace lockkeeper::locks {

namespace {

milliseconds atLeastZero(SteadyTime::duration span)
{
    return std::max(std::chrono::floor<milliseconds>(span), milliseconds::zero());
}

} // namespace

std::optional<SteadyTime> LockObservation::deadline() const
{
    if (!ttl)
        return std::nullopt;
    return sentAt + (receivedAt - sentAt) / 2 + *ttl;
}

std::optional<milliseconds> LockRecord::ttl(SteadyTime now) const
{
    if (!deadline)
        return std::nullopt;
    return atLeastZero(*deadline - now);
}

milliseconds LockRecord::held(SteadyTime now) const
{
    return atLeastZero(now - acquiredAt);
}

QLatin1StringView name(HoldEnd end)
{
    switch (end) {
    case HoldEnd::Released:
        return QLatin1StringView("released");
    case HoldEnd::Expired:
        return QLatin1StringView("expired");
    case HoldEnd::Replaced:
        return QLatin1StringView("replaced");
    case HoldEnd::ForceReleased:
        return QLatin1StringView("force_released");
    case HoldEnd::TakenOver:
        return QLatin1StringView("taken_over");
    case HoldEnd::Flushed:
        return QLatin1StringView("flushed");
    }
    Q_UNREACHABLE();
}

QLatin1StringView name(const LockEvent &event)
{
    switch (event.kind) {
    case LockEvent::Kind::Snapshot:
        return QLatin1StringView("snapshot");
    case LockEvent::Kind::Synced:
        return QLatin1StringView("synced");
    case LockEvent::Kind::Acquired:
        return QLatin1StringView("acquired");
    case LockEvent::Kind::Renewed:
        return QLatin1StringView("renewed");
    case LockEvent::Kind::Ended:
        return name(event.end);
    }
    Q_UNREACHABLE();
}

LockEvent eventOf(LockEvent::Kind kind, const LockRecord &record, SteadyTime at, const Clock &clock)
{
    LockEvent event;
    event.kind = kind;
    event.at = wallTimeOf(at, clock);
    event.key = record.key;
    event.session = record.session;
    event.token = record.token;
    if (kind != LockEvent::Kind::Ended)
        event.ttl = record.ttl(at);
    event.held = record.held(kind == LockEvent::Kind::Acquired ? clock.steady() : at);
    event.isHeldLeast = !record.isAcquiredAtKnown;
    return event;
}

} // namespace lockkeeper::locks
