// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/error.h"

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace lockkeeper::cli {

/// What is wrong with a call, in our words: CLI11's name neither verbs nor the way out.
[[nodiscard]] Error usageError(const CLI::App &program, const CLI::ParseError &refusal);

} // namespace lockkeeper::cli
