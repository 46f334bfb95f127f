// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/waitersview.h"

#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/factsview.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

constexpr qsizetype kMostShown = 5;

QLabel *makeNote(const QString &text, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setWordWrap(true);
    label->setProperty("kind", QStringLiteral("secondary"));
    return label;
}

FactsView::Fact waiterFact(const locks::Waiter &waiter, const app::Workspace &workspace)
{
    const WallTime now = workspace.clock().wall();
    const locks::Owner who = locks::decodeOwner(waiter.token, now, workspace.target().nodeNames);
    QStringList asides;
    if (!waiter.clientName.isEmpty())
        asides << waiter.clientName;
    if (who.calledAt)
        asides << WaitersView::tr("asks since %1").arg(secondOf(*who.calledAt));
    return {shortened(splitLabel(who.label).name, 5, 5), addressText(waiter.address),
            asides.join(QStringLiteral(" · "))};
}

} // namespace

WaitersView::WaitersView(QWidget *parent)
    : QWidget(parent)
    , m_link(new QPushButton(this))
    , m_consent(new QFrame(this))
    , m_listen(new QPushButton(m_consent))
    , m_note(makeNote({}, this))
    , m_head(makeNote({}, this))
    , m_list(new FactsView(this))
{
    m_link->setObjectName(QStringLiteral("askWaiters"));
    m_link->setProperty("kind", QStringLiteral("link"));
    m_listen->setObjectName(QStringLiteral("listenButton"));
    m_note->setObjectName(QStringLiteral("waitersNote"));
    m_list->setObjectName(QStringLiteral("waitersList"));
    auto *cancel = new QPushButton(tr("Cancel"), m_consent);
    cancel->setAccessibleName(tr("Do not listen"));
    m_consent->setObjectName(QStringLiteral("card"));
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_listen);
    buttons->addWidget(cancel);
    buttons->addStretch();
    auto *consent = new QVBoxLayout(m_consent);
    consent->setContentsMargins(12, 8, 12, 10);
    consent->setSpacing(8);
    consent->addWidget(makeNote(tr("MONITOR copies every command of every client to us: for 150 ms "
                                   "the server may do half of its work, or less."),
                                m_consent));
    consent->addLayout(buttons);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_head);
    layout->addWidget(m_list);
    layout->addWidget(m_note);
    layout->addWidget(m_link, 0, Qt::AlignLeft);
    layout->addWidget(m_consent);
    connect(m_link, &QPushButton::clicked, this, [this] { setStage(Stage::Ask); });
    connect(m_listen, &QPushButton::clicked, this, &WaitersView::listen);
    connect(cancel, &QPushButton::clicked, this, [this] {
        if (m_stage == Stage::Ask)
            setStage(Stage::Offer);
    });
    present();
}

void WaitersView::setWorkspace(app::Workspace *workspace)
{
    if (m_workspace)
        disconnect(&m_workspace->rights(), nullptr, this, nullptr);
    m_workspace = workspace;
    if (workspace)
        connect(&workspace->rights(), &app::RightsKeeper::changed, this, &WaitersView::present);
    showLock(nullptr);
}

void WaitersView::showLock(const LockRow *row)
{
    const bool canBeAsked = row && !row->gone && !row->record.isForeign();
    if (!canBeAsked || row->record.key != m_key || row->record.token != m_token) {
        ++m_generation;
        m_key = canBeAsked ? row->record.key : LockKey();
        m_token = canBeAsked ? row->record.token : Token();
        m_note->clear();
        m_head->clear();
        m_list->setFacts({});
        m_stage = Stage::Offer;
    }
    if (!canBeAsked && window()->focusWidget() && isAncestorOf(window()->focusWidget()))
        window()->focusWidget()->clearFocus(); // what comes next may delete
    setVisible(canBeAsked);
    present();
}

void WaitersView::listen()
{
    if (m_stage != Stage::Ask || !m_workspace || m_workspace->isClosing())
        return;
    setStage(Stage::Listen);
    m_workspace->flows().start(sampleFlow(m_workspace, m_key, m_generation, this));
}

QCoro::Task<> WaitersView::sampleFlow(app::Workspace *workspace, LockKey key, quint64 generation,
                                      QPointer<WaitersView> view)
{
    const redis::MonitorTap::Budget budget;
    const Result<locks::WaiterSample> sample = co_await workspace->sampleWaiters(budget);
    if (view && view->m_workspace == workspace) // what another user may not do says nothing
        view->told(sample, key, generation);
}

void WaitersView::told(const Result<locks::WaiterSample> &sample, const LockKey &key,
                       quint64 generation)
{
    if (generation != m_generation) {
        present();
        return;
    }
    m_head->clear();
    m_list->setFacts({});
    if (sample)
        tell(*sample, key);
    else
        m_note->setText(missingRight() ? QString() : sample.error().what);
    setStage(Stage::Told);
}

void WaitersView::tell(const locks::WaiterSample &sample, const LockKey &key)
{
    const auto lock = std::ranges::find(sample.locks, key, &locks::ContendedLock::key);
    if (lock == sample.locks.end()) {
        m_note->setText(
            tr("Nobody asked for this lock within %1 ms.").arg(sample.tally.span.count()));
        return;
    }
    QList<FactsView::Fact> facts;
    for (const locks::Waiter &waiter : lock->waiters.mid(0, kMostShown))
        facts.append(waiterFact(waiter, *m_workspace));
    m_list->setFacts(facts);
    m_head->setText(tr("Waiting at %1").arg(secondOf(m_workspace->clock().wall())));
    const qsizetype more = lock->waiters.size() - facts.size();
    QString note = more > 0 ? tr("and %1 more").arg(more) : QString();
    if (sample.isCut || sample.tally.isCut)
        note = tr("%1 There was more to hear than is kept.").arg(note).trimmed();
    m_note->setText(note);
}

void WaitersView::setStage(Stage stage)
{
    const QWidget *focused = window()->focusWidget();
    const bool hadFocus = focused && isAncestorOf(focused);
    m_stage = stage;
    present();
    // Qt would hand it on to what comes next, and that may delete.
    if (hadFocus)
        (stage == Stage::Ask || stage == Stage::Listen ? m_listen : m_link)->setFocus();
}

std::optional<Error> WaitersView::missingRight() const
{
    return m_workspace ? m_workspace->rights().refusal(app::Deed::Sample) : std::nullopt;
}

void WaitersView::present()
{
    const bool isAsking = m_stage == Stage::Ask || m_stage == Stage::Listen;
    const std::optional<Error> missing = missingRight();
    m_link->setText(missing                  ? tr("Who waits? Missing right: +monitor")
                    : m_stage == Stage::Told ? tr("Sample again for 150 ms…")
                                             : tr("Who waits? Sample for 150 ms…"));
    m_link->setToolTip(missing ? describe(*missing) : QString());
    m_link->setEnabled(!missing && m_workspace && m_workspace->client().isReady());
    m_link->setVisible(!isAsking);
    m_listen->setText(m_stage == Stage::Listen ? tr("Listening …") : tr("Listen"));
    m_consent->setVisible(isAsking);
    m_note->setVisible(!isAsking && !m_note->text().isEmpty());
    m_head->setVisible(!isAsking && !m_head->text().isEmpty());
    m_list->setVisible(m_head->isVisibleTo(this));
}

} // namespace lockkeeper::gui
