// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/guardrails.h"
#include "app/target.h"
#include "core/result.h"
#include "locks/lockfamily.h"
#include "locks/owner.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace lockkeeper::app {

/// A saved connection. It holds no password: those are in the system's keychain.
struct Profile
{
    QString name;
    Environment environment = Environment::Development;
    QString color;    ///< "#RRGGBB"; empty: the environment's own
    QString url;      ///< of Redis, as parseDeploymentUrl() reads it
    QString database; ///< as parseDsn() reads it; empty: none
    QString ssh;      ///< "[user@]host" to tunnel through; empty: directly
    Scope scope = Scope::Operator;
    QList<locks::LockFamily> families; ///< the first is the one to begin with; empty: chat
    locks::NodeNames nodeNames;
    Thresholds thresholds;
    int cap = Guardrails::kDefaultCap; ///< how many locks one act may touch
    /// Fields that a newer release, or somebody's hand, has added: kept as they are.
    QByteArray unknownJson;

    friend bool operator==(const Profile &, const Profile &) = default;
};

/// InvalidInput naming the field: a name that is empty or has control characters, an address that
/// cannot be read or holds a password, a color, a cap, a family.
[[nodiscard]] Result<void> check(const Profile &profile);

/// What the profile connects to; `family` is one of its own or a built-in one, empty: its first.
[[nodiscard]] Result<Target> targetOf(const Profile &profile, const QString &family = {});

/// The guardrails of the strictest profile that leads to the same server and database number: an
/// address given by hand is not a way around them. Names are compared, not looked up: by another
/// name of a server its profile is not found.
[[nodiscard]] Guardrails guardrailsFor(const Target &target, const QList<Profile> &profiles);

} // namespace lockkeeper::app
