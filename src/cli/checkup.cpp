// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/checkup.h"

#include "cli/ending.h"
#include "cli/feedprobe.h"
#include "cli/rightsprobe.h"
#include "cli/seedprobe.h"
#include "cli/severalservers.h"
#include "core/text.h"
#include "sessions/sessiondatabase.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

using Outcome = CheckupStage::Outcome;
using redis::ServerAddress;

namespace {

/// Nothing depends on it, but times in logs of both will be hard to match.
constexpr auto kWrongClock = std::chrono::seconds(5);

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QString whyNotTried()
{
    return tr("not tried: interrupted");
}

/// Sentinels and clusters have a stage of their own.
bool isOf(redis::Deployment::Kind kind, const QString &stageName)
{
    if (stageName == u"sentinels")
        return kind == redis::Deployment::Kind::Sentinel;
    return stageName != u"cluster" || kind == redis::Deployment::Kind::Cluster;
}

bool saysDatabaseIsThere(const Error &error)
{
    return exitCodeOf(error.code) != ExitCode::CannotConnect && error.code != ErrorCode::TimedOut &&
           error.code != ErrorCode::Cancelled;
}

} // namespace

Checkup::Checkup(app::Target target, const Clock &clock, std::stop_token stop)
    : m_target(std::move(target))
    , m_clock(clock)
    , m_stop(std::move(stop))
    , m_client(m_target.reachableServer(),
               {.isReadOnly = m_target.opensReadOnly(), .reconnects = false}, clock)
{}

QCoro::Task<QList<CheckupStage>> Checkup::run()
{
    struct Step
    {
        const char *name;
        QCoro::Task<CheckupStage> (Checkup::*look)();
    };
    const QList<Step> steps{
        {"resolve", &Checkup::resolve},
        {"connect", &Checkup::reach},
        {"tls", &Checkup::speakTls},
        {"sentinels", &Checkup::askSentinels},
        {"cluster", &Checkup::askCluster},
        {"auth", &Checkup::logIn},
        {"role", &Checkup::askRole},
        {"clock", &Checkup::askTime},
        {"rights to watch", &Checkup::tryReading},
        {"rights to act", &Checkup::tryActing},
        {"further rights", &Checkup::lookFurther},
        {"feed", &Checkup::tryFeed},
    };
    const std::stop_callback closing(m_stop, [this] { m_client.close(); });
    QString failedName;
    for (const Step &step : steps) {
        const QString stageName = QString::fromLatin1(step.name);
        if (!isOf(m_target.server.kind, stageName))
            continue;
        if (m_stop.stop_requested()) {
            skip(stageName, whyNotTried());
            continue;
        }
        if (failedName == stageName) // said already, by the stage before
            continue;
        if (!failedName.isEmpty()) {
            skip(stageName, tr("not tried: %1 failed").arg(failedName));
            continue;
        }
        const SteadyTime since = m_clock.steady();
        const CheckupStage stage = co_await (this->*step.look)();
        keep(stage, since);
        // Missing rights do not keep us from trying the rest.
        if (stage.outcome == Outcome::Failed && stage.exitCode == ExitCode::CannotConnect)
            failedName = stage.name;
    }
    m_client.close();
    co_await checkDatabase();
    co_return m_stages;
}

void Checkup::keep(CheckupStage stage, SteadyTime since)
{
    stage.took = std::chrono::round<milliseconds>(m_clock.steady() - since);
    m_stages.append(std::move(stage));
}

void Checkup::skip(const QString &stageName, const QString &why)
{
    CheckupStage stage;
    stage.name = stageName;
    stage.outcome = Outcome::Skipped;
    stage.detail = why;
    m_stages.append(std::move(stage));
}

QCoro::Task<CheckupStage> Checkup::resolve()
{
    SeveralServers hosts(QStringLiteral("resolve"));
    QStringList known;
    for (const ServerAddress &seed : seedsOf(m_target.server)) {
        const Endpoint endpoint = seed.endpoint;
        if (endpoint.kind == Endpoint::Kind::Unix)
            co_return fineStage(QStringLiteral("resolve"), endpoint.path);
        if (known.contains(endpoint.host))
            continue;
        known.append(endpoint.host);
        const Result<QStringList> addresses = co_await resolveHost(endpoint.host, m_stop);
        if (addresses)
            hosts.add(tr("%1 is %2").arg(endpoint.host, addresses->join(u", ")));
        else
            hosts.add(addresses.error());
    }
    co_return hosts.stage();
}

QCoro::Task<CheckupStage> Checkup::reach()
{
    SeveralServers servers(QStringLiteral("connect"));
    for (ServerAddress seed : seedsOf(m_target.server)) {
        // Who speaks TLS has no answer to give yet.
        const Talk talk = seed.tls.isEnabled ? Talk::Open : Talk::Ping;
        seed.tls.isEnabled = false;
        const Result<void> opened = co_await openOnce(seed, talk, m_clock, m_stop);
        if (opened) {
            servers.add(seed.endpoint.toString());
            continue;
        }
        Error error = opened.error();
        if (error.code == ErrorCode::ConnectionLost && error.hint.isEmpty())
            error.hint = tr("if the server speaks TLS, use rediss://");
        servers.add(error);
    }
    co_return servers.stage();
}

