// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/arguments.h"

#include "core/text.h"

#include <QCoreApplication>

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace lockkeeper::cli {

namespace {

/// An option whose value `take` stores, or refuses with a sentence.
CLI::Option *addTaken(CLI::App &verb, const char *name, const QString &help, const char *typeName,
                      std::function<QString(const QString &)> take)
{
    const auto store = [name, take = std::move(take)](const std::string &value) {
        const QString refusal = take(QString::fromStdString(value));
        if (!refusal.isEmpty())
            throw CLI::ValidationError(name, refusal.toStdString());
    };
    return verb.add_option_function<std::string>(name, store, help.toStdString())
        ->type_name(typeName);
}

QString emptyRefusal(const QString &text)
{
    return text.isEmpty() ? QCoreApplication::translate("cli", "must not be empty") : QString();
}

} // namespace

CLI::Option *addText(CLI::App &verb, const char *name, QString &into, const QString &help)
{
    return addTaken(verb, name, help, "TEXT", [&into](const QString &text) {
        into = text;
        return QString();
    });
}

CLI::Option *addText(CLI::App &verb, const char *name, std::optional<QString> &into,
                     const QString &help)
{
    return addTaken(verb, name, help, "TEXT", [&into](const QString &text) {
        into = text;
        return QString();
    });
}

CLI::Option *addWord(CLI::App &verb, const char *name, QString &into, const QString &help)
{
    return addTaken(verb, name, help, "TEXT", [&into](const QString &text) {
        into = text;
        return emptyRefusal(text);
    });
}

std::string notAnAddress(const std::string &name)
{
    if (name.find("://") == std::string::npos)
        return {};
    return QCoreApplication::translate("cli", "an address is no name of a profile; it is given by "
                                              "--url")
        .toStdString();
}

CLI::Option *addProfile(CLI::App &verb, const char *name, QString &into, const QString &help)
{
    return addWord(verb, name, into, help)->check(notAnAddress)->type_name("");
}

CLI::Option *addTexts(CLI::App &verb, const char *name, QStringList &into, const QString &help)
{
    const auto store = [&into](const std::vector<std::string> &values) {
        for (const std::string &value : values)
            into.append(QString::fromStdString(value));
    };
    return verb.add_option_function<std::vector<std::string>>(name, store, help.toStdString())
        ->allow_extra_args(false);
}

CLI::Option *addNumber(CLI::App &verb, const char *name, std::optional<int> &into, int least,
                       const QString &help)
{
    return addTaken(verb, name, help, "NUMBER", [&into, least](const QString &text) {
        bool isNumber = false;
        into = text.toInt(&isNumber);
        if (isNumber && *into >= least)
            return QString();
        return QCoreApplication::translate("cli", "\"%1\" is no whole number of %2 or more")
            .arg(text)
            .arg(least);
    });
}

CLI::Option *addNumber(CLI::App &verb, const char *name, int &into, int least, const QString &help)
{
    return addTaken(verb, name, help, "NUMBER", [&into, least](const QString &text) {
        bool isNumber = false;
        into = text.toInt(&isNumber);
        if (isNumber && into >= least)
            return QString();
        return QCoreApplication::translate("cli", "\"%1\" is no whole number of %2 or more")
            .arg(text)
            .arg(least);
    });
}

CLI::Option *addSpan(CLI::App &verb, const char *name, std::optional<milliseconds> &into,
                     const QString &help)
{
    return addTaken(verb, name, help, "DURATION", [&into](const QString &text) {
        const Result<milliseconds> span = parseSpan(text);
        if (!span)
            return lockkeeper::describe(span.error());
        into = *span;
        return QString();
    });
}

CLI::Option *addFlag(CLI::App &verb, const char *name, bool &into, const QString &help)
{
    return verb.add_flag(name, into, help.toStdString())->disable_flag_override();
}

CLI::Option *addToken(CLI::App &verb, const char *name, std::optional<Token> &into,
                      const QString &help)
{
    return addTaken(verb, name, help, "TOKEN", [&into](const QString &text) {
        into = Token(bytesFromPrintable(text)); // empty where the lock holds an empty string
        return QString();
    });
}

CLI::Option *addUser(CLI::App &verb, const char *name, std::optional<UserId> &into,
                     const QString &help)
{
    return addTaken(verb, name, help, "USER", [&into](const QString &text) {
        into = UserId(bytesFromPrintable(text));
        return emptyRefusal(text);
    });
}

CLI::Option *addSession(CLI::App &verb, const char *name, SessionId &into, const QString &help)
{
    return addTaken(verb, name, help, "",
                    [&into](const QString &text) {
                        into = SessionId(bytesFromPrintable(text));
                        return emptyRefusal(text);
                    })
        ->required();
}

void addExamples(CLI::App &verb, const QString &examples)
{
    QString footer = QCoreApplication::translate("cli", "Examples:");
    for (const QString &example : examples.split(u'\n'))
        footer += example.isEmpty() ? QStringLiteral("\n") : QString(u"\n  " + example);
    verb.footer(footer.toStdString());
}

} // namespace lockkeeper::cli
