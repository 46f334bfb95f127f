// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/helpformatter.h"

#include <QCoreApplication>
#include <QStringList>

#include <sstream>

namespace lockkeeper::cli {

namespace {

/// What comes with every program of CLI11: --help and, at the top, --version.
constexpr const char *kOwnGroup = "Options";

/// Columns of what an option or a verb does.
constexpr qsizetype kWidth = 70;

bool hasOption(const CLI::App &app, const CLI::Option &like)
{
    return app.get_option_no_throw(like.get_name()) != nullptr;
}

std::string wrapped(const std::string &text)
{
    QStringList lines{QString()};
    for (const QString &word : QString::fromStdString(text).simplified().split(u' ')) {
        if (!lines.last().isEmpty() && lines.last().size() + 1 + word.size() > kWidth)
            lines.append(QString());
        lines.last() += (lines.last().isEmpty() ? QString() : QStringLiteral(" ")) + word;
    }
    return lines.join(u'\n').toStdString();
}

/// "SESSION", "[SESSION]", "[NAME...]".
std::string positional(const CLI::Option &option)
{
    const bool isMany = option.get_expected_max() > 1;
    const std::string name = option.get_name(true, false) + (isMany ? "..." : "");
    return option.get_required() ? name : '[' + name + ']';
}

} // namespace

std::string pathOf(const CLI::App &verb)
{
    const CLI::App *parent = verb.get_parent();
    return parent ? pathOf(*parent) + ' ' + verb.get_name() : verb.get_name();
}

std::string synopsis(const CLI::App &verb, const std::string &options)
{
    std::string text = pathOf(verb);
    for (const CLI::Option *option : verb.get_options()) {
        if (option->get_positional())
            text += ' ' + positional(*option);
        else if (option->get_required())
            text += ' ' + option->get_name() + ' ' + option->get_type_name();
    }
    if (verb.get_require_subcommand_min() > 0)
        text += " VERB";
    text += options;
    if (verb.get_name() == "with-lock") // what stands behind -- is none of CLI11's business
        text += " -- COMMAND...";
    return text;
}

std::string HelpFormatter::make_usage(const CLI::App *app, std::string /*name*/) const
{
    const QString options = QCoreApplication::translate("cli", " [options]");
    return QCoreApplication::translate("cli", "Usage: %1")
               .arg(QString::fromStdString(synopsis(*app, options.toStdString())))
               .toStdString() +
           '\n';
}

std::string HelpFormatter::make_help(const CLI::App *app, std::string name,
                                     CLI::AppFormatMode mode) const
{
    return make_description(app) + make_usage(app, std::move(name)) + make_positionals(app) +
           allGroups(*app) + make_subcommands(app, mode) + '\n' + make_footer(app);
}

std::string HelpFormatter::make_option_desc(const CLI::Option *option) const
{
    return wrapped(option->get_description());
}

std::string HelpFormatter::make_subcommand(const CLI::App *verb) const
{
    std::ostringstream text;
    CLI::detail::format_help(text, verb->get_display_name(true), wrapped(verb->get_description()),
                             get_column_width());
    return text.str();
}

std::string HelpFormatter::allGroups(const CLI::App &app) const
{
    std::string text;
    for (const std::string &group : app.get_groups())
        text += groupOf(app, group, app);
    for (const CLI::App *above = app.get_parent(); above; above = above->get_parent()) {
        for (const std::string &group : above->get_groups()) {
            if (group != kOwnGroup)
                text += groupOf(*above, group, app);
        }
    }
    return text;
}

std::string HelpFormatter::groupOf(const CLI::App &owner, const std::string &group,
                                   const CLI::App &shown) const
{
    const auto options = owner.get_options([&](const CLI::Option *option) {
        const bool isHidden = &owner != &shown && hasOption(shown, *option);
        return option->get_group() == group && option->nonpositional() && !isHidden;
    });
    return options.empty() ? std::string() : make_group(group, false, options);
}

} // namespace lockkeeper::cli
