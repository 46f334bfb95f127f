// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commandline.h"

#include "cli/auditcommand.h"
#include "cli/deletecommand.h"
#include "cli/democommand.h"
#include "cli/doctorcommand.h"
#include "cli/helpformatter.h"
#include "cli/historycommand.h"
#include "cli/listcommand.h"
#include "cli/profilecommand.h"
#include "cli/releasecommand.h"
#include "cli/sessioncommand.h"
#include "cli/showcommand.h"
#include "cli/takeovercommand.h"
#include "cli/usageerror.h"
#include "cli/waiterscommand.h"
#include "cli/watchcommand.h"
#include "cli/withlockcommand.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace lockkeeper::cli {

namespace {

/// The verbs below this one, by their whole names.
QStringList verbsOf(const CLI::App &app, const QString &above)
{
    QStringList verbs;
    for (const CLI::App *verb : app.get_subcommands(nullptr)) {
        const QString name = above + QString::fromStdString(verb->get_name());
        const QStringList below = verbsOf(*verb, name + u' ');
        verbs += below.isEmpty() ? QStringList{name} : below;
    }
    return verbs;
}

} // namespace

CommandLine::CommandLine()
    : m_app(std::make_unique<CLI::App>(
          tr("Shows the session locks of a chat back end on Redis live, and releases and deletes "
             "safely.")
              .toStdString(),
          "lockkeeper-cli"))
{
    m_app->set_version_flag("--version", "lockkeeper-cli " LK_VERSION);
    m_app->set_help_flag("-h,--help", tr("Print this help and exit").toStdString());
    m_app->formatter(std::make_shared<HelpFormatter>());
    m_app->get_formatter()->label("Positionals", tr("Arguments").toStdString());
    m_app->fallthrough(); // common options are taken after the verb as well
    m_app->require_subcommand(1, 1);
    declareCommon();
    declareVerbs();
    m_app->footer(
        tr("Without --url and --db the environment is asked: LOCKKEEPER_URL, LOCKKEEPER_DB, else\n"
           "REDIS_HOST or REDIS_CLUSTER_HOST with their _PORT, REDIS_PASSWORD, DATABASE_URL. A\n"
           "password may also come from LOCKKEEPER_REDIS_PASSWORD, LOCKKEEPER_SENTINEL_PASSWORD\n"
           "or PGPASSWORD; on a terminal one that is missing is asked for.\n"
           "\n"
           "Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 refused: the lock changed "
           "hands,\n"
           "5 lock not obtained in time, 6 cannot connect, 7 not permitted, 8 partly done.\n"
           "\n"
           "Start here:\n"
           "  lockkeeper-cli --demo list\n"
           "  lockkeeper-cli --url redis://localhost:6379/0 doctor\n"
           "  lockkeeper-cli VERB --help")
            .toStdString());
}

CommandLine::~CommandLine() = default;

void CommandLine::declareCommon()
{
    CLI::App &app = *m_app;
    const std::string group = tr("Connection and output, before or after the verb").toStdString();
    app::TargetInput &target = m_options.target;
    addWord(
        app, "--url", target.url,
        tr("redis://, rediss:// (TLS) or redis+unix:///path, with user, password "
           "and /db (?db=N after a path); redis+sentinel://host,…/SERVICE; redis+cluster://host,…"))
        ->type_name("URL")
        ->group(group);
    addWord(app, "--db", target.database, tr("postgresql://user@host/database or sqlite:///path"))
        ->type_name("DSN")
        ->group(group);
    addProfile(app, "--profile", m_options.profile,
               tr("A saved connection, with its guardrails; lockkeeper-cli profile lists them"))
        ->type_name("NAME")
        ->group(group);
    addWord(app, "--family", target.family,
            tr("Key family: chat (the default), copilot, or one of the profile's"))
        ->type_name("NAME")
        ->group(group);
    addText(app, "--lock-prefix", target.lockPrefix, tr("Prefix of lock keys"))
        ->type_name("PREFIX")
        ->group(group);
    addText(app, "--session-prefix", target.sessionPrefix, tr("Prefix of cached sessions"))
        ->type_name("PREFIX")
        ->group(group);
    addText(app, "--lease", target.lease, tr("Lease of the locks, as 60s"))
        ->type_name("DURATION")
        ->group(group);
    addFlag(app, "--read-only", target.isReadOnly, tr("Send nothing that changes anything"))
        ->group(group);
    addWord(app, "--unlock", m_options.unlock,
            tr("Unlock a production profile for this act, by naming its environment"))
        ->type_name("ENVIRONMENT")
        ->group(group);
    addFlag(app, "--demo", m_options.isDemo,
            tr("Use a demo of its own: private server, sessions and workers, gone afterwards"))
        ->group(group);
    addFlag(app, "--json", m_options.isJson, tr("Write JSON for programs"))->group(group);
}

