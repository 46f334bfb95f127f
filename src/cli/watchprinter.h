// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/target.h"
#include "cli/output.h"
#include "core/clock.h"
#include "locks/lockmonitor.h"
#include "locks/lockrecord.h"
#include "locks/unlockedwrites.h"

#include <optional>

namespace lockkeeper::cli {

/// Writes the lines of `watch`, for people or for programs.
class WatchPrinter
{
public:
    /// The parts must outlive the printer.
    WatchPrinter(Output &output, bool isJson, const app::Target &target,
                 const locks::LockRegistry &registry);

    void print(const locks::LockEvent &event);
    void print(const locks::UnlockedWrite &write);
    /// Writes a line when feed, trust or reason differ from the last one.
    void print(const locks::FeedStatus &feed);

private:
    void printText(const locks::LockEvent &event);
    [[nodiscard]] QString ownerText(const Token &token) const;

    Output &m_output;
    bool m_isJson;
    const app::Target &m_target;
    const locks::LockRegistry &m_registry;
    const Clock &m_clock; ///< one for all lines, the server's
    std::optional<locks::FeedStatus> m_feed;
};

} // namespace lockkeeper::cli
