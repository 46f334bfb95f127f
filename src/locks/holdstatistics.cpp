// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/holdstatistics.h"

#include <algorithm>
#include <vector>

namespace lockkeeper::locks {

namespace {

/// Tokens that are made anew for each hold and name nobody are one owner.
QString identityOf(const Owner &owner)
{
    if (!owner.nodeId.isEmpty())
        return owner.nodeId + u'/' + owner.worker;
    if (owner.kind == TokenKind::Text)
        return u"text/" + owner.label;
    return QString(name(owner.kind));
}

Owner withoutHold(Owner owner)
{
    owner.calledAt.reset();
    if (owner.nodeId.isEmpty() && owner.kind != TokenKind::Text)
        owner.label = u"(any " + QString(name(owner.kind)) + u" token)";
    return owner;
}

const auto &tallyOf(const auto &entry)
{
    if constexpr (requires { entry.tally; })
        return entry.tally;
    else
        return entry;
}

/// Forgets a quarter of them once they are more than that too many: seldom, and all in one go.
bool forgetQuietest(auto &entries, qsizetype most)
{
    if (entries.size() <= most + most / 4)
        return false;
    std::vector<quint64> touched;
    touched.reserve(std::size_t(entries.size()));
    for (const auto &entry : std::as_const(entries))
        touched.push_back(tallyOf(entry).touched);
    const auto oldestKept = touched.begin() + (entries.size() - most);
    std::nth_element(touched.begin(), oldestKept, touched.end());
    const quint64 limit = *oldestKept;
    using Iterator = typename std::decay_t<decltype(entries)>::iterator;
    entries.removeIf([limit](const Iterator &it) { return tallyOf(*it).touched < limit; });
    return true;
}

} // namespace

void HoldStatistics::Tally::add(const Hold &hold, std::optional<milliseconds> waitedFor,
                                quint64 number)
{
    ++holds;
    ++ends[std::size_t(hold.end)];
    if (hold.isAcquiredAtKnown)
        held.add(std::max(std::chrono::floor<milliseconds>(hold.endedAt - hold.acquiredAt),
                          milliseconds(0)));
    if (waitedFor)
        waited.add(*waitedFor);
    touched = number;
}

HoldFigures HoldStatistics::Tally::figures() const
{
    return {holds, ends, held.figures(), waited.figures()};
}

void HoldStatistics::add(const Hold &hold, const Owner &owner, std::optional<milliseconds> waited)
{
    const quint64 number = m_overall.touched + 1;
    m_overall.add(hold, waited, number);
    m_sessions[hold.session].add(hold, waited, number);
    OwnerTally &byOwner = m_owners[identityOf(owner)];
    if (byOwner.tally.holds == 0)
        byOwner.owner = withoutHold(owner);
    byOwner.tally.add(hold, waited, number);
    m_isCut = forgetQuietest(m_sessions, kMostSessions) || m_isCut;
    m_isCut = forgetQuietest(m_owners, kMostOwners) || m_isCut;
}

HoldFigures HoldStatistics::of(const SessionId &session) const
{
    return m_sessions.value(session).figures();
}

QList<HoldStatistics::SessionFigures> HoldStatistics::sessions() const
{
    QList<SessionFigures> all;
    all.reserve(m_sessions.size());
    for (auto entry = m_sessions.cbegin(); entry != m_sessions.cend(); ++entry)
        all.append({entry.key(), entry->figures()});
    std::ranges::sort(all, [](const SessionFigures &a, const SessionFigures &b) {
        return a.figures.holds != b.figures.holds ? a.figures.holds > b.figures.holds
                                                  : a.session < b.session;
    });
    return all;
}

QList<HoldStatistics::OwnerFigures> HoldStatistics::owners() const
{
    QList<OwnerFigures> all;
    all.reserve(m_owners.size());
    for (const OwnerTally &entry : m_owners)
        all.append({entry.owner, entry.tally.figures()});
    std::ranges::sort(all, [](const OwnerFigures &a, const OwnerFigures &b) {
        return a.figures.holds != b.figures.holds ? a.figures.holds > b.figures.holds
                                                  : identityOf(a.owner) < identityOf(b.owner);
    });
    return all;
}

} // namespace lockkeeper::locks
