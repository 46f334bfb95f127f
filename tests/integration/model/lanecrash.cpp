// SPDX-License-Identifier: GPL-3.0-or-later
#include "lane.h"

namespace lockkeeper::model {

using namespace std::chrono_literals;
using sessions::RemoveStep;

namespace {

/// By then a program that is not stopped has connected and done its act, most often.
constexpr milliseconds kLife = 30ms;
/// The same from when it has connected.
constexpr milliseconds kAct = 5ms;

/// Where the model stands right before a step begins.
Delete::Stage stageOf(RemoveStep step)
{
    switch (step) {
    case RemoveStep::Lock:
        return Delete::Stage::Lock;
    case RemoveStep::Database:
        return Delete::Stage::ConfirmForRow;
    case RemoveStep::Cache:
        return Delete::Stage::ConfirmForCopy;
    case RemoveStep::Release:
        return Delete::Stage::Release;
    }
    Q_UNREACHABLE();
}

/// What is known of the act from the audit log alone.
Operation operationOf(const FatalAct &act, int id, bool isKilled, const QString &recorded)
{
    const Aim aim = act.seen ? Aim::at(*act.seen) : Aim();
    Operation operation;
    if (act.isDelete) {
        Delete program;
        program.id = id;
        program.lease = kLeaseOfTheDying;
        program.isTakeOver = act.seen.has_value();
        program.aim = aim;
        program.recorded = recorded;
        operation.program = program;
    } else {
        operation.program = ForceRelease{.aim = aim, .told = {}, .recorded = recorded};
    }
    const bool isCut = isKilled && recorded.isEmpty();
    operation.isCutShort = isCut && !act.dieBefore;
    if (isCut && act.dieBefore)
        operation.cutBefore = stageOf(*act.dieBefore);
    return operation;
}

} // namespace

/// An operator is killed. Where the log shows an intent, the server has to be as after some of its
/// moves, where it shows none, as before; then a colleague does the same act again.
QCoro::Task<> Lane::crash(Place &place)
{
    FatalAct act;
    act.target = m_site.target;
    act.auditFolder = m_auditFolder;
    act.session = place.id;
    act.reason = nextReason();
    act.isDelete = !place.state.lock || m_dice.chance(60);
    if (place.state.lock && (!act.isDelete || m_dice.chance(90)))
        act.seen = place.state.lock->token;
    if (act.isDelete && m_dice.chance(70))
        act.dieBefore = static_cast<RemoveStep>(m_dice.below(4));
    act.isKilledInAct = m_dice.chance(60);
    act.killAfter = m_dice.span(0ms, act.isKilledInAct ? kAct : kLife);

    const int id = m_acts;
    Span span{now(), {}};
    const bool isKilled = co_await actAndDie(act);
    span.to = now();
    m_site.witness.settle();
    const auto runs = co_await runsOf(act.reason);
    const bool isBegun = !runs.empty();
    const std::optional<QString> outcome = isBegun && runs.front().outcome
                                               ? std::optional(runs.front().outcome->outcome)
                                               : std::nullopt;
    m_ledger.noteKilled(act.reason, isBegun, outcome);
    if (!isKilled && !outcome)
        complain(place, QStringLiteral("an act that ended by itself has no outcome"));

    std::vector<Operation> operations;
    if (isBegun) {
        operations.push_back(operationOf(act, id, isKilled, outcome.value_or(QString())));
        operations.back().span = span;
    }
    countCrash(act, isBegun, outcome);
    acquaint(place, act.seen);
    co_await compare(place, std::move(operations), Extent::All);
    co_await repeat(place, act);
}

void Lane::countCrash(const FatalAct &act, bool isBegun, const std::optional<QString> &outcome)
{
    static constexpr const char *kSteps[] = {"the lock", "the row", "the copy", "the release"};
    QString what = act.isDelete ? QStringLiteral("crash of a delete: ")
                                : QStringLiteral("crash of a force-release: ");
    if (outcome)
        what += QStringLiteral("after the outcome");
    else if (!isBegun)
        what += QStringLiteral("before the intent");
    else if (act.dieBefore)
        what += QStringLiteral("before ") + QLatin1String(kSteps[int(*act.dieBefore)]);
    else
        what += QStringLiteral("between intent and outcome");
    m_site.tally.count(what);
    if (!isBegun) { // nothing that could be compared was counted
        ++m_site.operations;
        ++m_done;
    }
}

/// The dead may leave its lock, under a token that nobody has seen, and its victim need not know
/// yet that its own is gone.
void Lane::acquaint(Place &place, const std::optional<Token> &victim)
{
    const auto left = m_site.witness.look(place.id).lock;
    const bool isNew = left && std::ranges::find(place.tokens, left->token) == place.tokens.end();
    if (isNew)
        place.tokens.push_back(left->token);
    if (victim && (!left || left->token != *victim))
        place.named.insert(*victim);
}

/// The same act by somebody who lives. A delete finishes the one that was cut short.
QCoro::Task<> Lane::repeat(Place &place, const FatalAct &act)
{
    const bool wasCutShort = place.state.isCutShort();
    const bool waits = place.state.lock && m_dice.chance(50) &&
                       place.state.lock->goneBy < now() + 2 * kLeaseOfTheDying;
    Aim aim;
    if (!act.isDelete)
        aim = Aim::at(*act.seen);
    else if (place.state.lock && !waits)
        aim = Aim::at(place.state.lock->token);
    std::vector<Operation> operations;
    if (act.isDelete) {
        Operation removed = co_await remove(place, m_dice.split(), aim, 3 * kLeaseOfTheDying);
        operations.push_back(std::move(removed));
    } else {
        Operation released = co_await forceRelease(place, m_dice.split(), aim);
        operations.push_back(std::move(released));
    }
    co_await compare(place, std::move(operations), Extent::All);
    if (act.isDelete && wasCutShort && place.state.isCutShort())
        complain(place, QStringLiteral("a rerun did not finish the delete that was cut short"));
    if (act.isDelete && wasCutShort)
        m_site.tally.count(QStringLiteral("rerun that finished a delete"));
}

QCoro::Task<QList<app::AuditRun>> Lane::runsOf(QString reason)
{
    const auto records = co_await m_operators.front()->audit().records(std::nullopt);
    if (!records) {
        m_site.complain(records.error().what);
        co_return QList<app::AuditRun>();
    }
    QList<app::AuditRun> runs = app::runsOf(*records);
    runs.removeIf([&](const app::AuditRun &run) { return run.begun.reason != reason; });
    co_return runs;
}

} // namespace lockkeeper::model