QCoro::Task<CheckupStage> Checkup::speakTls()
{
    const redis::TlsSettings tls = m_target.server.node.tls;
    CheckupStage stage = fineStage(QStringLiteral("tls"), tr("not asked for"));
    if (!tls.isEnabled) {
        stage.outcome = Outcome::Skipped;
        co_return stage;
    }
    SeveralServers servers(stage.name);
    for (const ServerAddress &seed : seedsOf(m_target.server)) {
        // A server that misses our certificate says so after the handshake only.
        const Result<void> opened = co_await openOnce(seed, Talk::Ping, m_clock, m_stop);
        if (opened)
            servers.add(seed.endpoint.toString());
        else
            servers.add(opened.error());
    }
    stage = servers.stage();
    if (stage.outcome == Outcome::Failed)
        co_return stage;
    stage.detail = tr("chain and name verified");
    if (tls.isInsecure) {
        stage.outcome = Outcome::Warning;
        stage.detail = tr("encrypted, but the server's certificate is not verified");
    }
    co_return stage;
}

QCoro::Task<CheckupStage> Checkup::askSentinels()
{
    const QString stageName = QStringLiteral("sentinels");
    const Result<TopologyFinding> found =
        co_await cli::askSentinels(m_target.server, m_clock, m_stop);
    if (!found)
        co_return failedStage(stageName, found.error(), ExitCode::CannotConnect);
    CheckupStage stage = fineStage(stageName, found->detail);
    if (!found->troubles.isEmpty()) {
        stage.outcome = Outcome::Warning;
        stage.error = Error{ErrorCode::CannotConnect, found->troubles.join(u"; "),
                            tr("a failover needs most of the Sentinels")};
    }
    co_return stage;
}

QCoro::Task<CheckupStage> Checkup::askCluster()
{
    const Result<void> opened = co_await m_client.open();
    if (opened)
        co_return fineStage(QStringLiteral("cluster"), describeCluster(m_client).detail);
    // Who is not let in cannot ask; that is said of the login.
    const bool isLogin = opened.error().code == ErrorCode::PasswordNeeded ||
                         opened.error().code == ErrorCode::WrongPassword;
    co_return failedStage(isLogin ? QStringLiteral("auth") : QStringLiteral("cluster"),
                          opened.error(), ExitCode::CannotConnect);
}

QCoro::Task<CheckupStage> Checkup::logIn()
{
    const Result<void> opened = co_await m_client.open();
    const QString stageName = QStringLiteral("auth");
    if (!opened)
        co_return failedStage(stageName, opened.error(), ExitCode::CannotConnect);
    const ServerAddress &server = m_target.server.node;
    const QString user = server.user.isEmpty() ? QStringLiteral("default") : server.user;
    co_return fineStage(stageName, server.password.isEmpty()
                                       ? tr("as %1, without a password").arg(user)
                                       : tr("as %1").arg(user));
}

QCoro::Task<CheckupStage> Checkup::askRole()
{
    const redis::ServerInfo info = m_client.serverInfo();
    CheckupStage stage = fineStage(QStringLiteral("role"), info.toString());
    if (info.isReplica()) {
        // For those who only look a replica is a choice, and for the others the wrong server.
        stage.outcome = m_target.opensReadOnly() ? Outcome::Warning : Outcome::Failed;
        stage.exitCode = m_target.opensReadOnly() ? ExitCode::Done : ExitCode::NotPermitted;
        stage.error = Error{
            ErrorCode::NotPermitted,
            info.primary.isEmpty()
                ? tr("this server is a replica: what it shows may lag, and it takes no writes")
                : tr("this server is a replica of %1: what it shows may lag, and it takes no "
                     "writes")
                      .arg(info.primary),
            tr("connect to the primary to release or delete")};
    }
    co_return stage;
}

QCoro::Task<CheckupStage> Checkup::askTime()
{
    CheckupStage stage = fineStage(QStringLiteral("clock"), {});
    // The connection's own question was sent before this one.
    const Result<redis::Reply> reply = co_await m_client.send(redis::commands::time());
    if (!reply)
        co_return failedStage(stage.name, reply.error(), exitCodeOf(reply.error().code));
    const auto offset = m_client.serverTime().offset();
    if (!offset) {
        stage.outcome = Outcome::Skipped;
        stage.detail = tr("not known: %1").arg(printable(reply->bytes()));
        co_return stage;
    }
    stage.detail = describe(m_client.serverTime());
    if (std::chrono::abs(*offset) >= kWrongClock)
        stage.outcome = Outcome::Warning;
    co_return stage;
}

