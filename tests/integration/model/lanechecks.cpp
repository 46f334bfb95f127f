// SPDX-License-Identifier: GPL-3.0-or-later
#include "labels.h"
#include "lane.h"

namespace lockkeeper::model {

using sessions::StepState;

namespace {

/// What a complaint shows of what went before.
constexpr qsizetype kHistory = 16;
/// Owners that know that they have lost, and may yet try in vain.
constexpr std::size_t kMostHolds = 3;

template<typename T>
bool isA(const Operation &operation)
{
    return std::holds_alternative<T>(operation.program);
}

bool mayTouchRows(const Operation &operation)
{
    return isA<Delete>(operation) || isA<Upsert>(operation) || isA<LateWrite>(operation);
}

} // namespace

QCoro::Task<> Lane::compare(Place &place, std::vector<Operation> operations, Extent extent)
{
    const bool isAll = extent == Extent::All;
    const ModelSession before = place.state;
    ModelSession found = before;
    if (isAll || std::ranges::any_of(operations, mayTouchRows))
        found.hasRow = co_await m_site.witness.hasRow(place.id);
    if (isAll || std::ranges::any_of(operations, isA<Delete>)) {
        const bool isOpen = co_await isCutShort(place);
        found.openDeletes.assign(isOpen ? 1 : 0, 0);
    }
    noteActs(place, operations);
    see(place, found);
    const SteadyTime latest = now();

    place.history += u"before: " + describe(before, latest);
    for (const Operation &operation : operations)
        place.history += operation.text();
    place.history += u"after: " + describe(found, latest);
    if (!isExplained(before, std::move(operations), found, latest))
        complain(place, QStringLiteral("no order of these operations explains what is there"));
    place.state = found;
    forgetOld(place);
}

void Lane::noteActs(Place &place, const std::vector<Operation> &operations)
{
    for (const Operation &operation : operations) {
        m_site.tally.count(labelOf(operation));
        ++m_site.operations;
        ++m_done;
        if (const auto *release = std::get_if<ForceRelease>(&operation.program);
            release && release->told && !release->told->failure)
            place.named.insert(*release->aim.seen());
        const auto *remove = std::get_if<Delete>(&operation.program);
        if (!remove || !remove->told)
            continue;
        if (remove->isTakeOver && remove->told->steps.front() == StepState::Done)
            place.named.insert(*remove->aim.seen());
        if (remove->told->steps.back() == StepState::Nothing)
            m_site.tally.count(QStringLiteral("delete that lost its lock on the way"));
    }
    for (const Rivals &rivals : m_rivals) {
        if (!place.named.contains(rivals.old))
            complain(place, QStringLiteral("%1 was obtained while the owner of %2 believed in it")
                                .arg(shortText(rivals.obtained), shortText(rivals.old)));
    }
    m_rivals.clear();
}

/// The state of one moment. Whoever believes then that the lock is theirs has it on the server, and
/// for at least as long; only whose token an operator's act has named need not know yet.
void Lane::see(Place &place, ModelSession &found)
{
    const Witness::Sight sight = m_site.witness.look(place.id);
    found.lock = sight.lock;
    found.hasCopy = sight.hasCopy;
    if (found.lock && std::ranges::find(place.tokens, found.lock->token) == place.tokens.end())
        complain(place, QStringLiteral("nobody knows whose lock is there"));
    for (const auto &hold : place.holds) {
        if (!hold->believes() || place.named.contains(hold->token()))
            continue;
        if (!found.isHeldUnder(hold->token()))
            complain(place, QStringLiteral("the owner of %1 believes in a lock that is not there")
                                .arg(shortText(hold->token())));
        else if (hold->deadline() > found.lock->goneBy)
            complain(place, QStringLiteral("the owner of %1 believes for longer than it may")
                                .arg(shortText(hold->token())));
        else if (hold->isGuarded())
            found.lock = found.lock->kept();
    }
}

void Lane::forgetOld(Place &place)
{
    std::erase_if(place.holds,
                  [](const auto &hold) { return hold->isOver() && hold->isGuarded(); });
    while (place.holds.size() > kMostHolds) {
        const auto oldest = std::ranges::find_if_not(place.holds, &Hold::believes);
        if (oldest == place.holds.end())
            break;
        place.holds.erase(oldest);
    }
    if (place.history.size() > kHistory)
        place.history = place.history.last(kHistory);
}

void Lane::complain(const Place &place, const QString &what)
{
    m_site.complain(QStringLiteral("session %1: %2\n  %3")
                        .arg(QString::fromUtf8(place.id.bytes()), what,
                             place.history.join(QStringLiteral("\n  "))));
}

QCoro::Task<bool> Lane::isCutShort(const Place &place)
{
    const auto since = co_await m_operators.front()->audit().unfinished(
        QStringLiteral("delete"), app::placeOf(m_site.target), lockKey(place));
    if (!since)
        complain(place, since.error().what);
    co_return since && since->has_value();
}

QCoro::Task<> Lane::checkAudit()
{
    app::AuditLog &audit = m_operators.front()->audit();
    const auto records = co_await audit.records(std::nullopt);
    const auto chain = co_await audit.verify();
    if (!records || !chain) {
        m_site.complain(records ? chain.error().what : records.error().what);
        co_return;
    }
    for (const QString &complaint : m_ledger.check(*records))
        m_site.complain(complaint);
    if (!chain->isWhole())
        m_site.complain(u"the audit log: " + chain->faults.first().what);
}

} // namespace lockkeeper::model
