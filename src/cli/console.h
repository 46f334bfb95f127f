// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"

#include <QString>

#include <stop_token>

/// Questions to the person at the terminal.
namespace lockkeeper::cli {

/// Whether there is somebody who can answer: standard input and standard error are terminals.
[[nodiscard]] bool isInteractive();

enum class Echo { On, Off };

/// Puts the question on standard error and waits for one line from standard input; Cancelled when
/// `stop` is requested or the input ends. With Echo::Off the answer is not seen, and the terminal
/// is as it was however the question ends.
[[nodiscard]] Task<QString> ask(QString question, std::stop_token stop, Echo echo = Echo::On);

} // namespace lockkeeper::cli
