// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/checkupstage.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

using Outcome = CheckupStage::Outcome;

QLatin1StringView name(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Ok:
        return QLatin1StringView("ok");
    case Outcome::Warning:
        return QLatin1StringView("warning");
    case Outcome::Failed:
        return QLatin1StringView("failed");
    case Outcome::Skipped:
        return QLatin1StringView("skipped");
    }
    Q_UNREACHABLE();
}

CheckupStage fineStage(const QString &name, const QString &detail)
{
    CheckupStage stage;
    stage.name = name;
    stage.detail = detail;
    return stage;
}

CheckupStage failedStage(const QString &name, const Error &error, ExitCode exitCode)
{
    CheckupStage stage;
    stage.name = name;
    stage.outcome = Outcome::Failed;
    stage.error = error;
    stage.exitCode = exitCode;
    if (error.code == ErrorCode::Cancelled) { // that is no fault of what was tried
        stage.error->what = QCoreApplication::translate("lockkeeper::cli", "interrupted");
        stage.exitCode = ExitCode::Failed;
    }
    return stage;
}

} // namespace lockkeeper::cli
