// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/profilecommand.h"

#include "app/profilestore.h"
#include "cli/console.h"
#include "cli/context.h"
#include "cli/profileview.h"
#include "core/text.h"
#include "redis/deploymenturl.h"

namespace lockkeeper::cli {

namespace {

QString partName(app::SecretName::Part part)
{
    switch (part) {
    case app::SecretName::Part::Redis:
        return QStringLiteral("Redis");
    case app::SecretName::Part::Sentinel:
        return QStringLiteral("Sentinel");
    case app::SecretName::Part::Database:
        return QStringLiteral("database");
    }
    Q_UNREACHABLE();
}

/// Profiles that could not be read are named, and the others shown.
Result<app::ProfileList> loaded(Context &context)
{
    Result<app::ProfileList> list = context.profiles().load();
    if (list) {
        for (const Error &fault : list->faults)
            context.output().warning(describe(fault));
    }
    return list;
}

} // namespace

QCoro::Task<int> ProfileCommand::run(Context &context)
{
    switch (m_verb) {
    case Verb::List:
        co_return runList(context);
    case Verb::Show:
        co_return runShow(context);
    case Verb::Add:
        co_return co_await runAdd(context);
    case Verb::Remove:
        co_return co_await runRemove(context);
    case Verb::Import:
        co_return runImport(context);
    case Verb::Export:
        co_return runExport(context);
    case Verb::Password:
        co_return co_await runPassword(context);
    }
    Q_UNREACHABLE();
}

int ProfileCommand::runList(Context &context) const
{
    const Result<app::ProfileList> list = loaded(context);
    if (!list)
        return context.fail(list.error());
    Output &output = context.output();
    if (context.isJson())
        output.json(profilesDocument(list->profiles));
    else if (list->profiles.isEmpty())
        output.note(tr("no profiles in %1 yet").arg(context.profiles().file()));
    else
        output.table(profileTable(list->profiles));
    return code(ExitCode::Done);
}

int ProfileCommand::runShow(Context &context) const
{
    const Result<app::Profile> profile = context.profiles().find(m_name);
    if (!profile)
        return context.fail(profile.error());
    if (context.isJson())
        context.output().json(profilesDocument({*profile}));
    else
        printProfile(*profile, context.output());
    return code(ExitCode::Done);
}

Result<app::Profile> ProfileCommand::withGuardrails(app::Profile profile) const
{
    const auto unknown = [](const QString &option, const QString &word, const QString &words) {
        return Error{ErrorCode::InvalidInput, tr("%1: there is no \"%2\"").arg(option, word),
                     tr("give one of %1").arg(words)};
    };
    if (!m_environment.isEmpty()) {
        const auto environment = app::environmentFromName(m_environment);
        if (!environment || *environment == app::Environment::None)
            return unknown(QStringLiteral("--environment"), m_environment,
                           QStringLiteral("development, staging, production"));
        profile.environment = *environment;
    }
    if (!m_rights.isEmpty()) {
        const auto scope = app::scopeFromName(m_rights);
        if (!scope)
            return unknown(QStringLiteral("--rights"), m_rights,
                           QStringLiteral("operator, stale-locks, read-only"));
        profile.scope = *scope;
    }
    if (!m_color.isEmpty())
        profile.color = m_color;
    if (m_cap > 0)
        profile.cap = m_cap;
    if (m_heldLong != 0)
        profile.thresholds.heldLongShare = m_heldLong;
    profile.thresholds.renewingLong = m_renewingLong.value_or(profile.thresholds.renewingLong);
    if (m_stormPerMinute > 0)
        profile.thresholds.stormPerMinute = m_stormPerMinute;
    return profile;
}

Result<app::Profile> ProfileCommand::withFamilies(app::Profile profile,
                                                  const app::TargetInput &input) const
{
    if (!input.family.isEmpty() || input.lockPrefix || input.sessionPrefix || input.lease) {
        app::TargetInput onlyFamily = input;
        onlyFamily.url = QStringLiteral("redis://localhost");
        onlyFamily.database.clear();
        const Result<app::Target> target = app::resolveTarget(onlyFamily, QProcessEnvironment());
        if (!target)
            return target.error();
        profile.families = {target->family};
    }
    for (const QString &node : m_nodes) {
        const auto id = locks::nodeIdFromText(node.section(u'=', 0, 0));
        const QString label = node.section(u'=', 1);
        if (!id || label.isEmpty())
            return Error{ErrorCode::InvalidInput,
                         tr("--node: \"%1\" is no node id with a name").arg(node),
                         tr("write it as 0242ac110009=api-3")};
        profile.nodeNames.insert(*id, label);
    }
    return profile;
}

Result<app::Profile> ProfileCommand::described(const Context &context)
{
    const app::TargetInput &input = context.options().target;
    if (input.url.isEmpty())
        return Error{ErrorCode::InvalidInput, tr("--url is required"),
                     tr("name the server: --url redis://host:6379/0")};
    app::Profile profile; // of one that is replaced what is not given stays
    if (const auto known =
            m_replaces ? context.profiles().find(m_name) : Result<app::Profile>(app::Profile()))
        profile = *known;
    profile.name = m_name;
    if (!m_ssh.isEmpty())
        profile.ssh = m_ssh;
    const Result<redis::Deployment> server = redis::parseDeploymentUrl(input.url);
    if (!server)
        return server.error();
    profile.url = redis::editableUrl(*server);
    m_passwords.append({app::SecretName::Part::Redis, server->node.password});
    m_passwords.append({app::SecretName::Part::Sentinel, server->sentinelPassword});
    if (!input.database.isEmpty()) {
        const Result<sessions::Dsn> database = sessions::parseDsn(input.database);
        if (!database)
            return database.error();
        profile.database = app::editableDsn(*database);
        m_passwords.append({app::SecretName::Part::Database, database->password});
    }
    if (!m_ssh.isEmpty()) {
        if (const auto tunnel = app::parseTunnel(m_ssh); !tunnel)
            return tunnel.error();
    }
    const Result<app::Profile> whole = withFamilies(profile, input);
    return whole ? withGuardrails(*whole) : whole;
}

QCoro::Task<int> ProfileCommand::runAdd(Context &context)
{
    const Result<app::Profile> profile = described(context);
    if (!profile)
        co_return context.fail(profile.error());
    const Result<app::ProfileList> list = context.profiles().load();
    if (!list)
        co_return context.fail(list.error());
    if (list->find(m_name) && !m_replaces)
        co_return context.fail({ErrorCode::InvalidInput,
                                tr("there is a profile \"%1\" already").arg(m_name),
                                tr("give --replace, or another name")});
    const Result<void> saved = context.profiles().save(*profile);
    if (!saved)
        co_return context.fail(saved.error());
    for (const Password &password : std::as_const(m_passwords)) {
        if (password.secret.isEmpty())
            continue;
        const app::SecretName name{m_name, password.part};
        const int kept = co_await keep(name, password.secret, context);
        if (kept != code(ExitCode::Done))
            co_return kept;
    }
    context.output().note(tr("saved in %1").arg(context.profiles().file()), Tone::Ok);
    if (context.isJson())
        context.output().json(profilesDocument({*profile}));
    co_return code(ExitCode::Done);
}

QCoro::Task<int> ProfileCommand::keep(app::SecretName name, Secret password, Context &context)
{
    const Result<app::Kept> kept = co_await context.secrets().keep(name, password);
    if (!kept)
        co_return context.fail(kept.error());
    if (*kept == app::Kept::InKeychain)
        context.output().note(
            tr("the %1 password is in the system's keychain").arg(partName(name.part)));
    else
        context.output().warning(
            tr("the %1 password was not saved: it goes to the system's keychain and to no file, "
               "so it is asked for each time (%2)")
                .arg(partName(name.part), context.secrets().whyInMemory().value_or(QString())));
    co_return code(ExitCode::Done);
}

QCoro::Task<int> ProfileCommand::runRemove(Context &context)
{
    const Result<app::Profile> profile = context.profiles().find(m_name);
    if (!profile && profile.error().code != ErrorCode::InvalidInput)
        co_return context.fail(profile.error());
    if (!m_isConfirmed) {
        const Result<void> confirmed =
            co_await context.confirm(tr("Forget the profile \"%1\"?").arg(m_name));
        if (!confirmed)
            co_return context.fail(confirmed.error());
    }
    const Result<void> removed = context.profiles().remove(m_name);
    if (!removed)
        co_return context.fail(removed.error());
    for (const auto part : {app::SecretName::Part::Redis, app::SecretName::Part::Sentinel,
                            app::SecretName::Part::Database}) {
        const app::SecretName name{m_name, part};
        const Result<void> forgotten = co_await context.secrets().forget(name);
        if (!forgotten && forgotten.error().code != ErrorCode::Io)
            context.output().warning(describe(forgotten.error()));
    }
    context.output().note(tr("removed"), Tone::Ok);
    co_return code(ExitCode::Done);
}

int ProfileCommand::runImport(Context &context) const
{
    const Result<app::ImportedProfiles> imported = context.profiles().import(m_file, m_replaces);
    if (!imported)
        return context.fail(imported.error());
    for (const Error &fault : imported->faults)
        context.output().warning(describe(fault));
    for (const QString &name : imported->known)
        context.output().warning(
            tr("\"%1\" is there already and was left as it is; --replace replaces it").arg(name));
    const qsizetype left = imported->faults.size() + imported->known.size();
    context.output().note(tr("%1 added, %2 left").arg(imported->added).arg(left),
                          left > 0 ? Tone::Warn : Tone::Ok);
    if (left == 0)
        return code(ExitCode::Done);
    return code(imported->added > 0 ? ExitCode::PartlyDone : ExitCode::Failed);
}

int ProfileCommand::runExport(Context &context) const
{
    const Result<app::ProfileList> list = loaded(context);
    if (!list)
        return context.fail(list.error());
    QList<app::Profile> chosen = list->profiles;
    for (const QString &name : m_names) {
        if (!list->find(name))
            return context.fail(context.profiles().find(name).error());
    }
    if (!m_names.isEmpty())
        chosen.removeIf([this](const app::Profile &one) { return !m_names.contains(one.name); });
    context.output().json(profilesDocument(chosen));
    return code(ExitCode::Done);
}

QCoro::Task<int> ProfileCommand::runPassword(Context &context)
{
    const Result<app::Profile> profile = context.profiles().find(m_name);
    if (!profile)
        co_return context.fail(profile.error());
    const app::SecretName name{m_name, m_isOfDatabase    ? app::SecretName::Part::Database
                                       : m_isOfSentinels ? app::SecretName::Part::Sentinel
                                                         : app::SecretName::Part::Redis};
    if (m_forgets) {
        const Result<void> forgotten = co_await context.secrets().forget(name);
        if (!forgotten)
            co_return context.fail(forgotten.error());
        context.output().note(tr("forgotten"), Tone::Ok);
        co_return code(ExitCode::Done);
    }
    const Error needed{ErrorCode::NotPermitted,
                       tr("the %1 password of \"%2\"").arg(partName(name.part), m_name),
                       {}};
    const Result<Secret> given = co_await context.password(needed);
    if (!given)
        co_return context.fail(given.error());
    const int exitCode = co_await keep(name, *given, context);
    const bool isKept = !context.secrets().whyInMemory();
    co_return exitCode == code(ExitCode::Done) && !isKept ? code(ExitCode::Failed) : exitCode;
}

} // namespace lockkeeper::cli
