// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "redis/command.h"

#include <QByteArray>

namespace lockkeeper::redis {

/// Appends a command to `wire` as it goes over the wire.
void appendWire(QByteArray &wire, const Command &command);

} // namespace lockkeeper::redis
