// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/connecting.h"
#include "app/profilestore.h"
#include "app/workspace.h"
#include "demo/demostack.h"
#include "gui/views/startoptions.h"

#include <QObject>
#include <QPointer>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace lockkeeper::gui {

/// Holds the workspace that the window shows, and lets earlier ones close in peace.
class WorkspaceHost final : public QObject
{
    Q_OBJECT

public:
    /// Which of the two that a target names.
    enum class Part { Server, Database };

    enum class State {
        Idle,    ///< nothing to show
        Opening, ///< the first try is under way
        Open,    ///< connected once; the workspace reconnects by itself
        Failed,  ///< the first try failed; see failure()
        Closed,  ///< for good
    };

    /// `secrets` gives the passwords of saved connections; null: there are none to be had. It must
    /// outlive the host's flows.
    WorkspaceHost(const Clock &clock, QString auditFolder, app::SecretStore *secrets = nullptr,
                  QObject *parent = nullptr);
    ~WorkspaceHost() override;
    WorkspaceHost(const WorkspaceHost &) = delete;
    WorkspaceHost &operator=(const WorkspaceHost &) = delete;

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] const QString &auditFolder() const { return m_auditFolder; }
    [[nodiscard]] bool isDemo() const { return m_isDemo; }
    /// Null while there is none.
    [[nodiscard]] app::Workspace *workspace() const { return m_workspace.get(); }
    [[nodiscard]] const std::optional<Error> &failure() const { return m_failure; }

    /// Leaves what is shown now, and opens `target`; or says why there is none.
    void open(const Result<app::Target> &target);
    /// What the program was asked for when it was started; without a wish, nothing.
    void open(const StartOptions &options);
    /// Connects to `target` beside what is shown now, which is left only when server and database
    /// have answered. trySucceeded() or tryFailed() follows, unless it is cancelled.
    void tryTarget(const app::Target &target);
    /// The same with a saved connection: its passwords come from the keychain, or are `given`, and
    /// its tunnel is opened. A database that does not answer keeps it back only where a password is
    /// missing. `family`: one of the profile's; empty: its first.
    void tryProfile(const app::Profile &profile, const app::GivenSecrets &given = {},
                    const QString &family = {});
    /// The saved connection that is shown; nullopt: none is.
    [[nodiscard]] const std::optional<app::Profile> &profile() const { return m_profile; }
    /// The same connection with another of its families.
    void changeFamily(const QString &family);
    void cancelTry();
    /// Starts a demo stack and opens it; what is shown and connected stays until it is there.
    void openDemo();
    /// The last target once more, where there was one.
    void retry();
    [[nodiscard]] bool canRetry() const { return m_isDemo || m_target; }
    /// While it is held, nothing that has become ready takes the place of what is shown.
    void setHeld(bool isHeld);
    /// The connection was made after all.
    void noteConnected();
    /// Closes everything; finished() follows when the last flow has ended.
    void close();

signals:
    /// Another workspace, or none: drop whatever belongs to the one before.
    void workspaceChanged();
    void stateChanged();
    void trySucceeded();
    void tryFailed(const lockkeeper::Error &error, lockkeeper::gui::WorkspaceHost::Part part);
    /// There is no demo; what was shown still is.
    void demoFailed(const lockkeeper::Error &error);
    void finished();

private:
    static QCoro::Task<> openFlow(app::Workspace *workspace, QPointer<WorkspaceHost> host);
    static QCoro::Task<> demoFlow(std::shared_ptr<demo::DemoStack> demo,
                                  QPointer<WorkspaceHost> host);
    static QCoro::Task<> tryFlow(app::Workspace *candidate, QPointer<WorkspaceHost> host);
    static QCoro::Task<> profileFlow(app::SecretStore *secrets, app::Target target,
                                     std::stop_token stop, QPointer<WorkspaceHost> host);
    void profileRouted(std::stop_token stop, const Result<app::RoutedTarget> &routed);
    void tunnelClosed(const app::Workspace *workspace, const Error &error);
    [[nodiscard]] app::Target guarded(app::Target target) const;
    void tried(app::Workspace *candidate, const Result<void> &outcome);
    void judgeCandidate();
    void showCandidate();
    void refuseCandidate(const Error &error, Part part);
    void show(const app::Target &target);
    void opened(app::Workspace *workspace, const Result<void> &outcome);
    void demoStarted(const std::shared_ptr<demo::DemoStack> &demo, const Result<void> &outcome);
    void showDemo(const std::shared_ptr<demo::DemoStack> &demo);
    void demoEnded(const Error &error);
    void whenFree(std::function<void()> change);
    void retireShown();
    void retire(std::unique_ptr<app::Workspace> leaving);
    void leaveShown();
    void dropDemo();
    void dropNextDemo();
    void finishWhenIdle();
    void setState(State state);

    const Clock &m_clock;
    QString m_auditFolder;
    app::SecretStore *m_secrets;
    app::ProfileStore m_profiles;
    FlowGroup m_flows;
    State m_state = State::Idle;
    bool m_isDemo = false;
    bool m_isHeld = false;
    std::vector<std::function<void()>> m_heldBack;
    std::optional<app::Target> m_target;
    std::optional<Error> m_failure;
    std::unique_ptr<app::Workspace> m_workspace;
    std::unique_ptr<app::Workspace> m_candidate; ///< tried beside it
    std::optional<app::Profile> m_candidateProfile;
    std::optional<app::Profile> m_profile; ///< of what is shown
    std::stop_source m_tryStop;            ///< of a profile that is not routed yet
    std::vector<std::unique_ptr<app::Workspace>> m_retired;
    std::shared_ptr<demo::DemoStack> m_demo;
    std::shared_ptr<demo::DemoStack> m_nextDemo; ///< its start is under way
};

} // namespace lockkeeper::gui
