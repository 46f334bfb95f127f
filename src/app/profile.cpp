// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profile.h"

#include "app/profilejson.h"
#include "app/tunnelspec.h"
#include "redis/deploymenturl.h"

#include <QDir>
#include <QFileInfo>
#include <QHostAddress>
#include <QRegularExpression>

#include <algorithm>

namespace lockkeeper::app {

namespace {

constexpr qsizetype kLongestName = 100;
constexpr int kMostAtOnce = 1'000'000;
const QString kLoopback = QStringLiteral("localhost");

Error invalid(const Profile &profile, const QString &what, const QString &hint)
{
    return {ErrorCode::InvalidInput, u"the profile \"" + profile.name + u"\": " + what, hint};
}

Error passwordInside(const Profile &profile, const QString &field)
{
    return invalid(profile, field + u" holds a password",
                   u"take it out, change it since it was readable, and keep the new one in the "
                   u"keychain: lockkeeper-cli profile password \"" +
                       profile.name + u'"');
}

/// Not of those that would break the line, or have a name read as another one.
bool isPlain(QChar c)
{
    switch (c.direction()) {
    case QChar::DirLRE:
    case QChar::DirLRO:
    case QChar::DirRLE:
    case QChar::DirRLO:
    case QChar::DirPDF:
    case QChar::DirLRI:
    case QChar::DirRLI:
    case QChar::DirFSI:
    case QChar::DirPDI:
        return false;
    default:
        break;
    }
    const QChar::Category category = c.category();
    return c != u'"' && category != QChar::Other_Control && category != QChar::Separator_Line &&
           category != QChar::Separator_Paragraph;
}

Result<void> checkName(const Profile &profile)
{
    const QString &name = profile.name;
    if (!name.isEmpty() && name.trimmed() == name && name.size() <= kLongestName &&
        std::ranges::all_of(name, &isPlain))
        return {};
    return Error{ErrorCode::InvalidInput, u"\"" + name + u"\" is no name for a profile",
                 QStringLiteral("give it a short name without quotes and line breaks, such as "
                                "api-prod")};
}

Result<redis::Deployment> serverOf(const Profile &profile)
{
    const Result<redis::Deployment> server = redis::parseDeploymentUrl(profile.url);
    if (!server)
        return invalid(profile, u"redis: " + server.error().what, server.error().hint);
    if (!server->node.password.isEmpty() || !server->sentinelPassword.isEmpty())
        return passwordInside(profile, QStringLiteral("redis"));
    if (!profile.ssh.isEmpty() && (server->kind != redis::Deployment::Kind::Single ||
                                   server->node.endpoint.kind != Endpoint::Kind::Tcp))
        return invalid(profile, QStringLiteral("an SSH tunnel leads to one server only"),
                       QStringLiteral("name a server by redis:// or rediss://; Sentinels and "
                                      "clusters announce addresses that a tunnel does not reach"));
    return server;
}

Result<void> checkTunnel(const Profile &profile)
{
    if (profile.ssh.isEmpty())
        return {};
    const Result<TunnelSpec> spec = parseTunnel(profile.ssh);
    return spec ? Result<void>()
                : invalid(profile, u"ssh: " + spec.error().what, spec.error().hint);
}

Result<std::optional<sessions::Dsn>> databaseOf(const Profile &profile)
{
    if (profile.database.isEmpty())
        return std::optional<sessions::Dsn>();
    const Result<sessions::Dsn> dsn = sessions::parseDsn(profile.database);
    if (!dsn)
        return invalid(profile, u"database: " + dsn.error().what, dsn.error().hint);
    if (!dsn->password.isEmpty())
        return passwordInside(profile, QStringLiteral("database"));
    return std::optional(*dsn);
}

Result<void> checkThresholds(const Profile &profile)
{
    const Thresholds &thresholds = profile.thresholds;
    if (thresholds.heldLongShare <= 0 || thresholds.heldLongShare > 1)
        return invalid(profile, QStringLiteral("held_long is a share of the lease"),
                       QStringLiteral("give a number above 0, up to 1"));
    if (thresholds.renewingLong <= milliseconds::zero() || thresholds.stormPerMinute < 1)
        return invalid(profile, QStringLiteral("a threshold is not positive"),
                       QStringLiteral("renewing_long is a span such as 5m, storm_per_minute a "
                                      "number from 1 on"));
    return {};
}

Result<void> checkFamilies(const Profile &profile)
{
    QStringList names;
    for (const locks::LockFamily &family : profile.families) {
        if (const Result<void> valid = family.check(); !valid)
            return invalid(profile, valid.error().what, valid.error().hint);
        if (family.name.isEmpty() || names.contains(family.name))
            return invalid(profile, QStringLiteral("each family needs a name of its own"),
                           QStringLiteral("rename the family that has none, or another's"));
        names.append(family.name);
    }
    return {};
}

Result<locks::LockFamily> familyOf(const Profile &profile, const QString &name)
{
    if (name.isEmpty())
        return profile.families.isEmpty() ? locks::LockFamily() : profile.families.first();
    QStringList names;
    for (const locks::LockFamily &family : profile.families) {
        if (family.name == name)
            return family;
        names.append(family.name);
    }
    const Result<locks::LockFamily> builtIn = locks::builtInFamily(name);
    if (builtIn)
        return builtIn;
    return invalid(profile, u"it has no family \"" + name + u'"',
                   names.isEmpty() ? QStringLiteral("the built-in families are chat and copilot")
                                   : QString(u"its families are " + names.join(u", ") +
                                             u"; chat and copilot are built in"));
}

/// The file itself, by whatever way it is named.
QString plainPath(const QString &path)
{
    const QString real = QFileInfo(path).canonicalFilePath();
    return real.isEmpty() ? QDir::cleanPath(path) : real;
}

/// However it is written; names are not looked up.
Endpoint plainly(const Endpoint &endpoint)
{
    Endpoint plain = endpoint;
    plain.path = plainPath(endpoint.path);
    plain.host = endpoint.host.toLower();
    if (plain.host.endsWith(u'.'))
        plain.host.chop(1);
    const QHostAddress address(plain.host);
    if (address.isLoopback())
        plain.host = kLoopback;
    else if (!address.isNull())
        plain.host = address.toString();
    return plain;
}

/// Where each of them is asked first: any is enough to reach the whole.
QList<Endpoint> peersOf(const redis::Deployment &server)
{
    const bool isSingle = server.kind == redis::Deployment::Kind::Single;
    QList<Endpoint> peers;
    for (const Endpoint &peer : isSingle ? QList<Endpoint>{server.node.endpoint} : server.seeds)
        peers.append(plainly(peer));
    return peers;
}

bool hasServerOf(const Profile &profile, const Target &target)
{
    const Result<redis::Deployment> server = serverOf(profile);
    if (!server || server->kind != target.server.kind || server->service != target.server.service ||
        server->node.database != target.server.node.database)
        return false;
    const QList<Endpoint> peers = peersOf(target.server);
    return std::ranges::any_of(peersOf(*server), [&](const Endpoint &peer) {
        const bool isElsewhere = peer.kind == Endpoint::Kind::Tcp && peer.host == kLoopback &&
                                 profile.ssh != target.ssh; // the loopback of another machine
        return !isElsewhere && peers.contains(peer);
    });
}

/// Rows that are deleted over another server than theirs are deleted under no lock of theirs.
bool hasDatabaseOf(const Profile &profile, const Target &target)
{
    const auto dsn = databaseOf(profile);
    if (!dsn || !*dsn || !target.database || (*dsn)->kind != target.database->kind)
        return false;
    const sessions::Dsn &mine = **dsn;
    const sessions::Dsn &other = *target.database;
    if (mine.kind == sessions::Dsn::Kind::Sqlite)
        return plainPath(mine.path) == plainPath(other.path);
    const auto plainHost = [](const sessions::Dsn &one) {
        Endpoint endpoint;
        endpoint.host = one.host;
        return plainly(endpoint).host;
    };
    return plainHost(mine) == plainHost(other) && mine.port == other.port &&
           mine.database == other.database && profile.ssh == target.ssh;
}

bool leadsTo(const Profile &profile, const Target &target)
{
    return hasServerOf(profile, target) || hasDatabaseOf(profile, target);
}

/// Whether the profile gives less than what is known so far.
bool isStricter(const Profile &profile, const Guardrails &than)
{
    return profile.environment == than.environment ? profile.scope < than.scope
                                                   : profile.environment > than.environment;
}

Guardrails guardrailsOf(const Profile &profile)
{
    return {profile.name,  profile.environment, profile.color,
            profile.scope, profile.cap,         profile.thresholds};
}

/// Of several profiles that lead to one place the least holds that any of them gives.
Guardrails strictestOf(const Guardrails &known, const Profile &profile)
{
    if (known.profile.isEmpty())
        return guardrailsOf(profile);
    Guardrails strictest = isStricter(profile, known) ? guardrailsOf(profile) : known;
    strictest.environment = std::max(known.environment, profile.environment);
    strictest.scope = std::min(known.scope, profile.scope);
    strictest.cap = std::min(known.cap, profile.cap);
    return strictest;
}

} // namespace

Result<void> check(const Profile &profile)
{
    static const QRegularExpression kColor(QStringLiteral("^#[0-9A-Fa-f]{6}$"));
    if (const Result<void> valid = checkName(profile); !valid)
        return valid;
    if (const auto server = serverOf(profile); !server)
        return server.error();
    if (const auto database = databaseOf(profile); !database)
        return database.error();
    if (const Result<void> tunnel = checkTunnel(profile); !tunnel)
        return tunnel;
    if (!profile.color.isEmpty() && !kColor.match(profile.color).hasMatch())
        return invalid(profile, u"\"" + profile.color + u"\" is no color",
                       QStringLiteral("write it as #RRGGBB, such as #B42318"));
    if (profile.cap < 1 || profile.cap > kMostAtOnce)
        return invalid(profile, QStringLiteral("the cap is out of range"),
                       QStringLiteral("give the number of locks that one act may touch, from 1 "
                                      "to 1000000"));
    if (const Result<void> valid = checkThresholds(profile); !valid)
        return valid;
    return checkFamilies(profile);
}

Result<Target> targetOf(const Profile &profile, const QString &family)
{
    if (const Result<void> valid = check(profile); !valid)
        return valid.error();
    const Result<locks::LockFamily> chosen = familyOf(profile, family);
    if (!chosen)
        return chosen.error();
    Target target;
    target.name = profile.name;
    target.server = *serverOf(profile);
    target.database = *databaseOf(profile);
    target.family = *chosen;
    target.nodeNames = profile.nodeNames;
    target.guardrails = guardrailsOf(profile);
    target.ssh = profile.ssh;
    return target;
}

Guardrails guardrailsFor(const Target &target, const QList<Profile> &profiles)
{
    if (!target.guardrails.profile.isEmpty())
        return target.guardrails;
    Guardrails strictest = target.guardrails;
    for (const Profile &profile : profiles) {
        if (leadsTo(profile, target))
            strictest = strictestOf(strictest, profile);
    }
    // What is stale depends on the lease, and that of an address by hand is whatever was typed.
    if (strictest.scope == Scope::StaleLocks && strictest.doubt.isEmpty())
        strictest.doubt = u"the profile \"" + strictest.profile +
                          u"\" lets you release stale locks only: over its address alone nothing "
                          u"is changed";
    return strictest;
}

Guardrails guardrailsFor(const Target &target, const Result<ProfileList> &saved)
{
    Guardrails guardrails = guardrailsFor(target, saved ? saved->profiles : QList<Profile>());
    if (!target.guardrails.profile.isEmpty() || (saved && saved->faults.isEmpty()))
        return guardrails;
    const Error &fault = saved ? saved->faults.first() : saved.error();
    guardrails.doubt =
        u"it is not known what kind of place this is, so nothing is changed: " + fault.what;
    return guardrails;
}

} // namespace lockkeeper::app
