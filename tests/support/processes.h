// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>

namespace lockkeeper::test {

/// Whether there is a process of that id that has not ended; one that nobody has reaped has.
[[nodiscard]] bool isAlive(qint64 pid);

/// The processes that this one started and that have not ended.
[[nodiscard]] QList<qint64> childrenOf(qint64 pid);

} // namespace lockkeeper::test
