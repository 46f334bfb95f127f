// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/profilecommand.h"

#include <CLI/CLI.hpp>

// The arguments of `profile`.
namespace lockkeeper::cli {

namespace {

constexpr const char *kAddExample =
    "lockkeeper-cli profile add api-prod --environment production \\\n"
    "    --url rediss://ops@redis.internal:6380/0 --db postgresql://ops@db.internal/chat";
constexpr const char *kExportExample = "lockkeeper-cli profile export > profiles.json";
constexpr const char *kPasswordExample = "lockkeeper-cli profile password api-prod --database";

} // namespace

void ProfileCommand::declare(CLI::App &app)
{
    app.require_subcommand(1, 1);
    declareReading(app);
    declareAdding(app);
    declareMoving(app);
    addExamples(app, QStringList{tr(kAddExample), tr("lockkeeper-cli --profile api-prod list"),
                                 tr(kExportExample), tr(kPasswordExample)}
                         .join(u'\n'));
}

void ProfileCommand::declareReading(CLI::App &app)
{
    CLI::App *list = app.add_subcommand("list", tr("List the saved connections").toStdString());
    list->group(kVerbs);
    list->callback([this] { m_verb = Verb::List; });
    CLI::App *show =
        app.add_subcommand("show", tr("Show one with all that belongs to it").toStdString());
    addProfile(*show, "NAME", m_name, tr("The profile's name"))->required();
    show->group(kVerbs);
    show->callback([this] { m_verb = Verb::Show; });
}

void ProfileCommand::declareAdding(CLI::App &app)
{
    CLI::App *add = app.add_subcommand(
        "add", tr("Save the connection that --url, --db and --family name; passwords go to the "
                  "system's keychain")
                   .toStdString());
    addProfile(*add, "NAME", m_name, tr("The profile's name"))->required();
    declareGuardrails(*add);
    addText(*add, "--ssh", m_ssh,
            tr("Reach Redis and database through a tunnel: [user@]host, by the "
               "system's ssh"))
        ->type_name("HOST");
    addTexts(*add, "--node", m_nodes,
             tr("The name of a node: 0242ac110009=api-3; may be given more than once"))
        ->type_name("ID=NAME");
    addFlag(*add, "--replace", m_replaces, tr("Replace the profile of this name"));
    add->group(kVerbs);
    addExamples(*add, tr(kAddExample));
    add->callback([this] { m_verb = Verb::Add; });

    CLI::App *password = app.add_subcommand(
        "password", tr("Keep a password in the system's keychain; it is asked for").toStdString());
    addProfile(*password, "NAME", m_name, tr("The profile's name"))->required();
    addFlag(*password, "--database", m_isOfDatabase, tr("The database's, not Redis'"));
    addFlag(*password, "--sentinel", m_isOfSentinels, tr("The Sentinels', not Redis'"));
    addFlag(*password, "--forget", m_forgets, tr("Take it out of the keychain"));
    password->group(kVerbs);
    addExamples(*password, tr(kPasswordExample));
    password->callback([this] { m_verb = Verb::Password; });
}

void ProfileCommand::declareGuardrails(CLI::App &add)
{
    addText(add, "--environment", m_environment,
            tr("development (the default), staging, or production, which opens "
               "read-only until it is unlocked"))
        ->type_name("ENVIRONMENT");
    addText(add, "--rights", m_rights,
            tr("operator (the default), stale-locks (release locks that never expire, "
               "are held long or renewed for long, and nothing else), read-only"))
        ->type_name("RIGHTS");
    addText(add, "--color", m_color, tr("Of the strip above the list, as #B42318"))
        ->type_name("#RRGGBB");
    addNumber(add, "--at-most", m_cap, 1, tr("How many locks one act may touch (default 50)"));
    add.add_option(
           "--held-long", m_heldLong,
           tr("From which share of its lease a lock is held long (default 0.5)").toStdString())
        ->type_name("SHARE");
    addSpan(add, "--renewing-long", m_renewingLong,
            tr("From when on a lock is renewed for long (default 5m)"));
    addNumber(add, "--storm", m_stormPerMinute, 1,
              tr("More acquisitions a minute are a storm (default 30)"));
}

void ProfileCommand::declareMoving(CLI::App &app)
{
    CLI::App *remove =
        app.add_subcommand("remove", tr("Forget a connection, and its passwords").toStdString());
    addProfile(*remove, "NAME", m_name, tr("The profile's name"))->required();
    addFlag(*remove, "--yes", m_isConfirmed, tr("Do not ask"));
    remove->group(kVerbs);
    remove->callback([this] { m_verb = Verb::Remove; });
    CLI::App *import = app.add_subcommand(
        "import", tr("Add the connections of a file that export wrote").toStdString());
    addWord(*import, "FILE", m_file, tr("The file"))->required();
    addFlag(*import, "--replace", m_replaces, tr("Replace profiles of the same name"));
    import->group(kVerbs);
    import->callback([this] { m_verb = Verb::Import; });
    CLI::App *exporting = app.add_subcommand(
        "export",
        tr("Write connections to standard output; passwords are not in it").toStdString());
    addTexts(*exporting, "NAME", m_names, tr("Only these"))->check(notAnAddress)->type_name("");
    exporting->group(kVerbs);
    addExamples(*exporting, tr(kExportExample));
    exporting->callback([this] { m_verb = Verb::Export; });
}

} // namespace lockkeeper::cli
