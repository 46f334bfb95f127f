// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/arguments.h"
#include "cli/exitcode.h"
#include "core/error.h"

#include <QCoreApplication>
#include <qcorotask.h>

#include <optional>

namespace lockkeeper::cli {

class Context;

/// One verb of the command line: says what arguments it takes, and does its work.
class Command
{
    Q_DECLARE_TR_FUNCTIONS(lockkeeper::cli)

public:
    Command() = default;
    virtual ~Command();
    Command(const Command &) = delete;
    Command &operator=(const Command &) = delete;

    [[nodiscard]] virtual const char *verb() const = 0;
    [[nodiscard]] virtual QString summary() const = 0;
    /// Adds the arguments and examples; their values land in the command's members.
    virtual void declare(CLI::App &app) = 0;
    /// What is wrong with arguments that are each right by themselves; nullopt: nothing.
    [[nodiscard]] virtual std::optional<Error> misuse() const { return std::nullopt; }
    /// Command and context outlive the flow. @return the exit code of the program.
    [[nodiscard]] virtual QCoro::Task<int> run(Context &context) = 0;

protected:
    [[nodiscard]] static int code(ExitCode exitCode) { return static_cast<int>(exitCode); }
};

} // namespace lockkeeper::cli
