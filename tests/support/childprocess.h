// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>

namespace lockkeeper::test {

/// Makes the kernel kill the child when this process ends in any way, so that a test that crashes
/// leaves nothing behind. Call before start(), from the main thread.
void dieWithParent(QProcess &process);

} // namespace lockkeeper::test