QStringList CommandLine::verbs() const
{
    return verbsOf(*m_app, {});
}

void CommandLine::declareVerbs()
{
    m_commands.push_back(std::make_unique<ListCommand>());
    m_commands.push_back(std::make_unique<WatchCommand>());
    m_commands.push_back(std::make_unique<ShowCommand>());
    m_commands.push_back(std::make_unique<ReleaseCommand>());
    m_commands.push_back(std::make_unique<TakeOverCommand>());
    m_commands.push_back(std::make_unique<DeleteCommand>());
    auto withLock = std::make_unique<WithLockCommand>();
    m_withLock = withLock.get();
    m_commands.push_back(std::move(withLock));
    m_commands.push_back(std::make_unique<WaitersCommand>());
    m_commands.push_back(std::make_unique<HistoryCommand>());
    m_commands.push_back(std::make_unique<SessionCommand>());
    m_commands.push_back(std::make_unique<DoctorCommand>());
    m_commands.push_back(std::make_unique<AuditCommand>());
    m_commands.push_back(std::make_unique<ProfileCommand>());
    m_commands.push_back(std::make_unique<DemoCommand>());
    for (const auto &command : m_commands) {
        CLI::App *verb = m_app->add_subcommand(command->verb(), command->summary().toStdString());
        verb->group(kVerbs);
        command->declare(*verb);
        verb->callback([this, chosen = command.get()] { m_chosen = chosen; });
    }
}

std::optional<int> CommandLine::parse(int argc, char **argv)
{
    std::vector<std::string> arguments(argv + 1, argv + argc);
    takeProgram(arguments);
    if (const auto forgotten = forgottenToken(arguments))
        return refuse(*forgotten);
    std::ranges::reverse(arguments); // as CLI11 takes a vector
    try {
        m_app->parse(std::move(arguments));
    } catch (const CLI::Success &help) {
        return m_app->exit(help);
    } catch (const CLI::ParseError &refusal) {
        return refuse(usageError(*m_app, refusal));
    }
    const app::TargetInput &target = m_options.target;
    const bool isPlaceGiven = !target.url.isEmpty() || !target.database.isEmpty();
    if (m_options.isDemo && isPlaceGiven)
        return refuse({ErrorCode::InvalidInput, tr("--demo brings its own --url and --db"),
                       tr("leave --demo away, or --url and --db")});
    if (!m_options.profile.isEmpty() && (m_options.isDemo || isPlaceGiven || target.lockPrefix ||
                                         target.sessionPrefix || target.lease))
        return refuse({ErrorCode::InvalidInput,
                       tr("--profile brings its own server, database and families"),
                       tr("leave --profile away, or give no more beside it than --family, "
                          "--read-only and --unlock")});
    if (const std::optional<Error> misuse = m_chosen->misuse())
        return refuse(*misuse);
    return std::nullopt;
}

/// An option that stands where a token was to stand is no token: the value was forgotten.
std::optional<Error> CommandLine::forgottenToken(const std::vector<std::string> &arguments)
{
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
        const std::string &name = arguments[i];
        if ((name == "--token" || name == "--take-over") && arguments[i + 1].starts_with("--"))
            return Error{
                ErrorCode::InvalidInput,
                tr("%1 needs a value, which was not given").arg(QString::fromStdString(name)),
                tr("a token that begins with two dashes is written behind an equals "
                   "sign: %1=%2")
                    .arg(QString::fromStdString(name),
                         QString::fromLocal8Bit(arguments[i + 1].c_str()))};
    }
    return std::nullopt;
}

void CommandLine::takeProgram(std::vector<std::string> &arguments)
{
    // Its options are its own: none of them may be taken for one of ours.
    const auto mark = std::ranges::find(arguments, "--");
    if (mark == arguments.end() || std::find(arguments.begin(), mark, "with-lock") == mark)
        return;
    QStringList program;
    for (auto word = mark + 1; word != arguments.end(); ++word)
        program.append(QString::fromLocal8Bit(word->c_str()));
    m_withLock->setProgram(program);
    arguments.erase(mark, arguments.end());
}

int CommandLine::refuse(const Error &error)
{
    Output().error(error);
    return static_cast<int>(ExitCode::Usage);
}

} // namespace lockkeeper::cli
