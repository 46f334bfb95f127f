// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/bulk.h"
#include "app/workspace.h"
#include "gui/models/lockrow.h"

#include <QDialog>
#include <QPointer>

#include <memory>
#include <optional>
#include <stop_token>

class QCheckBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace lockkeeper::gui {

/// Asks before an act on many locks: shows what it does to each, as read now, runs them one after
/// the other, and shows in place what became of each. It stays until it is closed.
class BulkDialog final : public QDialog
{
    Q_OBJECT

public:
    BulkDialog(app::Workspace &workspace, app::BulkDeed deed, const QList<LockRow> &rows,
               QWidget *parent = nullptr);

    void reject() override;
    [[nodiscard]] bool isRunning() const { return m_stage == Stage::Running; }
    /// Because the window is to be closed: no further item is begun; runEnded() follows.
    void endEarly();

signals:
    void acted();
    /// What was run is through; whether there is a report that should be read.
    void runEnded(bool isReported);

private:
    enum class Stage { Previewing, Ready, Refused, Running, Ended };

    static QCoro::Task<> previewFlow(app::Workspace *workspace, app::BulkRequest request,
                                     quint64 generation, QPointer<BulkDialog> dialog);
    static QCoro::Task<> runFlow(app::Workspace *workspace, app::BulkRequest request,
                                 QPointer<BulkDialog> dialog);
    void build();
    void fillTable();
    [[nodiscard]] app::BulkRequest request() const;
    void preview();
    void previewed(const app::BulkPreview &preview, quint64 generation);
    void run();
    void progressed(int through, const app::BulkOutcome &newest);
    void ended(const app::BulkReport &report);
    void setRemark(int row, const QString &text, int role);
    void say(const QString &text, bool isBad);
    void setStage(Stage stage);
    void offerConfirmation();
    void exportResults();

    QPointer<app::Workspace> m_workspace;
    app::BulkDeed m_deed;
    QList<LockRow> m_rows; ///< as the operator saw them
    Stage m_stage = Stage::Previewing;
    quint64 m_generation = 0;
    std::stop_source m_stop;
    QString m_phrase;
    std::optional<app::BulkReport> m_report;

    QLabel *m_headline;
    QTableWidget *m_table;
    QLabel *m_summary;
    QCheckBox *m_takeOver;
    QCheckBox *m_raiseCap;
    QLabel *m_reasonLabel;
    QLineEdit *m_reason;
    QLabel *m_typedLabel;
    QLineEdit *m_typed;
    QProgressBar *m_progress;
    QPushButton *m_export;
    QPushButton *m_cancel;
    QPushButton *m_confirm;
};

} // namespace lockkeeper::gui
