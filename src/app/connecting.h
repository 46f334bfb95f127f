// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/secretstore.h"
#include "app/sshtunnel.h"
#include "app/target.h"
#include "core/flows.h"

#include <memory>

/// The way from a saved connection to a target that can be connected to, for window and terminal.
namespace lockkeeper::app {

/// Passwords that somebody has typed: used, and kept by nobody but the connection.
struct GivenSecrets
{
    Secret redis;
    Secret database;
};

/// The target with the passwords that the keychain keeps under its profile's name, for those that
/// it lacks. `secrets` is kept alive by whoever starts the flow.
[[nodiscard]] QCoro::Task<Target> withSecrets(SecretStore &secrets, Target target);

/// A target, and the tunnel that it is reached through: null where it asks for none.
struct RoutedTarget
{
    Target target;
    std::shared_ptr<SshTunnel> tunnel;
};

/// Opens the tunnel that the target asks for.
[[nodiscard]] Task<RoutedTarget> routed(Target target, SshTunnel::Options options,
                                        std::stop_token stop);

} // namespace lockkeeper::app
