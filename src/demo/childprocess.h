// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QProcess;

namespace lockkeeper::demo {

/// Makes the kernel kill the child as soon as this process ends, in whatever way. Call before
/// start(), and start it from the main thread: the kernel watches the thread that started it.
void endWithParent(QProcess &process);

/// The child stays when this process ends; it is to clean up after it.
void outliveParent(QProcess &process);

} // namespace lockkeeper::demo
