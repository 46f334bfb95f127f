// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/neededrights.h"
#include "app/target.h"
#include "cli/checkupstage.h"
#include "core/clock.h"
#include "core/flows.h"
#include "redis/client.h"

#include <QList>
#include <QString>

#include <memory>
#include <optional>
#include <stop_token>

namespace lockkeeper::cli {

/// Tries a target stage by stage, from the name's resolution to the database's tables; what comes
/// after a failed stage of the server is skipped, the database is tried in any case. Stopped, it
/// ends within about a second: the stage under way fails, and what comes after it is skipped.
class Checkup final
{
public:
    /// `clock` must outlive the checkup.
    Checkup(app::Target target, const Clock &clock, std::stop_token stop);

    /// The checkup outlives the flow.
    [[nodiscard]] QCoro::Task<QList<CheckupStage>> run();

private:
    [[nodiscard]] QCoro::Task<CheckupStage> resolve();
    [[nodiscard]] QCoro::Task<CheckupStage> reach();
    [[nodiscard]] QCoro::Task<CheckupStage> speakTls();
    [[nodiscard]] QCoro::Task<CheckupStage> askSentinels();
    [[nodiscard]] QCoro::Task<CheckupStage> askCluster();
    [[nodiscard]] QCoro::Task<CheckupStage> logIn();
    [[nodiscard]] QCoro::Task<CheckupStage> askRole();
    [[nodiscard]] QCoro::Task<CheckupStage> askTime();
    [[nodiscard]] QCoro::Task<CheckupStage> tryReading();
    [[nodiscard]] QCoro::Task<CheckupStage> tryActing();
    [[nodiscard]] QCoro::Task<CheckupStage> lookFurther();
    [[nodiscard]] CheckupStage judged(const QString &stageName, app::Deed deed,
                                      const QString &what) const;
    [[nodiscard]] QCoro::Task<CheckupStage> tryFeed();
    [[nodiscard]] QCoro::Task<> checkDatabase();
    void keep(CheckupStage stage, SteadyTime since);
    void skip(const QString &name, const QString &why);

    app::Target m_target;
    const Clock &m_clock;
    std::stop_token m_stop;
    redis::Client m_client;
    redis::AskedRights m_rights;
    QList<CheckupStage> m_stages;
};

} // namespace lockkeeper::cli
