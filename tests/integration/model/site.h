// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/target.h"
#include "sessions/sessiondatabase.h"
#include "witness.h"

#include <QStringList>

#include <map>
#include <set>

namespace lockkeeper::model {

/// How often what happened.
class Tally
{
public:
    void count(const QString &what) { ++m_counts[what]; }
    [[nodiscard]] int of(const QString &what) const
    {
        const auto found = m_counts.find(what);
        return found == m_counts.end() ? 0 : found->second;
    }
    [[nodiscard]] QString text() const
    {
        QStringList lines;
        for (const auto &[what, count] : m_counts)
            lines += QStringLiteral("%1  %2").arg(count, 8).arg(what);
        return lines.join(u'\n');
    }

private:
    std::map<QString, int> m_counts;
};

/// Where all lanes work, and what they leave there.
struct Site
{
    const Clock &clock;
    app::Target target; ///< what operators connect to
    QString folder;     ///< for their audit logs
    Witness &witness;
    sessions::SessionDatabase &workersDatabase;
    Tally tally;
    QStringList complaints; ///< the first one ends the run
    int operations = 0;     ///< done so far
    std::set<QByteArray> keysLeft;
    std::set<QByteArray> rowsLeft;

    void complain(const QString &what) { complaints += what; }
    [[nodiscard]] bool isWell() const { return complaints.isEmpty(); }
};

} // namespace lockkeeper::model
