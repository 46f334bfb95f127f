// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace lockkeeper::cli {

/// "lockkeeper-cli session get".
[[nodiscard]] std::string pathOf(const CLI::App &verb);
/// What cannot be left out of a verb's call: "lockkeeper-cli release SESSION --token TOKEN", with
/// `options` where more of them may stand.
[[nodiscard]] std::string synopsis(const CLI::App &verb, const std::string &options = {});

/// The help of the program and of each verb: a verb's has the options that the program takes for
/// all of them, too. What options and verbs do is wrapped, for no terminal wraps it beside their
/// names.
class HelpFormatter final : public CLI::Formatter
{
public:
    [[nodiscard]] std::string make_usage(const CLI::App *app, std::string name) const override;
    [[nodiscard]] std::string make_help(const CLI::App *app, std::string name,
                                        CLI::AppFormatMode mode) const override;
    [[nodiscard]] std::string make_option_desc(const CLI::Option *option) const override;
    [[nodiscard]] std::string make_subcommand(const CLI::App *verb) const override;

private:
    [[nodiscard]] std::string allGroups(const CLI::App &app) const;
    [[nodiscard]] std::string groupOf(const CLI::App &owner, const std::string &group,
                                      const CLI::App &shown) const;
};

} // namespace lockkeeper::cli
