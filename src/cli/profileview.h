// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/profilejson.h"
#include "cli/output.h"

/// What `profile` prints.
namespace lockkeeper::cli {

[[nodiscard]] TextTable profileTable(const QList<app::Profile> &profiles);
void printProfile(const app::Profile &profile, Output &output);
/// As the file holds them: a document that `profile import` reads.
[[nodiscard]] QByteArray profilesDocument(const QList<app::Profile> &profiles);

} // namespace lockkeeper::cli
