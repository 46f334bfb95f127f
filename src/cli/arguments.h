// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/strongtype.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <string>

namespace CLI {
class App;
class Option;
} // namespace CLI

/// The heading of verbs in the help.
inline constexpr const char *kVerbs = "Verbs";

/// Options of verbs, as the types that the program works with. What does not fit is refused while
/// the command line is read, with the option's name.
namespace lockkeeper::cli {

CLI::Option *addText(CLI::App &verb, const char *name, QString &into, const QString &help);
/// The same, telling "not given" from "given empty".
CLI::Option *addText(CLI::App &verb, const char *name, std::optional<QString> &into,
                     const QString &help);
/// The same of a text that, where it is given, says something.
CLI::Option *addWord(CLI::App &verb, const char *name, QString &into, const QString &help);
CLI::Option *addTexts(CLI::App &verb, const char *name, QStringList &into, const QString &help);
CLI::Option *addNumber(CLI::App &verb, const char *name, int &into, int least, const QString &help);
CLI::Option *addNumber(CLI::App &verb, const char *name, std::optional<int> &into, int least,
                       const QString &help);
CLI::Option *addSpan(CLI::App &verb, const char *name, std::optional<milliseconds> &into,
                     const QString &help);
CLI::Option *addFlag(CLI::App &verb, const char *name, bool &into, const QString &help);
CLI::Option *addToken(CLI::App &verb, const char *name, std::optional<Token> &into,
                      const QString &help);
CLI::Option *addUser(CLI::App &verb, const char *name, std::optional<UserId> &into,
                     const QString &help);
/// Empty, or why it is no name of a saved connection; as CLI11 takes it. An address may have a
/// password in it, and is not repeated.
[[nodiscard]] std::string notAnAddress(const std::string &name);
/// The name of a saved connection.
CLI::Option *addProfile(CLI::App &verb, const char *name, QString &into, const QString &help);
/// The positional SESSION; required.
CLI::Option *addSession(CLI::App &verb, const char *name, SessionId &into, const QString &help);
/// The examples that end a verb's help; one per line.
void addExamples(CLI::App &verb, const QString &examples);

} // namespace lockkeeper::cli
