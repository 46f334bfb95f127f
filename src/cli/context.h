// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
    [[nodiscard]] bool isReadOnly() const { return m_options.target.isReadOnly; }
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

    /// Says the error on standard error. @return the exit code for it.
    int fail(const Error &error);
    /// Asks on a terminal. NotPermitted elsewhere, and when the answer is no.
    [[nodiscard]] Task<void> confirm(QString question);

    /// Asks for a password, unseen, where there is a terminal; elsewhere `whyNeeded` is the end.
    [[nodiscard]] Task<Secret> password(Error whyNeeded);

    /// Ends the workspace's flows and the demo.
    [[nodiscard]] QCoro::Task<> close();

private:
    [[nodiscard]] Task<app::Workspace *> connectTo(DatabaseUse use);
    /// A new workspace instead of the one that there may be.
    [[nodiscard]] Task<void> openWorkspace(app::Target where);
    /// Asks for the password that the database wants and was not given, if it can be asked for.
    [[nodiscard]] Task<app::Workspace *> unlockDatabase(app::Target where);
    [[nodiscard]] QCoro::Task<> closeWorkspace();

    CommonOptions m_options;
    const Clock &m_clock;
    Output m_output;
    SignalWatcher m_signals;
    std::stop_source m_stop;
    std::unique_ptr<demo::DemoStack> m_demo;
    int m_demoFailure = 0; ///< the exit code for it; 0: none
    std::unique_ptr<app::Workspace> m_workspace;
    bool m_isWorkspaceClosed = false;
    std::optional<std::stop_callback<std::function<void()>>> m_closeOnStop;
};

} // namespace lockkeeper::cli
