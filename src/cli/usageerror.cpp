// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/usageerror.h"

#include "cli/helpformatter.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <QStringList>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace lockkeeper::cli {

namespace {

constexpr int kLikeness = 2; ///< this many letters off is still a slip

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QString textOf(const std::string &text)
{
    return QString::fromStdString(text);
}

const CLI::App &chosenVerb(const CLI::App &program)
{
    const auto chosen = program.get_subcommands();
    return chosen.empty() ? program : chosenVerb(*chosen.front());
}

/// "session get".
QString nameOf(const CLI::App &verb)
{
    return textOf(pathOf(verb)).section(u' ', 1);
}

QString seeHelp(const CLI::App &verb)
{
    return tr("see: %1 --help").arg(textOf(pathOf(verb)));
}

/// Letters to change, add or take away until one word is the other.
int distance(const QString &a, const QString &b)
{
    std::vector<int> row(static_cast<std::size_t>(b.size()) + 1);
    std::iota(row.begin(), row.end(), 0);
    for (qsizetype i = 0; i < a.size(); ++i) {
        int diagonal = std::exchange(row[0], static_cast<int>(i) + 1);
        for (std::size_t j = 0; j + 1 < row.size(); ++j) {
            const int replaced = diagonal + (a[i] == b[static_cast<qsizetype>(j)] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({replaced, row[j] + 1, row[j + 1] + 1}));
        }
    }
    return row.back();
}

/// What was meant by `word`; empty when nothing is like it.
QString likeliest(const QString &word, const QStringList &known)
{
    const auto likeness = [&word](const QString &candidate) {
        return word.size() > 2 && candidate.startsWith(word) ? 0 : distance(word, candidate);
    };
    const auto best = std::ranges::min_element(known, {}, likeness);
    const bool isLike = best != known.end() && likeness(*best) <= kLikeness &&
                        likeness(*best) < static_cast<int>(word.size());
    return isLike ? *best : QString();
}

QString meant(const QString &word, const QStringList &known)
{
    const QString like = likeliest(word, known);
    return like.isEmpty() ? QString() : tr("did you mean %1? ").arg(like);
}

QStringList optionNames(const CLI::App &verb)
{
    QStringList names;
    for (const CLI::App *app = &verb; app; app = app->get_parent()) {
        for (const CLI::Option *option : app->get_options()) {
            if (option->nonpositional())
                names.append(textOf(option->get_name()));
        }
    }
    return names;
}

Error unknownOption(const CLI::App &verb, const QString &word)
{
    const QString name = word.section(u'=', 0, 0);
    if (const CLI::Option *own = verb.get_option_no_throw(name.toStdString()))
        return {ErrorCode::InvalidInput, tr("%1 stands before its verb").arg(name),
                tr("write it behind: %1")
                    .arg(textOf(own->get_required() ? synopsis(verb)
                                                    : synopsis(verb, ' ' + name.toStdString())))};
    const QString what = verb.get_parent() ? tr("%1 has no option %2").arg(nameOf(verb), name)
                                           : tr("there is no option %1").arg(name);
    return {ErrorCode::InvalidInput, what, meant(name, optionNames(verb)) + seeHelp(verb)};
}

QStringList verbNames(const CLI::App &app)
{
    QStringList names;
    for (const CLI::App *verb : app.get_subcommands({}))
        names.append(textOf(verb->get_name()));
    return names;
}

Error unknownVerb(const CLI::App &app, const QString &word)
{
    const QStringList verbs = verbNames(app);
    const QString what = app.get_parent() ? tr("%1 has no verb \"%2\"").arg(nameOf(app), word)
                                          : tr("there is no verb \"%1\"").arg(word);
    return {ErrorCode::InvalidInput, what,
            meant(word, verbs) + tr("the verbs are %1; ").arg(verbs.join(u", ")) + seeHelp(app)};
}

/// An address in the wrong place may have a password in it, which is not repeated.
QString withoutPassword(QString word)
{
    static const QRegularExpression kPassword(QStringLiteral("(://[^:@]*):.*@"));
    return word.replace(kPassword, QStringLiteral("\\1:***@"));
}

/// What nobody takes: an option, a verb, or one argument more than there are.
Error unexpected(const CLI::App &verb, const QString &word)
{
    if (word.startsWith(u'-') && word.size() > 1)
        return unknownOption(verb, word);
    if (verb.get_require_subcommand_min() > 0)
        return unknownVerb(verb, word);
    return {ErrorCode::InvalidInput,
            tr("%1 does not take the argument \"%2\"").arg(nameOf(verb), word),
            tr("write: %1; a text with blanks goes in quotes").arg(textOf(synopsis(verb)))};
}

Error missing(const CLI::App &verb, const QString &name)
{
    return {ErrorCode::InvalidInput, tr("%1 needs %2, which was not given").arg(nameOf(verb), name),
            tr("write: %1; ").arg(textOf(synopsis(verb))) + seeHelp(verb)};
}

/// A value that is not there, or an option that is there twice.
Error mismatch(const CLI::App &verb, const QString &reason)
{
    const QString name = reason.section(u':', 0, 0).section(u' ', 0, 0);
    QString what = tr("%1 was given more than once").arg(name);
    if (reason.contains(u"missing"))
        what = tr("%1 needs a value, which was not given").arg(name);
    else if (reason.contains(u"override")) // CLI11 leaves the dashes away here
        what = tr("--%1 takes no value").arg(name);
    return {ErrorCode::InvalidInput, what, seeHelp(verb)};
}

} // namespace

Error usageError(const CLI::App &program, const CLI::ParseError &refusal)
{
    const CLI::App &verb = chosenVerb(program);
    const QString reason = textOf(refusal.what());
    if (dynamic_cast<const CLI::ArgumentMismatch *>(&refusal))
        return mismatch(verb, reason);
    const bool isMissing = dynamic_cast<const CLI::RequiredError *>(&refusal) != nullptr;
    if (!isMissing && !dynamic_cast<const CLI::ExtrasError *>(&refusal))
        return {ErrorCode::InvalidInput, reason, seeHelp(verb)};
    // A slip in a name is why something is missing, not the other way round.
    std::vector<std::string> left = program.remaining(true);
    std::erase(left, "--");
    if (!left.empty())
        return unexpected(verb, withoutPassword(textOf(left.front())));
    if (verb.get_require_subcommand_min() > 0)
        return {ErrorCode::InvalidInput, tr("no verb was given"),
                tr("the verbs are %1; ").arg(verbNames(verb).join(u", ")) + seeHelp(verb)};
    return missing(verb, reason.section(u' ', 0, 0));
}

} // namespace lockkeeper::cli
