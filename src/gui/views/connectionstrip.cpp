// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/connectionstrip.h"

#include "gui/views/workspacehost.h"

#include <algorithm>

namespace lockkeeper::gui {

namespace {

QString nextStep(const app::Outage &outage)
{
    using std::chrono::seconds;
    if (outage.isTrying)
        return ConnectionStrip::tr("reconnecting now …");
    if (!outage.nextTry)
        return outage.error.hint;
    return ConnectionStrip::tr("reconnecting in %1 s")
        .arg(std::max<qint64>(1, std::chrono::ceil<seconds>(*outage.nextTry).count()));
}

QString joined(QStringList sentences)
{
    sentences.removeAll(QString());
    return sentences.join(QStringLiteral(" · "));
}

} // namespace

ConnectionStrip::ConnectionStrip(Ways ways, QWidget *parent)
    : MessageStrip(parent)
    , m_ways(ways)
{}

void ConnectionStrip::present(const WorkspaceHost &host)
{
    if (host.state() == WorkspaceHost::State::Failed && host.failure()) {
        showFailed(host);
        return;
    }
    app::Workspace *workspace = host.workspace();
    const auto outage = workspace && host.state() == WorkspaceHost::State::Open
                            ? workspace->outage()
                            : std::nullopt;
    if (!outage && workspace && workspace->monitor().feed().isPartial) {
        showState(tr("The list is not complete"),
                  tr("The scan was cancelled. Locks that it had not reached appear when they "
                     "change; scan again to list them all."),
                  {m_ways.rescan});
        return;
    }
    if (!outage || outage->error.what.isEmpty()) {
        dismiss();
        return;
    }
    showState(outage->isFeedOnly ? tr("The server does not tell of changes any more")
                                 : tr("The connection is lost"),
              joined({outage->error.what, nextStep(*outage)}), {m_ways.retry});
}

void ConnectionStrip::showFailed(const WorkspaceHost &host)
{
    const Error &failure = *host.failure();
    // A demo's server does not come back by itself.
    if (host.isDemo()) {
        showState(tr("The demo does not run"), joined({failure.what, failure.hint}),
                  {m_ways.retry});
        return;
    }
    const auto outage = host.workspace() ? host.workspace()->outage() : std::nullopt;
    const bool goesOn = outage && (outage->isTrying || outage->nextTry);
    showState(tr("Cannot connect"),
              joined({failure.what, failure.hint, goesOn ? nextStep(*outage) : QString()}),
              host.canRetry() ? QList{m_ways.retry, m_ways.edit} : QList{m_ways.edit});
}

} // namespace lockkeeper::gui
