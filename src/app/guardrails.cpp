// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/guardrails.h"

#include <algorithm>
#include <utility>

namespace lockkeeper::app {

namespace {

constexpr std::array kEnvironments{
    std::pair(Environment::None, QLatin1StringView("none")),
    std::pair(Environment::Development, QLatin1StringView("development")),
    std::pair(Environment::Staging, QLatin1StringView("staging")),
    std::pair(Environment::Production, QLatin1StringView("production")),
};

constexpr std::array kScopes{
    std::pair(Scope::ReadOnly, QLatin1StringView("read-only")),
    std::pair(Scope::StaleLocks, QLatin1StringView("stale-locks")),
    std::pair(Scope::Operator, QLatin1StringView("operator")),
};

template<typename Names, typename Value>
QLatin1StringView nameIn(const Names &names, Value value)
{
    const auto found =
        std::ranges::find_if(names, [value](const auto &pair) { return pair.first == value; });
    return found == names.end() ? QLatin1StringView() : found->second;
}

template<typename Names>
auto valueIn(const Names &names, const QString &name) -> std::optional<decltype(names[0].first)>
{
    const auto found =
        std::ranges::find_if(names, [&](const auto &pair) { return name == pair.second; });
    return found == names.end() ? std::nullopt : std::optional(found->first);
}

} // namespace

QLatin1StringView name(Environment environment)
{
    return nameIn(kEnvironments, environment);
}

std::optional<Environment> environmentFromName(const QString &name)
{
    return valueIn(kEnvironments, name);
}

QLatin1StringView name(Scope scope)
{
    return nameIn(kScopes, scope);
}

std::optional<Scope> scopeFromName(const QString &name)
{
    return valueIn(kScopes, name);
}

} // namespace lockkeeper::app
