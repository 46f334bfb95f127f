// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/aftercare.h"
#include "cli/jsonvalues.h"

#include <QList>

namespace lockkeeper::cli {

/// Who came back after an act, for programs.
[[nodiscard]] Json findingsJson(const QList<app::Finding> &findings);

} // namespace lockkeeper::cli
