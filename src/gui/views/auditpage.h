// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/auditlog.h"
#include "core/flows.h"
#include "gui/models/auditmodel.h"

#include <QFileSystemWatcher>
#include <QPointer>
#include <QSortFilterProxyModel>
#include <QTimer>
#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QTableView;

namespace lockkeeper::gui {

/// What was done, by whom and why, and whether the record of it is whole.
class AuditPage final : public QWidget
{
    Q_OBJECT

public:
    AuditPage(const QString &folder, const Clock &clock, QWidget *parent = nullptr);

    /// Reads the log again, if the page is on screen.
    void refresh();
    [[nodiscard]] int countShown() const { return m_shown.rowCount(); }
    [[nodiscard]] QString note() const;
    void verify();
    void exportTo(const QString &file);

protected:
    void showEvent(QShowEvent *event) override;

private:
    /// The log is read on a thread of its own; what comes back is taken while the page is there.
    static QCoro::Task<> readFlow(std::shared_ptr<app::AuditLog> log, QPointer<AuditPage> page);
    static QCoro::Task<> verifyFlow(std::shared_ptr<app::AuditLog> log, QPointer<AuditPage> page);
    static QCoro::Task<> exportFlow(std::shared_ptr<app::AuditLog> log, QString file,
                                    QPointer<AuditPage> page);
    void build();
    QWidget *makeBar();
    void take(const Result<QList<app::AuditRun>> &runs);
    void tellReport(const Result<app::ChainReport> &report);
    void showDetails();
    void chooseFile();
    void watch();
    void say(const QString &text, bool isBad);

    std::shared_ptr<app::AuditLog> m_log;
    AuditModel m_model;
    QSortFilterProxyModel m_shown;
    QFileSystemWatcher m_watcher;
    QTimer m_refreshTimer; ///< lines come in twos and threes
    FlowGroup m_flows;
    bool m_isReading = false;
    QLineEdit *m_filter;
    QTableView *m_table;
    QPlainTextEdit *m_details;
    QLabel *m_note;
};

} // namespace lockkeeper::gui
