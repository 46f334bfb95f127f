// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/connecting.h"

#include <functional>
#include <stop_token>

namespace lockkeeper::app {

namespace {

using Part = SecretName::Part;

/// What the keychain has of it; nothing where it has nothing, or cannot be asked.
QCoro::Task<Secret> kept(SecretStore &secrets, QString profile, Part part)
{
    const SecretName name{profile, part};
    const Result<std::optional<Secret>> found = co_await secrets.read(name);
    co_return found && *found ? **found : Secret();
}

bool isPostgreSql(const Target &target)
{
    return target.database && target.database->kind == sessions::Dsn::Kind::PostgreSql;
}

} // namespace

QCoro::Task<Target> withSecrets(SecretStore &secrets, Target target)
{
    Target filled = target;
    const QString profile = target.guardrails.profile;
    if (filled.server.node.password.isEmpty())
        filled.server.node.password = co_await kept(secrets, profile, Part::Redis);
    const bool hasSentinels = filled.server.kind == redis::Deployment::Kind::Sentinel;
    if (hasSentinels && filled.server.sentinelPassword.isEmpty())
        filled.server.sentinelPassword = co_await kept(secrets, profile, Part::Sentinel);
    if (isPostgreSql(filled) && filled.database->password.isEmpty())
        filled.database->password = co_await kept(secrets, profile, Part::Database);
    co_return filled;
}

Task<RoutedTarget> routed(Target target, SshTunnel::Options options, std::stop_token stop)
{
    RoutedTarget reached{target, nullptr};
    if (target.ssh.isEmpty())
        co_return reached;
    const Result<TunnelSpec> spec = parseTunnel(target.ssh);
    if (!spec)
        co_return spec.error();
    const auto tunnel = std::make_shared<SshTunnel>(*spec, options);
    const std::stop_callback stopped(stop, std::function<void()>([weak = std::weak_ptr(tunnel)] {
                                         if (const auto open = weak.lock())
                                             open->close();
                                     }));
    const redis::ServerAddress &node = target.server.node;
    QList<SshTunnel::Forward> forwards{{node.endpoint.host, node.endpoint.port}};
    if (isPostgreSql(target))
        forwards.append({target.database->host, target.database->port});
    const Result<QList<quint16>> ports = co_await tunnel->open(forwards);
    if (!ports)
        co_return ports.error();
    reached.target.route = Route{ports->value(0), ports->value(1)};
    reached.tunnel = tunnel;
    co_return reached;
}

} // namespace lockkeeper::app
