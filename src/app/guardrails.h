// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/diagnosis.h"

#include <QLatin1StringView>
#include <QString>

#include <array>
#include <optional>

namespace lockkeeper::app {

/// What kind of place a connection leads to.
enum class Environment {
    None, ///< nobody has said
    Development,
    Staging,
    Production, ///< opens read-only; see WriteWindow
};

/// What an operator may do over a connection, whatever the server would allow.
enum class Scope {
    ReadOnly,
    StaleLocks, ///< release locks that are no_expiry, held_long or renewing_long, and nothing else
    Operator,
};

/// "none", "development", "staging", "production".
[[nodiscard]] QLatin1StringView name(Environment environment);
[[nodiscard]] std::optional<Environment> environmentFromName(const QString &name);
/// "read-only", "stale-locks", "operator".
[[nodiscard]] QLatin1StringView name(Scope scope);
[[nodiscard]] std::optional<Scope> scopeFromName(const QString &name);

/// What stands between an operator and a mistake; both front ends act behind it.
struct Guardrails
{
    static constexpr int kDefaultCap = 50;

    QString profile; ///< that they come from; empty: none
    Environment environment = Environment::None;
    QString color; ///< "#RRGGBB" for the environment strip; empty: the environment's own
    Scope scope = Scope::Operator;
    int cap = kDefaultCap; ///< how many locks one act may touch
    Thresholds thresholds;
    /// Why nothing may be changed, whatever the rest says: it is not known what this place is.
    QString doubt = {};

    [[nodiscard]] bool isProduction() const { return environment == Environment::Production; }

    friend bool operator==(const Guardrails &, const Guardrails &) = default;
};

} // namespace lockkeeper::app
