// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"

#include <QString>

#include <stop_token>

/// Questions to the person at the terminal.
namespace lockkeeper::cli {

/// Whether there is somebody who can answer: standard input and standard error are terminals.
[[nodiscard]] bool isInteractive();

/// Puts the question on standard error and waits for one line from standard input; Cancelled when
/// `stop` is requested or the input ends.
[[nodiscard]] Task<QString> ask(QString question, std::stop_token stop);

} // namespace lockkeeper::cli
