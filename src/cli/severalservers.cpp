// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/severalservers.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

SeveralServers::SeveralServers(QString stageName)
    : m_stageName(std::move(stageName))
{}

void SeveralServers::add(const Result<QString> &found)
{
    if (found) {
        m_details.append(*found);
        return;
    }
    m_failures.append(found.error().what);
    if (!m_error)
        m_error = found.error();
}

CheckupStage SeveralServers::stage() const
{
    if (m_error && (m_details.isEmpty() || m_error->code == ErrorCode::Cancelled))
        return failedStage(m_stageName, *m_error, ExitCode::CannotConnect);
    CheckupStage stage = fineStage(m_stageName, m_details.join(u"; "));
    if (!m_error)
        return stage;
    stage.outcome = CheckupStage::Outcome::Warning;
    stage.error = m_error;
    stage.error->what = QCoreApplication::translate("lockkeeper::cli", "%1 of %2 fail: %3")
                            .arg(m_failures.size())
                            .arg(m_failures.size() + m_details.size())
                            .arg(m_failures.join(u"; "));
    return stage;
}

} // namespace lockkeeper::cli
