// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/output.h"
#include "sessions/chatsession.h"

#include <QByteArray>
#include <QList>

/// Sessions of the store, for people and for programs.
namespace lockkeeper::cli {

/// The session as the platform writes it, in its order; credentials show their providers only.
/// Without `isRevealed`, "***" stands for what messages say and for all that we do not know.
[[nodiscard]] QByteArray sessionDocument(sessions::ChatSession session, bool isRevealed);
/// For people: no text of a message is in it.
void printSession(const sessions::ChatSession &session, Output &output);

[[nodiscard]] QByteArray summariesJson(const QList<sessions::SessionSummary> &summaries);
[[nodiscard]] TextTable summariesTable(const QList<sessions::SessionSummary> &summaries);

} // namespace lockkeeper::cli
