// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "redis/command.h"

namespace lockkeeper::redis {

/// Decides by the command's own words, not by what its caller says of it, whether it may be sent.
/// It stands in the one place that all commands pass, below both front ends.
class CommandGate
{
public:
    explicit CommandGate(bool isReadOnly = false)
        : m_isReadOnly(isReadOnly)
    {}

    [[nodiscard]] bool isReadOnly() const { return m_isReadOnly; }
    void setReadOnly(bool isReadOnly) { m_isReadOnly = isReadOnly; }

    /// @return NotPermitted when read-only and the command is not known to only read.
    [[nodiscard]] Result<void> check(const Command &command) const;

    /// Whether the command is known to change no key on any server; unknown commands are not.
    [[nodiscard]] static bool onlyReads(const Command &command);

private:
    bool m_isReadOnly;
};

} // namespace lockkeeper::redis
