// SPDX-License-Identifier: GPL-3.0-or-later
#include "explanation.h"

#include <algorithm>
#include <map>

namespace lockkeeper::model {

namespace {

bool isProgramOver(const Program &program)
{
    return std::visit(
        [](const auto &one) {
            if constexpr (requires { one.isOver; })
                return one.isOver;
            else
                return one.stage == std::decay_t<decltype(one)>::Stage::Over;
        },
        program);
}

/// Where a program stands, as a number.
int standOf(const Program &program)
{
    return std::visit(
        [](const auto &one) {
            if constexpr (requires { one.stage; })
                return int(one.stage);
            else
                return int(one.isOver);
        },
        program);
}

/// A place on the way: what is, what each operation has done, and a time that it is not before.
struct Place
{
    ModelSession session;
    std::vector<Operation> operations;
    SteadyTime notBefore;

    friend bool operator==(const Place &, const Place &) = default;
};

/// Looks for a way, depth first; where it was in vain once it does not look again.
class Search
{
public:
    Search(ModelSession goal, SteadyTime until)
        : m_goal(std::move(goal))
        , m_until(until)
    {}

    [[nodiscard]] bool from(const Place &place)
    {
        if (isGoal(place))
            return true;
        if (!isNew(place))
            return false;
        for (std::size_t i = 0; i < place.operations.size(); ++i) {
            if (!place.operations[i].isOver() && byMoveOf(place, i))
                return true;
        }
        return byEndOfLease(place);
    }

private:
    [[nodiscard]] bool byMoveOf(Place place, std::size_t which)
    {
        Operation &operation = place.operations[which];
        const Span window = operation.window();
        place.notBefore = std::max(place.notBefore, window.from);
        if (place.notBefore > window.to || isLeaseOver(place))
            return false;
        const Span when{place.notBefore, window.to};
        return operation.move(place.session, when) && from(place);
    }

    [[nodiscard]] bool byEndOfLease(Place place)
    {
        if (!place.session.lock || place.session.lock->goneFrom > m_until)
            return false;
        place.notBefore = std::max(place.notBefore, place.session.lock->goneFrom);
        place.session.lock.reset();
        return from(place);
    }

    [[nodiscard]] static bool isLeaseOver(const Place &place)
    {
        return place.session.lock && place.session.lock->goneBy < place.notBefore;
    }

    [[nodiscard]] bool isGoal(const Place &place) const
    {
        return std::ranges::all_of(place.operations, &Operation::mayEnd) &&
               place.session.hasRow == m_goal.hasRow && place.session.hasCopy == m_goal.hasCopy &&
               place.session.isCutShort() == m_goal.isCutShort() && isLockOfGoal(place.session);
    }

    [[nodiscard]] bool isLockOfGoal(const ModelSession &session) const
    {
        if (!m_goal.lock)
            return !session.lock;
        return isRead(session, m_goal.lock->token) &&
               session.lock->goneFrom <= m_goal.lock->goneBy &&
               session.lock->goneBy >= m_goal.lock->goneFrom;
    }

    [[nodiscard]] bool isNew(const Place &place)
    {
        std::vector<int> stands;
        stands.reserve(place.operations.size());
        for (const Operation &operation : place.operations)
            stands.push_back(standOf(operation.program));
        std::vector<Place> &known = m_known[stands];
        if (std::ranges::find(known, place) != known.end())
            return false;
        known.push_back(place);
        return true;
    }

    const ModelSession m_goal;
    const SteadyTime m_until;
    std::map<std::vector<int>, std::vector<Place>> m_known;
};

} // namespace

bool Operation::isOver() const
{
    const auto *remove = std::get_if<Delete>(&program);
    return isProgramOver(program) || (remove && cutBefore && remove->stage == *cutBefore);
}

bool Operation::mayEnd() const
{
    return isOver() || isCutShort;
}

Span Operation::window() const
{
    const auto *remove = std::get_if<Delete>(&program);
    return remove ? remove->window(span) : span;
}

bool Operation::move(ModelSession &session, const Span &when)
{
    return std::visit([&](auto &one) { return one.move(session, when); }, program);
}

QString Operation::text() const
{
    return std::visit([](const auto &one) { return one.text(); }, program);
}

bool isExplained(const ModelSession &before, std::vector<Operation> operations,
                 const ModelSession &after, SteadyTime until)
{
    // Most often they took place one after the other.
    std::ranges::sort(operations, {}, [](const Operation &one) { return one.span.to; });
    return Search(after, until).from({before, std::move(operations), SteadyTime::min()});
}

} // namespace lockkeeper::model
