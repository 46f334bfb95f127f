// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/connecting.h"
#include "app/profilestore.h"
#include "app/target.h"
#include "app/workspace.h"
#include "cli/output.h"
#include "core/clock.h"
#include "core/flows.h"
#include "core/signalwatcher.h"
#include "demo/demostack.h"

#include <QObject>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace lockkeeper::cli {

/// The options that every verb takes.
struct CommonOptions
{
    app::TargetInput target;
    QString profile; ///< the name of a saved connection; empty: none
    QString unlock;  ///< the name of the environment, to unlock a production profile
    bool isJson = false;
    bool isDemo = false;
};

/// What a verb works with: its connection, its output, and the wish to stop. Builds the parts that
/// the verb asks for, and ends them in order.
class Context final : public QObject
{
    Q_OBJECT

public:
    Context(CommonOptions options, const Clock &clock);

    [[nodiscard]] Output &output() { return m_output; }
    [[nodiscard]] const Clock &clock() const { return m_clock; }
    [[nodiscard]] bool isJson() const { return m_options.isJson; }
    /// Why nothing is to be changed, known before anything is connected: --read-only.
    [[nodiscard]] std::optional<Error> readOnlyRefusal() const;
    [[nodiscard]] const CommonOptions &options() const { return m_options; }
    [[nodiscard]] const app::ProfileStore &profiles() const { return m_profiles; }
    [[nodiscard]] app::SecretStore &secrets() { return m_secrets; }
    /// Requested by SIGINT, SIGTERM and SIGHUP, and when the server of a demo died.
    [[nodiscard]] std::stop_token stop() const { return m_stop.get_token(); }
    [[nodiscard]] SignalWatcher &processSignals() { return m_signals; }

    /// What the options and the environment name; with --demo, the stack that is started now.
    [[nodiscard]] Task<app::Target> target();
    /// What a verb does with the database; only one that adds a session creates an SQLite file.
    enum class DatabaseUse { Reads, Writes, Adds };

    /// A connected workspace whose database is only read. It is there until close().
    [[nodiscard]] Task<app::Workspace *> connect();
    /// The same, for verbs that cannot do without the database.
    [[nodiscard]] Task<app::Workspace *> connectWithDatabase(DatabaseUse use);
    /// From here on a wish to stop is the verb's own business; without this, it ends every open
    /// wait of the workspace.
    void leaveStoppingToVerb() { m_closeOnStop.reset(); }
    [[nodiscard]] Task<void> startDemo();
    [[nodiscard]] const demo::DemoStack &demo() const { return *m_demo; }
    /// The exit code of a verb that ended with `code`: a demo whose server died is no success, nor
    /// is output that was lost.
    [[nodiscard]] int exitCode(int code) const;

    /// Makes sure that the workspace may write, before anything is: a production profile is
    /// unlocked, by --unlock or by asking for the environment's name.
    [[nodiscard]] Task<void> unlock(app::Workspace &workspace, QString reason);
    /// The same for a verb that writes by itself; the Pass keeps the gates open while it does.
    [[nodiscard]] Task<app::WriteWindow::Pass> writePass(app::Workspace &workspace);

    /// Says the error on standard error. @return the exit code for it.
    int fail(const Error &error);
    /// Asks on a terminal. NotPermitted elsewhere, and when the answer is no.
    [[nodiscard]] Task<void> confirm(QString question);
    /// The answer of somebody at the terminal; NotPermitted where there is none.
    [[nodiscard]] Task<QString> askFor(QString question);

    /// Asks for a password, unseen, where there is a terminal; elsewhere `whyNeeded` is the end.
    [[nodiscard]] Task<Secret> password(Error whyNeeded);

    /// Ends the workspace's flows and the demo.
    [[nodiscard]] QCoro::Task<> close();

private:
    [[nodiscard]] Task<app::Workspace *> connectTo(DatabaseUse use);
    [[nodiscard]] Task<app::Target> targetOfProfile();
    /// With the guardrails of the saved connection that leads to the same place, if there is one.
    [[nodiscard]] app::Target guarded(app::Target target);
    [[nodiscard]] QCoro::Task<> tellOfCutShortActs();
    /// A new workspace instead of the one that there may be.
    [[nodiscard]] Task<void> openWorkspace(app::Target where);
    /// Asks for the password that the database wants and was not given, if it can be asked for.
    [[nodiscard]] Task<app::Workspace *> unlockDatabase(app::Target where);
    [[nodiscard]] QCoro::Task<> closeWorkspace();

    CommonOptions m_options;
    const Clock &m_clock;
    Output m_output;
    app::ProfileStore m_profiles;
    app::SecretStore m_secrets;
    std::shared_ptr<app::SshTunnel> m_tunnel; ///< null: none is asked for
    SignalWatcher m_signals;
    std::stop_source m_stop;
    std::unique_ptr<demo::DemoStack> m_demo;
    int m_connectionFailure = 0; ///< the exit code for a demo or a tunnel that ended; 0: none did
    std::unique_ptr<app::Workspace> m_workspace;
    bool m_isWorkspaceClosed = false;
    std::optional<std::stop_callback<std::function<void()>>> m_closeOnStop;
};

} // namespace lockkeeper::cli
