// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/inspection.h"
#include "app/workspace.h"
#include "gui/models/locktablemodel.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <memory>
#include <optional>

class QLabel;
class QPushButton;

namespace Ui {
class DetailsForm;
}

namespace lockkeeper::gui {

/// Everything about the selected lock: what the list knows of it, always current, and what was
/// read for it: session and database row. The actions stand at its foot.
class DetailsPane final : public QWidget
{
    Q_OBJECT

public:
    explicit DetailsPane(const LockTableModel &model, QWidget *parent = nullptr);
    ~DetailsPane() override;
    DetailsPane(const DetailsPane &) = delete;
    DetailsPane &operator=(const DetailsPane &) = delete;

    /// Null: none; shows nothing then.
    void setWorkspace(app::Workspace *workspace);
    void showLock(const std::optional<LockKey> &key);
    /// Shows what is known now.
    void present();
    /// Reads session and database again, soon.
    void reload();

    /// What is shown; it stays when the lock has left the list.
    [[nodiscard]] const std::optional<LockRow> &row() const { return m_row; }
    [[nodiscard]] bool canRelease() const;
    [[nodiscard]] bool canTakeOver() const;
    /// The lock is ours, since we took it over.
    [[nodiscard]] bool canGiveBack() const;
    [[nodiscard]] bool canDelete() const;
    [[nodiscard]] bool isLoaded() const { return m_inspection.has_value(); }

signals:
    /// Whether there is something to show.
    void shownChanged(bool isShown);
    void releaseRequested();
    void takeOverRequested();
    void giveBackRequested();
    void deleteRequested();
    /// The id is to be copied.
    void copyRequested();
    /// The value of this fact is on the clipboard.
    void copied(const QString &name);
    void failed(const lockkeeper::Error &error);
    /// What can be done with the lock has changed.
    void possibilitiesChanged();

protected:
    void changeEvent(QEvent *event) override;

private:
    static QCoro::Task<> inspectFlow(app::Workspace *workspace, SessionId session,
                                     quint64 generation, QPointer<DetailsPane> pane);
    static QCoro::Task<> revealFlow(app::Workspace *workspace, app::AuditEntry intent,
                                    quint64 generation, QPointer<DetailsPane> pane);
    void load();
    void loaded(const app::Inspection &inspection, quint64 generation);
    void reveal();
    void revealRecorded(const Result<void> &intent, quint64 generation);
    [[nodiscard]] app::AuditEntry revealEntry() const;

    /// Neither cache nor database has the session, as far as it was looked for.
    [[nodiscard]] bool canTouchLock() const;
    [[nodiscard]] bool isOurs() const;
    /// The profile lets release stale locks, and nothing else.
    [[nodiscard]] bool isStaleOnly() const;
    [[nodiscard]] bool isNowhere() const;
    /// Why the server would refuse it: a right is missing, as far as that is known.
    [[nodiscard]] std::optional<Error> refusal(app::Deed deed) const;

    void follow();
    void hearOfEnd();
    void presentHead();
    void presentDiagnosis();
    void presentHolds();
    void presentSession();
    void presentActions();
    void offer(QPushButton &button, bool isPossible, const QString &tip);
    void presentAge();
    /// Since when nothing proves what is shown; nullopt while something does, or it has ended.
    [[nodiscard]] std::optional<SteadyTime> provenAt() const;
    /// Shows the clocks of the list.
    /// What is shown is as of then, by the server's clock.
    [[nodiscard]] ClockAt shownClock() const;

    const LockTableModel &m_model;
    std::unique_ptr<Ui::DetailsForm> m_form;
    QLabel *m_hint = nullptr; ///< what to do while nothing is selected
    QPointer<app::Workspace> m_workspace;
    std::optional<LockRow> m_row;
    std::optional<app::Inspection> m_inspection;
    quint64 m_generation = 0; ///< of the selection: results of an earlier one are dropped
    bool m_isLoading = false;
    QTimer m_loadTimer;
};

} // namespace lockkeeper::gui
