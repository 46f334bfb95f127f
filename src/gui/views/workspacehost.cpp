// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/workspacehost.h"

#include <QCoreApplication>

#include <utility>

namespace lockkeeper::gui {

WorkspaceHost::WorkspaceHost(const Clock &clock, QString auditFolder, QObject *parent)
    : QObject(parent)
    , m_clock(clock)
    , m_auditFolder(std::move(auditFolder))
{
    connect(&m_flows, &FlowGroup::becameIdle, this, &WorkspaceHost::finishWhenIdle);
}

WorkspaceHost::~WorkspaceHost() = default;

void WorkspaceHost::open(const Result<app::Target> &target)
{
    m_isDemo = false;
    retire();
    dropDemo();
    if (target) {
        show(*target);
        return;
    }
    m_target.reset();
    m_failure = target.error();
    setState(State::Failed);
}

void WorkspaceHost::open(const StartOptions &options)
{
    if (options.isDemo)
        openDemo();
    else if (options.isTargetGiven)
        open(app::resolveTarget(options.input, QProcessEnvironment::systemEnvironment()));
}

void WorkspaceHost::openDemo()
{
    retire();
    dropDemo();
    m_isDemo = true;
    m_target.reset();
    demo::DemoStack::Options options;
    options.workerProgram = QCoreApplication::applicationFilePath();
    m_demo = std::make_shared<demo::DemoStack>(options);
    setState(State::Opening);
    m_flows.start(demoFlow(m_demo, this));
}

void WorkspaceHost::retry()
{
    if (m_isDemo) {
        openDemo();
    } else if (m_target) {
        const app::Target target = *m_target;
        open(target);
    }
}

void WorkspaceHost::noteConnected()
{
    m_failure.reset();
    setState(State::Open);
}

void WorkspaceHost::close()
{
    retire();
    if (!m_flows.isIdle())
        dropDemo(); // its start is still under way
    setState(State::Closed);
    finishWhenIdle();
}

QCoro::Task<> WorkspaceHost::demoFlow(std::shared_ptr<demo::DemoStack> demo,
                                      QPointer<WorkspaceHost> host)
{
    const Result<void> outcome = co_await demo->start();
    if (host)
        host->demoStarted(demo, outcome);
}

void WorkspaceHost::demoStarted(const std::shared_ptr<demo::DemoStack> &demo,
                                const Result<void> &outcome)
{
    if (demo != m_demo || m_state != State::Opening)
        return;
    if (!outcome) {
        m_failure = outcome.error();
        setState(State::Failed);
        return;
    }
    app::Target target;
    target.name = tr("Demo");
    target.server = demo->server();
    target.database = demo->database();
    target.nodeNames = demo->nodeNames();
    show(target);
}

void WorkspaceHost::show(const app::Target &target)
{
    m_target = target;
    m_failure.reset();
    m_workspace = std::make_unique<app::Workspace>(target, m_clock, m_auditFolder);
    setState(State::Opening);
    emit workspaceChanged();
    m_workspace->flows().start(openFlow(m_workspace.get(), this));
}

QCoro::Task<> WorkspaceHost::openFlow(app::Workspace *workspace, QPointer<WorkspaceHost> host)
{
    const Result<void> outcome = co_await workspace->open();
    if (host)
        host->opened(workspace, outcome);
}

void WorkspaceHost::opened(app::Workspace *workspace, const Result<void> &outcome)
{
    if (workspace != m_workspace.get() || workspace->isClosing())
        return;
    // After a passing failure the connection goes on trying, and the feed waits for it.
    workspace->watch();
    if (!outcome)
        m_failure = outcome.error();
    setState(outcome ? State::Open : State::Failed);
}

void WorkspaceHost::retire()
{
    m_failure.reset();
    if (!m_workspace)
        return;
    app::Workspace *leaving = m_workspace.get();
    m_retired.push_back(std::move(m_workspace));
    emit workspaceChanged();
    connect(
        leaving, &app::Workspace::closed, this,
        [this, leaving] {
            std::erase_if(m_retired, [leaving](auto &one) { return one.get() == leaving; });
            finishWhenIdle();
        },
        Qt::QueuedConnection);
    leaving->close();
}

void WorkspaceHost::dropDemo()
{
    if (m_demo)
        m_demo->stop();
    m_demo.reset();
}

void WorkspaceHost::finishWhenIdle()
{
    if (m_state != State::Closed || !m_retired.empty() || !m_flows.isIdle())
        return;
    dropDemo();
    emit finished();
}

void WorkspaceHost::setState(State state)
{
    m_state = state;
    emit stateChanged();
}

} // namespace lockkeeper::gui
