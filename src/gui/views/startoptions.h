// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/target.h"
#include "gui/views/appearance.h"

#include <QString>

namespace lockkeeper::gui {

/// What the window was started with.
struct StartOptions
{
    app::TargetInput input;
    QString profile; ///< the name of a saved connection; empty: none
    bool isDemo = false;
    bool isTargetGiven = false; ///< by options or environment: connect at once
    Appearance::Choice appearance = Appearance::Choice::System;
    QString screenshotFile;
};

/// What to do with a command line: start with options, or print a text and end.
struct StartRequest
{
    StartOptions options;
    QString text;     ///< not empty: print it and end
    int exitCode = 0; ///< with text: 0 for help, 2 for wrong usage
};

[[nodiscard]] StartRequest readArguments(int argc, char **argv, const QString &version);

} // namespace lockkeeper::gui
