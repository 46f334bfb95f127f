// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/holdhistory.h"
#include "locks/owner.h"
#include "locks/spanhistogram.h"

#include <QHash>
#include <QList>

#include <array>

namespace lockkeeper::locks {

/// What is told of a number of holds that are over.
struct HoldFigures
{
    int holds = 0;
    std::array<int, 6> ends{}; ///< by HoldEnd
    SpanFigures held;          ///< of those whose beginning is known
    SpanFigures waited;        ///< of those whose token tells when its owner asked

    [[nodiscard]] int endedBy(HoldEnd end) const { return ends[std::size_t(end)]; }
};

/// Holds by session, by owner and overall. Bounded: what has been quiet longest is forgotten.
class HoldStatistics
{
public:
    static constexpr qsizetype kMostSessions = 5000;
    static constexpr qsizetype kMostOwners = 2000;

    struct SessionFigures
    {
        SessionId session;
        HoldFigures figures;
    };
    struct OwnerFigures
    {
        Owner owner; ///< without a time: it stands for all its holds
        HoldFigures figures;
    };

    /// `waited`: between asking and getting, where that is known.
    void add(const Hold &hold, const Owner &owner, std::optional<milliseconds> waited);

    [[nodiscard]] HoldFigures overall() const { return m_overall.figures(); }
    /// All zero when none of its holds has ended.
    [[nodiscard]] HoldFigures of(const SessionId &session) const;
    /// Those with most holds first.
    [[nodiscard]] QList<SessionFigures> sessions() const;
    [[nodiscard]] QList<OwnerFigures> owners() const;
    /// Whether some of either were forgotten.
    [[nodiscard]] bool isCut() const { return m_isCut; }

private:
    struct Tally
    {
        int holds = 0;
        std::array<int, 6> ends{};
        SpanHistogram held;
        SpanHistogram waited;
        quint64 touched = 0; ///< the number of the newest hold in it

        void add(const Hold &hold, std::optional<milliseconds> waitedFor, quint64 number);
        [[nodiscard]] HoldFigures figures() const;
    };
    struct OwnerTally
    {
        Owner owner;
        Tally tally;
    };

    Tally m_overall;
    QHash<SessionId, Tally> m_sessions;
    QHash<QString, OwnerTally> m_owners; ///< by who they are
    bool m_isCut = false;
};

} // namespace lockkeeper::locks