QCoro::Task<CheckupStage> Checkup::tryReading()
{
    const QString stageName = QStringLiteral("rights to watch");
    const Result<redis::AskedRights> probed = co_await probeRights(m_client, m_target.family);
    if (!probed)
        co_return failedStage(stageName, probed.error(), exitCodeOf(probed.error().code));
    m_rights = *probed;
    co_return judged(stageName, app::Deed::Watch, tr("scan and read locks and cached sessions"));
}

QCoro::Task<CheckupStage> Checkup::tryActing()
{
    const QString stageName = QStringLiteral("rights to act");
    CheckupStage stage =
        judged(stageName, app::Deed::Write, tr("take, release and delete locks and sessions"));
    if (m_target.opensReadOnly()) {
        stage = fineStage(stageName, tr("not tried: the connection is read-only"));
        stage.outcome = Outcome::Skipped;
    } else if (stage.error) {
        stage.error->hint = tr("watch only with --read-only; or %1").arg(stage.error->hint);
    }
    co_return stage;
}

QCoro::Task<CheckupStage> Checkup::lookFurther()
{
    const QString stageName = QStringLiteral("further rights");
    QStringList missing;
    for (const app::Deed deed : {app::Deed::Push, app::Deed::Notify, app::Deed::Embellish}) {
        const auto rights = app::rightsFor(deed, m_target.family, m_target.server.node.database);
        for (const redis::Right &right : m_rights.rights.refused(rights))
            missing.append(right.toString());
    }
    co_return fineStage(stageName, missing.isEmpty()
                                       ? tr("none is known to be missing")
                                       : tr("done without: %1").arg(missing.join(u", ")));
}

/// Whether a right that it takes is known to be missing.
CheckupStage Checkup::judged(const QString &stageName, app::Deed deed, const QString &what) const
{
    const auto missing = m_rights.rights.refused(app::rightsFor(deed, m_target.family));
    return missing.isEmpty() ? fineStage(stageName, what)
                             : failedStage(stageName, app::missingRights(missing, m_rights.user),
                                           ExitCode::NotPermitted);
}

QCoro::Task<CheckupStage> Checkup::tryFeed()
{
    const Result<FeedProof> proof = co_await cli::tryFeed(m_client, m_target, m_clock, m_stop);
    const QString stageName = QStringLiteral("feed");
    if (!proof)
        co_return failedStage(stageName, proof.error(), exitCodeOf(proof.error().code));
    const QString kind = name(proof->kind);
    CheckupStage stage = fineStage(stageName, kind);
    stage.outcome = Outcome::Warning;
    if (proof->kind == redis::ChangeFeed::Kind::Poll) {
        stage.detail =
            tr("%1: locks are looked at again and again, short holds may be missed").arg(kind);
    } else if (proof->echo) {
        if (proof->whyNotBetter.isEmpty())
            stage.outcome = Outcome::Ok;
        stage.detail = tr("%1, proven by a write of our own: told after %2 µs")
                           .arg(kind)
                           .arg(proof->echo->count());
    } else {
        stage.detail = m_target.opensReadOnly()
                           ? tr("%1, subscribed; not proven: the connection is read-only, and "
                                "the proof is a write")
                                 .arg(kind)
                           : tr("%1, subscribed; not proven: %2").arg(kind, proof->whyNot);
    }
    if (!proof->whyNotBetter.isEmpty())
        stage.detail += u"; " + proof->whyNotBetter;
    co_return stage;
}

QCoro::Task<> Checkup::checkDatabase()
{
    if (!m_target.database) {
        skip(QStringLiteral("database"), tr("none was given (--db, LOCKKEEPER_DB)"));
        skip(QStringLiteral("tables"), tr("no database"));
        co_return;
    }
    if (m_stop.stop_requested()) {
        skip(QStringLiteral("database"), whyNotTried());
        skip(QStringLiteral("tables"), whyNotTried());
        co_return;
    }
    const SteadyTime since = m_clock.steady();
    // Looking must neither create a file nor bring its tables up to date.
    sessions::SessionDatabase database(*m_target.database, sessions::SqlAccess::ReadOnly);
    const std::stop_callback closing(m_stop, [&database] { database.close(); });
    const Result<void> checked = co_await database.check();
    const bool isReached = checked || saysDatabaseIsThere(checked.error());
    if (!isReached) {
        keep(failedStage(QStringLiteral("database"), checked.error(), ExitCode::CannotConnect),
             since);
        skip(QStringLiteral("tables"), tr("not tried: %1 failed").arg(QStringLiteral("database")));
        co_return;
    }
    keep(fineStage(QStringLiteral("database"), m_target.database->displayText()), since);
    if (checked)
        keep(fineStage(QStringLiteral("tables"), tr("as needed")), since);
    else
        keep(failedStage(QStringLiteral("tables"), checked.error(),
                         exitCodeOf(checked.error().code)),
             since);
}

} // namespace lockkeeper::cli
