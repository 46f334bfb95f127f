// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/preview.h"

#include <QList>
#include <QStringList>

#include <optional>

namespace lockkeeper::app {

/// What is known of the lock, the cached copy and the rows, in lines.
[[nodiscard]] QList<PreviewFact> factsOf(const Inspection &inspection,
                                         const Circumstances &circumstances, SteadyTime now);

/// What has happened to the lock since the operator saw it.
[[nodiscard]] QStringList changesSince(const ActNote &note, const Inspection &inspection,
                                       const Circumstances &circumstances, SteadyTime now);

/// A lock that was taken or renewed so short a time ago has a worker that is alive.
[[nodiscard]] std::optional<QString> signOfLife(const Inspection &inspection,
                                                const Circumstances &circumstances, SteadyTime now);

} // namespace lockkeeper::app
