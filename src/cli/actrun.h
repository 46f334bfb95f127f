// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actionreport.h"
#include "app/aftercare.h"
#include "app/bulk.h"
#include "app/preview.h"
#include "cli/actoptions.h"
#include "core/flows.h"

#include <functional>

namespace lockkeeper::app {
class Workspace;
} // namespace lockkeeper::app

/// What the acting verbs have in common: preview, confirmation, act, and the watch afterwards.
namespace lockkeeper::cli {

class Context;

/// One act: how it is previewed, and how it is done with what was typed.
struct OneAct
{
    QString action;   ///< "release", for output
    QString question; ///< "Release this lock?"
    SessionId session;
    bool isDelete = false;
    /// What was to be typed and was not; null where nothing is to be.
    std::function<std::optional<Error>(const QString &typed)> unconfirmed = {};
    std::function<QCoro::Task<app::Preview>()> preview;
    std::function<QCoro::Task<app::ActionReport>(QString typed)> act;
};

/// What came back in the time that an act was watched.
struct Afterwards
{
    milliseconds watched{0};
    QList<app::Finding> findings; ///< in order
    bool isKnown = true;          ///< all that was watched could be read to the end

    /// What no finding means, as a sentence; empty where there are some, or nothing was watched.
    [[nodiscard]] QString silence() const;
    /// Whether what was deleted is there again.
    [[nodiscard]] bool isUndone() const;
};

/// Runs it to its end. @return the exit code.
[[nodiscard]] QCoro::Task<int> runOne(OneAct act, ActOptions options, app::Workspace &workspace,
                                      Context &context);

/// The same of many.
[[nodiscard]] QCoro::Task<int> runMany(app::BulkRequest request, ActOptions options,
                                       QString resultFile, app::Workspace &workspace,
                                       Context &context);

} // namespace lockkeeper::cli
