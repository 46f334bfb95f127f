// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "demo/demostack.h"

#include <QString>
#include <QStringList>

/// How the stack calls its own program as one of its helpers.
namespace lockkeeper::demo {

/// Works on the sessions of a list until it is killed; workers are numbered from 1.
[[nodiscard]] QStringList workerCall(const QString &socketPath, const QString &databasePath,
                                     const QString &sessionListPath, int number);
/// Takes one lock and dies with it.
[[nodiscard]] QStringList crashCall(const QString &socketPath, const QString &databasePath,
                                    const QByteArray &sessionId);
/// Removes the folder when the parent is gone.
[[nodiscard]] QStringList janitorCall(const QString &folder);

} // namespace lockkeeper::demo
