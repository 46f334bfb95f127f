// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "core/strongtype.h"

#include <QList>
#include <QString>

/// The sessions that the workers use, handed to them as a file: one "id user" a line.
namespace lockkeeper::demo {

struct KnownSession
{
    SessionId id;
    UserId user;
};

[[nodiscard]] Result<void> writeSessionList(const QString &path,
                                            const QList<KnownSession> &sessions);
[[nodiscard]] Result<QList<KnownSession>> readSessionList(const QString &path);

} // namespace lockkeeper::demo
