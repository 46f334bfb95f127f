// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "gui/models/lockrow.h"

#include <QDialog>
#include <QPointer>

#include <memory>
#include <stop_token>

namespace Ui {
class ActionForm;
}

namespace lockkeeper::gui {

/// Asks before an act on one lock: shows what it touches, as read now, runs it, and shows in
/// place what became of it. A success closes it and is said by finished().
class ActionDialog final : public QDialog
{
    Q_OBJECT

public:
    enum class Kind { Release, TakeOver, Delete };

    ActionDialog(app::Workspace &workspace, Kind kind, const LockRow &row,
                 QWidget *parent = nullptr);
    ~ActionDialog() override;
    ActionDialog(const ActionDialog &) = delete;
    ActionDialog &operator=(const ActionDialog &) = delete;

    void reject() override;
    [[nodiscard]] bool isRunning() const { return m_stage == Stage::Running; }
    /// Because the window is to be closed: cancels what can be cancelled; runEnded() follows.
    void endEarly();

signals:
    void succeeded(const QString &headline, const QString &detail);
    /// Something was done, or tried: what is shown of the session may be old.
    void acted();
    /// What was run is through; whether there is a report that should be read.
    void runEnded(bool isReported);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    enum class Stage { Previewing, Ready, Refused, Running, Ended };

    /// What is asked for, as each kind of act takes it.
    struct Requests
    {
        app::ReleaseRequest release;
        app::TakeOverRequest takeOver;
        app::DeleteRequest removal;
    };

    static QCoro::Task<> previewFlow(app::Workspace *workspace, Kind kind, Requests requests,
                                     quint64 generation, QPointer<ActionDialog> dialog);
    static QCoro::Task<> runFlow(app::Workspace *workspace, Kind kind, Requests requests,
                                 QPointer<ActionDialog> dialog);
    [[nodiscard]] app::ActNote note() const;
    [[nodiscard]] Requests requests() const;
    void preview();
    void previewed(const app::Preview &preview, quint64 generation);
    void run();
    void ended(const app::ActionReport &report);
    void setStage(Stage stage);
    void offerConfirmation();
    void presentFacts(const app::Preview *preview);
    void presentReport(const app::ActionReport &report);
    [[nodiscard]] QString bullets(const QStringList &lines) const;

    QPointer<app::Workspace> m_workspace;
    Kind m_kind;
    LockRow m_row; ///< as the operator saw it
    std::unique_ptr<Ui::ActionForm> m_form;
    Stage m_stage = Stage::Previewing;
    quint64 m_generation = 0;
    QString m_phrase; ///< what has to be typed to confirm it; empty: nothing
    std::stop_source m_stop;
};

} // namespace lockkeeper::gui
