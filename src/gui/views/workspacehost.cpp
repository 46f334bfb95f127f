// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/workspacehost.h"

#include <QCoreApplication>

#include <utility>

namespace lockkeeper::gui {

WorkspaceHost::WorkspaceHost(const Clock &clock, QString auditFolder, app::SecretStore *secrets,
                             QObject *parent)
    : QObject(parent)
    , m_clock(clock)
    , m_auditFolder(std::move(auditFolder))
    , m_secrets(secrets)
{
    connect(&m_flows, &FlowGroup::becameIdle, this, &WorkspaceHost::finishWhenIdle);
}

WorkspaceHost::~WorkspaceHost() = default;

void WorkspaceHost::open(const Result<app::Target> &target)
{
    dropNextDemo();
    leaveShown();
    if (target) {
        show(guarded(*target));
        return;
    }
    m_failure = target.error();
    setState(State::Failed);
}

void WorkspaceHost::open(const StartOptions &options)
{
    if (!options.profile.isEmpty()) {
        const Result<app::Profile> profile = m_profiles.find(options.profile);
        if (profile)
            tryProfile(*profile);
        else
            open(Result<app::Target>(profile.error()));
    } else if (options.isDemo)
        openDemo();
    else if (options.isTargetGiven)
        open(app::resolveTarget(options.input, QProcessEnvironment::systemEnvironment()));
}

void WorkspaceHost::tryTarget(const app::Target &target)
{
    cancelTry();
    m_candidate = std::make_unique<app::Workspace>(guarded(target), m_clock, m_auditFolder);
    m_candidate->flows().start(tryFlow(m_candidate.get(), this));
}

void WorkspaceHost::tryProfile(const app::Profile &profile, const app::GivenSecrets &given,
                               const QString &family)
{
    cancelTry();
    Result<app::Target> target = app::targetOf(profile, family);
    if (!target) {
        emit tryFailed(target.error(), Part::Server);
        return;
    }
    target->server.node.password = given.redis;
    if (target->database)
        target->database->password = given.database;
    m_candidateProfile = profile;
    m_flows.start(profileFlow(m_secrets, *target, m_tryStop.get_token(), this));
}

QCoro::Task<> WorkspaceHost::profileFlow(app::SecretStore *secrets, app::Target target,
                                         std::stop_token stop, QPointer<WorkspaceHost> host)
{
    app::Target filled = target;
    if (secrets)
        filled = co_await app::withSecrets(*secrets, target);
    const app::SshTunnel::Options options;
    const Result<app::RoutedTarget> routed = co_await app::routed(filled, options, stop);
    if (host)
        host->profileRouted(stop, routed);
}

void WorkspaceHost::profileRouted(std::stop_token stop, const Result<app::RoutedTarget> &routed)
{
    if (stop.stop_requested())
        return;
    if (!routed) {
        const Error reason = routed.error();
        cancelTry();
        emit tryFailed(reason, Part::Server);
        return;
    }
    m_candidate = std::make_unique<app::Workspace>(routed->target, m_clock, m_auditFolder);
    app::Workspace *candidate = m_candidate.get();
    if (routed->tunnel) {
        candidate->keepAlive(routed->tunnel);
        connect(routed->tunnel.get(), &app::SshTunnel::closed, this,
                [this, candidate](const Error &error) { tunnelClosed(candidate, error); });
    }
    candidate->flows().start(tryFlow(candidate, this));
}

/// What was seen last stays on screen; trying again opens a new one.
void WorkspaceHost::tunnelClosed(const app::Workspace *workspace, const Error &error)
{
    if (workspace != m_workspace.get())
        return;
    m_failure = error;
    setState(State::Failed);
}

app::Target WorkspaceHost::guarded(app::Target target) const
{
    target.guardrails = app::guardrailsFor(target, m_profiles.load());
    return target;
}

void WorkspaceHost::cancelTry()
{
    const bool isAsking = m_candidateProfile && !m_candidate; // the keychain, or for a tunnel
    m_tryStop.request_stop();
    m_tryStop = std::stop_source();
    if (m_secrets && isAsking)
        m_secrets->endWaits();
    m_candidateProfile.reset();
    if (m_candidate)
        retire(std::move(m_candidate));
}

QCoro::Task<> WorkspaceHost::tryFlow(app::Workspace *candidate, QPointer<WorkspaceHost> host)
{
    const Result<void> outcome = co_await candidate->open();
    if (host)
        host->tried(candidate, outcome);
}

void WorkspaceHost::tried(app::Workspace *candidate, const Result<void> &outcome)
{
    if (candidate != m_candidate.get())
        return;
    if (!outcome)
        refuseCandidate(outcome.error(), Part::Server);
    else if (candidate->database() && !candidate->databaseState())
        connect(candidate, &app::Workspace::databaseChecked, this, [this, candidate] {
            if (candidate == m_candidate.get())
                judgeCandidate();
        });
    else
        judgeCandidate();
}

void WorkspaceHost::judgeCandidate()
{
    const auto &database = m_candidate->databaseState();
    const bool isPasswordMissing = database && !*database &&
                                   (database->error().code == ErrorCode::PasswordNeeded ||
                                    database->error().code == ErrorCode::WrongPassword);
    if (database && !*database && (!m_candidateProfile || isPasswordMissing)) {
        refuseCandidate(database->error(), Part::Database);
        return;
    }
    whenFree([this, candidate = m_candidate.get()] {
        if (candidate == m_candidate.get())
            showCandidate();
    });
}

void WorkspaceHost::showCandidate()
{
    dropNextDemo();
    std::unique_ptr<app::Workspace> next = std::move(m_candidate);
    leaveShown();
    m_profile = std::exchange(m_candidateProfile, std::nullopt);
    m_target = next->target();
    m_workspace = std::move(next);
    emit workspaceChanged();
    m_workspace->watch();
    setState(State::Open);
    emit trySucceeded();
}

void WorkspaceHost::refuseCandidate(const Error &error, Part part)
{
    const Error reason = error; // which may be the candidate's
    cancelTry();
    emit tryFailed(reason, part);
}

void WorkspaceHost::openDemo()
{
    dropNextDemo();
    demo::DemoStack::Options options;
    options.workerProgram = QCoreApplication::applicationFilePath();
    m_nextDemo = std::make_shared<demo::DemoStack>(options);
    if (m_state != State::Open) {
        leaveShown();
        m_isDemo = true;
        setState(State::Opening);
    }
    m_flows.start(demoFlow(m_nextDemo, this));
}

void WorkspaceHost::retry()
{
    if (m_isDemo) {
        openDemo();
    } else if (m_profile) {
        changeFamily(m_target->family.name);
    } else if (m_target) {
        const app::Target target = *m_target;
        open(target);
    }
}

void WorkspaceHost::changeFamily(const QString &family)
{
    if (!m_profile || !m_target)
        return;
    const app::Profile profile = *m_profile;
    tryProfile(profile,
               {m_target->server.node.password,
                m_target->database ? m_target->database->password : Secret()},
               family);
}

void WorkspaceHost::setHeld(bool isHeld)
{
    m_isHeld = isHeld;
    if (isHeld)
        return;
    for (const auto &change : std::exchange(m_heldBack, {}))
        change();
}

void WorkspaceHost::whenFree(std::function<void()> change)
{
    if (m_isHeld)
        m_heldBack.push_back(std::move(change));
    else
        change();
}

void WorkspaceHost::noteConnected()
{
    m_failure.reset();
    setState(State::Open);
}

void WorkspaceHost::close()
{
    cancelTry();
    retireShown();
    dropNextDemo();
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
    if (demo != m_nextDemo)
        return;
    if (outcome) {
        whenFree([this, demo] {
            if (demo == m_nextDemo)
                showDemo(demo);
        });
        return;
    }
    m_nextDemo.reset();
    if (m_state == State::Open) {
        emit demoFailed(outcome.error());
        return;
    }
    m_failure = outcome.error();
    setState(State::Failed);
}

void WorkspaceHost::showDemo(const std::shared_ptr<demo::DemoStack> &demo)
{
    m_nextDemo.reset();
    leaveShown();
    m_demo = demo;
    m_isDemo = true;
    connect(demo.get(), &demo::DemoStack::serverEnded, this, &WorkspaceHost::demoEnded);
    app::Target target;
    target.name = tr("Demo");
    target.server = demo->server();
    target.database = demo->database();
    target.nodeNames = demo->nodeNames();
    show(target);
}

/// What was seen last stays on screen.
void WorkspaceHost::demoEnded(const Error &error)
{
    m_failure = error;
    setState(State::Failed);
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

/// The demo that is shown goes with its workspace.
void WorkspaceHost::leaveShown()
{
    retireShown();
    dropDemo();
    m_isDemo = false;
    m_target.reset();
    m_profile.reset();
}

void WorkspaceHost::retireShown()
{
    m_failure.reset();
    if (!m_workspace)
        return;
    std::unique_ptr<app::Workspace> leaving = std::move(m_workspace);
    emit workspaceChanged();
    retire(std::move(leaving));
}

void WorkspaceHost::retire(std::unique_ptr<app::Workspace> leaving)
{
    app::Workspace *workspace = leaving.get();
    m_retired.push_back(std::move(leaving));
    connect(
        workspace, &app::Workspace::closed, this,
        [this, workspace] {
            std::erase_if(m_retired, [workspace](auto &one) { return one.get() == workspace; });
            finishWhenIdle();
        },
        Qt::QueuedConnection);
    workspace->close();
}

void WorkspaceHost::dropDemo()
{
    if (m_demo)
        m_demo->stop();
    m_demo.reset();
}

void WorkspaceHost::dropNextDemo()
{
    if (m_nextDemo)
        m_nextDemo->stop();
    m_nextDemo.reset();
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
