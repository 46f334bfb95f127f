// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/auditmodel.h"

#include "app/auditexport.h"
#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/theme.h"

#include <QApplication>
#include <QDateTime>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

/// "29 Nov 10:16:30", by the user's clock.
QString momentOf(WallTime at)
{
    const auto ms = std::chrono::floor<milliseconds>(at.time_since_epoch()).count();
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(ms), QStringLiteral("d MMM HH:mm:ss"));
}

Theme::Role roleOf(const app::AuditRun &run)
{
    if (!run.outcome)
        return Theme::Role::Bad;
    return app::outcomeText(run) == app::AuditEntry::kDone ? Theme::Role::Ok : Theme::Role::Warn;
}

} // namespace

void AuditModel::setRuns(QList<app::AuditRun> runs)
{
    beginResetModel();
    m_runs = std::move(runs);
    std::ranges::reverse(m_runs);
    endResetModel();
}

int AuditModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int AuditModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : kAuditColumns;
}

QString AuditModel::text(const app::AuditRun &run, AuditColumn column)
{
    const app::AuditRecord &begun = run.begun;
    switch (column) {
    case AuditColumn::At:
        return momentOf(begun.at);
    case AuditColumn::Who:
        return begun.user + u'@' + begun.host;
    case AuditColumn::Action:
        return begun.action;
    case AuditColumn::Session:
        return begun.session;
    case AuditColumn::Target:
        return begun.target;
    case AuditColumn::Outcome:
        return app::outcomeText(run);
    case AuditColumn::Reason:
        return begun.reason;
    }
    Q_UNREACHABLE();
}

QVariant AuditModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const app::AuditRun &run = m_runs[index.row()];
    const auto column = static_cast<AuditColumn>(index.column());
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
        return text(run, column);
    if (role == Qt::ForegroundRole && column == AuditColumn::Outcome)
        return Theme::of(QApplication::palette()).color(roleOf(run));
    return {};
}

QVariant AuditModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (static_cast<AuditColumn>(section)) {
    case AuditColumn::At:
        return tr("At");
    case AuditColumn::Who:
        return tr("Who");
    case AuditColumn::Action:
        return tr("Action");
    case AuditColumn::Session:
        return tr("Session");
    case AuditColumn::Target:
        return tr("Target");
    case AuditColumn::Outcome:
        return tr("Outcome");
    case AuditColumn::Reason:
        return tr("Reason");
    }
    return {};
}

} // namespace lockkeeper::gui
