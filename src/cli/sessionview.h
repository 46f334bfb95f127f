// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/output.h"
#include "sessions/chatsession.h"

#include <QByteArray>
#include <QList>

/// Sessions of the store, for people and for programs.
namespace lockkeeper::cli {

/// The session as the platform writes it, every field and digit; credentials show their providers
/// only.
[[nodiscard]] QByteArray sessionDocument(sessions::ChatSession session);
/// For people: no text of a message is in it.
void printSession(const sessions::ChatSession &session, Output &output);

[[nodiscard]] QByteArray summariesJson(const QList<sessions::SessionSummary> &summaries);
[[nodiscard]] TextTable summariesTable(const QList<sessions::SessionSummary> &summaries);

} // namespace lockkeeper::cli
