// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/checkupstage.h"
#include "core/result.h"

#include <QStringList>

namespace lockkeeper::cli {

/// What looking at several servers of the same meaning has given, where one that works is enough.
class SeveralServers
{
public:
    explicit SeveralServers(QString stageName);

    /// What was found of the next one, or why it does not work.
    void add(const Result<QString> &found);
    /// Failed where none works, a warning where some do not.
    [[nodiscard]] CheckupStage stage() const;

private:
    QString m_stageName;
    QStringList m_details;
    QStringList m_failures;
    std::optional<Error> m_error; ///< the first one
};

} // namespace lockkeeper::cli
