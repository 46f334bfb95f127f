// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/command.h"
#include "cli/context.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace lockkeeper::cli {

class WithLockCommand;

/// Reads the arguments: the common options before and after the verb, and the verb's own.
class CommandLine
{
    Q_DECLARE_TR_FUNCTIONS(lockkeeper::cli)

public:
    CommandLine();
    ~CommandLine();
    CommandLine(const CommandLine &) = delete;
    CommandLine &operator=(const CommandLine &) = delete;

    /// @return the exit code when there is nothing more to do: help was shown, or the usage is
    /// wrong, which was said on standard error.
    [[nodiscard]] std::optional<int> parse(int argc, char **argv);

    [[nodiscard]] const CommonOptions &options() const { return m_options; }
    /// The verb that was asked for; after a parse() without exit code.
    [[nodiscard]] Command &command() const { return *m_chosen; }

    /// Every verb that can be asked for, "list" and "session create" alike.
    [[nodiscard]] QStringList verbs() const;

private:
    void declareCommon();
    void declareVerbs();
    /// Cuts what stands behind `--` of `with-lock` off, and hands it over.
    [[nodiscard]] static std::optional<Error>
    forgottenToken(const std::vector<std::string> &arguments);
    void takeProgram(std::vector<std::string> &arguments);
    [[nodiscard]] static int refuse(const Error &error);

    CommonOptions m_options;
    std::unique_ptr<CLI::App> m_app;
    std::vector<std::unique_ptr<Command>> m_commands;
    WithLockCommand *m_withLock = nullptr;
    Command *m_chosen = nullptr;
};

} // namespace lockkeeper::cli
