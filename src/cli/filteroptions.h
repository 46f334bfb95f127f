// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/arguments.h"
#include "cli/locklist.h"
#include "core/result.h"

#include <QCoreApplication>
#include <QStringList>

namespace lockkeeper::cli {

/// The options that choose among the active locks: of `list`, and of acts on many.
class FilterOptions
{
    Q_DECLARE_TR_FUNCTIONS(lockkeeper::cli)

public:
    void declare(CLI::App &app);
    /// InvalidInput for a state that there is not. Before filter().
    [[nodiscard]] Result<void> check();
    /// Whether anything was given.
    [[nodiscard]] bool isGiven() const { return isGivenBesidesUser() || m_filter.user; }
    [[nodiscard]] bool isGivenBesidesUser() const;
    [[nodiscard]] const LockFilter &filter() const { return m_filter; }
    /// Whether it takes a longer look.
    [[nodiscard]] bool asksForContention() const;

private:
    QStringList m_stateNames;
    LockFilter m_filter;
};

} // namespace lockkeeper::cli
