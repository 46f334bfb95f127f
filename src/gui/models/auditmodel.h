// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditruns.h"

#include <QAbstractTableModel>

namespace lockkeeper::gui {

enum class AuditColumn { At, Who, Action, Session, Target, Outcome, Reason };
inline constexpr int kAuditColumns = 7;

/// What operators did, newest first: one row an act.
class AuditModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setRuns(QList<app::AuditRun> runs);
    [[nodiscard]] const app::AuditRun &runAt(int row) const { return m_runs[row]; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    [[nodiscard]] static QString text(const app::AuditRun &run, AuditColumn column);

    QList<app::AuditRun> m_runs;
};

} // namespace lockkeeper::gui
