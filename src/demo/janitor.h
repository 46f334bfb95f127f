// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace lockkeeper::demo {

/// Waits until standard input ends, which it does when the parent is gone for whatever reason, and
/// removes the demo's folder then. A process of its own: a killed parent cannot clean up.
[[nodiscard]] int runJanitor(const QString &folder);

} // namespace lockkeeper::demo
