// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QStringList>

namespace lockkeeper::app {

/// One line of RFC 4180, safe to be opened by a spreadsheet: a text that would be a formula there
/// begins with an apostrophe.
[[nodiscard]] QByteArray csvLine(const QStringList &fields);

} // namespace lockkeeper::app
