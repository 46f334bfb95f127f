// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/exitcode.h"
#include "core/clock.h"
#include "core/error.h"

#include <QLatin1StringView>
#include <QString>

#include <optional>

namespace lockkeeper::cli {

/// One thing that `doctor` looked at.
struct CheckupStage
{
    enum class Outcome { Ok, Warning, Failed, Skipped };

    QString name; ///< "resolve", "connect", …; programs rely on it
    Outcome outcome = Outcome::Ok;
    QString detail;             ///< what was found
    std::optional<Error> error; ///< of a failure or a warning
    milliseconds took{0};
    ExitCode exitCode = ExitCode::Done; ///< what a failure here means for the program
};

/// "ok", "warning", "failed", "skipped".
[[nodiscard]] QLatin1StringView name(CheckupStage::Outcome outcome);

/// A stage that found nothing wrong.
[[nodiscard]] CheckupStage fineStage(const QString &name, const QString &detail);
/// A stage that failed; an interrupted one is no fault of what was tried.
[[nodiscard]] CheckupStage failedStage(const QString &name, const Error &error, ExitCode exitCode);

} // namespace lockkeeper::cli
