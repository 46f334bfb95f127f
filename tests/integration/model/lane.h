// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditruns.h"
#include "dyingoperator.h"
#include "hold.h"
#include "ledger.h"
#include "operator.h"
#include "site.h"

#include <memory>

namespace lockkeeper::model {

/// A worker process: a connection, the lock protocol and a store over it.
struct Worker
{
    Worker(const Site &site, sessions::SessionDatabase &database);

    redis::Client client;
    locks::LockProtocol locks;
    sessions::SessionCache cache;
    sessions::SessionStore store;
};

/// A few sessions, workers and operators of their own: one, two or three of these act on a session
/// at once, then what they were told and what is there has to be what the model allows.
class Lane
{
public:
    Lane(Site &site, int number, quint32 seed);

    /// Until so many operations are done, or something is wrong; then everything is put in order.
    [[nodiscard]] QCoro::Task<> run(int operations);

private:
    enum class Kind {
        Acquire,
        Renew,
        Release,
        AwaitEnd,
        Vanish,
        Read,
        Rename,
        LateWrite,
        Upsert,
        TakeOver,
        ForceRelease,
        Delete,
        Crash,
    };

    struct Place
    {
        SessionId id;
        ModelSession state;
        std::vector<std::shared_ptr<Hold>> holds;
        std::vector<Token> tokens; ///< all that were ever seen, newest last
        std::set<Token> named;     ///< whose lock an operator ended or took
        QStringList history;       ///< the newest, for complaints
    };

    /// A token that was obtained while the owner of another believed that it held the lock.
    struct Rivals
    {
        Token old;
        Token obtained;
    };

    // lane.cpp: the course of things.
    [[nodiscard]] QCoro::Task<bool> open();
    [[nodiscard]] QCoro::Task<> step(Place &place);
    [[nodiscard]] QCoro::Task<Operation> begin(Place &place, Kind kind, bool isAlone);
    [[nodiscard]] QCoro::Task<Operation> act(Place &place, Kind kind, Dice dice);
    [[nodiscard]] Kind draw(const Place &place);
    [[nodiscard]] bool isPossible(const Place &place, Kind kind) const;
    [[nodiscard]] QCoro::Task<> vanish(Place &place);
    [[nodiscard]] QCoro::Task<> finish();
    [[nodiscard]] QCoro::Task<> putInOrder(Place &place);
    [[nodiscard]] QCoro::Task<> close();

    // lanechecks.cpp: what there is, against the model.
    enum class Extent { Lock, All };
    [[nodiscard]] QCoro::Task<> compare(Place &place, std::vector<Operation> operations,
                                        Extent extent);
    void noteActs(Place &place, const std::vector<Operation> &operations);
    void see(Place &place, ModelSession &found);
    void forgetOld(Place &place);
    void complain(const Place &place, const QString &what);
    [[nodiscard]] QCoro::Task<bool> isCutShort(const Place &place);
    [[nodiscard]] QCoro::Task<> checkAudit();

    // laneoperations.cpp: what workers and operators do.
    [[nodiscard]] QCoro::Task<Operation> acquire(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> awaitEnd(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> read(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> readSlowly(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> rename(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> writeLate(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> upsert(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> takeOver(Place &place, Dice dice);
    [[nodiscard]] QCoro::Task<Operation> forceRelease(Place &place, Dice dice,
                                                      std::optional<Aim> given = {});
    [[nodiscard]] QCoro::Task<Operation> remove(Place &place, Dice dice, std::optional<Aim> given,
                                                milliseconds wait);
    [[nodiscard]] QCoro::Task<Aim> takeAim(Place &place, locks::LockProtocol &locks, Dice dice);
    void strike(Place &place, Dice &dice);
    void obtain(Place &place, locks::LockProtocol &locks, const locks::HeldLock &lock,
                bool isGuarded);
    [[nodiscard]] std::shared_ptr<Hold> drawHold(const Place &place, Dice &dice);

    // lanecrash.cpp: operators that are killed.
    [[nodiscard]] QCoro::Task<> crash(Place &place);
    [[nodiscard]] QCoro::Task<> repeat(Place &place, const FatalAct &act);
    [[nodiscard]] QCoro::Task<QList<app::AuditRun>> runsOf(QString reason);
    void countCrash(const FatalAct &act, bool isBegun, const std::optional<QString> &outcome);
    void acquaint(Place &place, const std::optional<Token> &victim);

    [[nodiscard]] Worker &anyWorker(Dice &dice);
    [[nodiscard]] Operator &anyOperator(Dice &dice);
    /// One that deletes nothing now.
    [[nodiscard]] Operator &idleOperator();
    [[nodiscard]] QString nextReason();
    [[nodiscard]] LockKey lockKey(const Place &place) const;
    [[nodiscard]] SteadyTime now() const { return m_site.clock.steady(); }

    Site &m_site;
    const int m_number;
    Dice m_dice;
    QString m_auditFolder;
    std::vector<std::unique_ptr<Worker>> m_workers;
    std::vector<std::unique_ptr<Operator>> m_operators;
    std::vector<Place> m_places;
    std::vector<Rivals> m_rivals;     ///< of the step
    std::vector<Operation> m_strikes; ///< of the step
    Ledger m_ledger;
    int m_acts = 0;
    int m_done = 0;
};

} // namespace lockkeeper::model
