// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QStringList>

#include <optional>

/// What is measured in a process of its own: its memory, its start.
namespace lockkeeper::bench {

/// Runs this program anew as a child with these arguments; the last line of its output.
[[nodiscard]] QByteArray runChild(const QStringList &arguments);

/// The child's side: what to do for these arguments; nullopt when they are none of a child's.
[[nodiscard]] std::optional<int> actAsChild(const QStringList &arguments);

} // namespace lockkeeper::bench
