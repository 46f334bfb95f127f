// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/detailspane.h"

#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/detailfacts.h"
#include "gui/views/look.h"
#include "ui_detailspane.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QPushButton>
#include <QTabBar>
#include <QUuid>

namespace lockkeeper::gui {

namespace {

constexpr milliseconds kLoadPause{500}; ///< between two reads of a session that keeps changing

} // namespace

DetailsPane::DetailsPane(const LockTableModel &model, QWidget *parent)
    : QWidget(parent)
    , m_model(model)
    , m_form(std::make_unique<Ui::DetailsForm>())
{
    m_form->setupUi(this);
    m_hint = new QLabel(tr("Select a lock to see who holds it, since when, and for which session."),
                        this);
    m_hint->setProperty("kind", QStringLiteral("secondary"));
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    layout()->addWidget(m_hint);
    m_form->tabs->tabBar()->setAccessibleName(tr("Parts of the details"));
    m_form->title->setFont(headlineFont(font()));
    m_form->card->setObjectName(QStringLiteral("card"));
    m_form->holdsHead->setProperty("kind", QStringLiteral("heading"));
    m_form->meta->setProperty("kind", QStringLiteral("secondary"));
    m_form->sessionId->setProperty("kind", QStringLiteral("secondary"));
    m_form->advice->setProperty("kind", QStringLiteral("secondary"));
    m_form->asOf->setProperty("kind", QStringLiteral("stale"));
    m_form->blocked->setProperty("kind", QStringLiteral("secondary"));
    m_form->copyId->setProperty("kind", QStringLiteral("link"));
    m_form->deleteButton->setProperty("kind", QStringLiteral("danger"));
    QFont idFont = fixedFont(font());
    idFont.setPointSizeF(idFont.pointSizeF() * 0.92);
    m_form->sessionId->setFont(idFont);
    connect(m_form->copyId, &QPushButton::clicked, this, [this] { emit copyRequested(); });
    connect(m_form->releaseButton, &QPushButton::clicked, this, &DetailsPane::releaseRequested);
    connect(m_form->takeOverButton, &QPushButton::clicked, this, [this] {
        if (canGiveBack())
            emit giveBackRequested();
        else
            emit takeOverRequested();
    });
    connect(m_form->deleteButton, &QPushButton::clicked, this, &DetailsPane::deleteRequested);
    for (const FactsView *facts : {m_form->lockFacts, m_form->sessionFacts, m_form->databaseFacts})
        connect(facts, &FactsView::copied, this, &DetailsPane::copied);
    connect(m_form->messages, &MessagesView::revealRequested, this, &DetailsPane::reveal);
    connect(&model, &LockTableModel::stepped, this, &DetailsPane::follow);
    connect(&model, &LockTableModel::aboutToUpdate, this, &DetailsPane::hearOfEnd);
    m_loadTimer.setSingleShot(true);
    m_loadTimer.setInterval(kLoadPause);
    connect(&m_loadTimer, &QTimer::timeout, this, &DetailsPane::load);
    present();
}

DetailsPane::~DetailsPane() = default;

void DetailsPane::setWorkspace(app::Workspace *workspace)
{
    if (m_workspace) {
        disconnect(m_workspace, nullptr, this, nullptr);
        disconnect(&m_workspace->monitor(), nullptr, this, nullptr);
        disconnect(&m_workspace->rights(), nullptr, this, nullptr);
        disconnect(&m_workspace->window(), nullptr, this, nullptr);
        disconnect(&m_workspace->held(), nullptr, this, nullptr);
    }
    m_workspace = workspace;
    m_form->waiters->setWorkspace(workspace);
    showLock(std::nullopt);
    if (!workspace)
        return;
    connect(&workspace->monitor(), &locks::LockMonitor::cachedSessionsChanged, this,
            [this](const QList<SessionId> &sessions) {
                if (m_row && sessions.contains(m_row->record.session))
                    reload();
            });
    connect(workspace, &app::Workspace::databaseReturned, this, &DetailsPane::reload);
    const auto considerActions = [this] {
        if (m_row)
            presentActions();
        emit possibilitiesChanged();
    };
    connect(&workspace->rights(), &app::RightsKeeper::changed, this, considerActions);
    connect(&workspace->window(), &app::WriteWindow::changed, this, considerActions);
    connect(&workspace->held(), &app::HeldLocks::changed, this, considerActions);
}

void DetailsPane::showLock(const std::optional<LockKey> &key)
{
    ++m_generation;
    m_isLoading = false;
    m_loadTimer.stop();
    m_inspection.reset();
    m_row.reset();
    if (const LockRow *row = key ? m_model.find(*key) : nullptr)
        m_row = *row;
    m_form->messages->begin(m_row ? m_row->record.session : SessionId());
    if (m_row)
        load();
    present();
    emit shownChanged(m_row.has_value());
}

void DetailsPane::reload()
{
    if (m_row && !m_loadTimer.isActive())
        m_loadTimer.start();
}

void DetailsPane::load()
{
    if (!m_workspace || m_workspace->isClosing() || !m_row)
        return;
    if (m_isLoading) {
        reload();
        return;
    }
    m_isLoading = true;
    m_workspace->flows().start(inspectFlow(m_workspace, m_row->record.session, m_generation, this));
}

QCoro::Task<> DetailsPane::inspectFlow(app::Workspace *workspace, SessionId session,
                                       quint64 generation, QPointer<DetailsPane> pane)
{
    const app::Inspection inspection = co_await workspace->actions().inspect(session);
    if (pane)
        pane->loaded(inspection, generation);
}

void DetailsPane::loaded(const app::Inspection &inspection, quint64 generation)
{
    if (generation != m_generation)
        return;
    m_isLoading = false;
    m_inspection = inspection;
    if (m_workspace && !inspection.stored)
        m_workspace->recheckDatabase();
    presentHead();
    presentSession();
    presentActions();
}

/// Who reads what people wrote is on record before it is shown.
void DetailsPane::reveal()
{
    if (!m_workspace || m_workspace->isClosing() || !m_row)
        return;
    m_form->messages->setRevealing(true);
    m_workspace->flows().start(revealFlow(m_workspace, revealEntry(), m_generation, this));
}

app::AuditEntry DetailsPane::revealEntry() const
{
    app::AuditEntry entry;
    entry.actionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    entry.action = QStringLiteral("reveal");
    entry.target = m_workspace->target().name;
    entry.key = m_workspace->target().family.cacheKey(m_row->record.session).bytes();
    entry.session = m_row->record.session;
    return entry;
}

QCoro::Task<> DetailsPane::revealFlow(app::Workspace *workspace, app::AuditEntry intent,
                                      quint64 generation, QPointer<DetailsPane> pane)
{
    app::AuditLog &audit = workspace->audit(); // a part: it lives until this flow has ended
    const Result<void> recorded = co_await audit.append(intent);
    if (pane)
        pane->revealRecorded(recorded, generation);
    if (!recorded)
        co_return;
    app::AuditEntry outcome = intent;
    outcome.phase = app::AuditEntry::Phase::Outcome;
    outcome.outcome = QStringLiteral("done");
    const Result<void> closed = co_await audit.append(outcome);
    if (pane && !closed)
        emit pane->failed(closed.error());
}

void DetailsPane::revealRecorded(const Result<void> &intent, quint64 generation)
{
    if (generation != m_generation)
        return;
    m_form->messages->setRevealing(false);
    if (intent) {
        m_form->messages->reveal();
        return;
    }
    emit failed({intent.error().code,
                 tr("The messages stay masked: that you asked could not be recorded (%1)")
                     .arg(intent.error().what),
                 intent.error().hint});
}

/// Takes over what the list says now; a row that has left it goes on as what it was.
void DetailsPane::follow()
{
    if (!m_row)
        return;
    if (const LockRow *row = m_model.find(m_row->record.key)) {
        // What ends a lock may have ended its session as well.
        const bool isOtherHold = row->record.token != m_row->record.token ||
                                 row->gone.has_value() != m_row->gone.has_value();
        m_row = *row;
        if (isOtherHold)
            reload();
    }
    present();
}

/// Where many locks end at once, rows leave before the next step.
void DetailsPane::hearOfEnd()
{
    const LockRow *row = m_row && !m_row->gone ? m_model.find(m_row->record.key) : nullptr;
    if (row && row->gone)
        follow();
}

void DetailsPane::present()
{
    const bool isShown = m_row.has_value();
    for (QWidget *part : findChildren<QWidget *>(Qt::FindDirectChildrenOnly))
        part->setVisible(isShown != (part == m_hint));
    if (!isShown)
        return;
    presentAge();
    presentHead();
    presentDiagnosis();
    m_form->lockFacts->setFacts(lockFacts(*m_row, shownClock(), m_workspace));
    presentHolds();
    presentSession();
    presentActions();
}

void DetailsPane::presentHead()
{
    const QString id = printable(m_row->record.session.bytes());
    m_form->sessionId->setText(id.size() > 40 ? shortened(id, 26, 10) : id);
    m_form->sessionId->setToolTip(id);
    const sessions::ChatSession *session = m_inspection ? m_inspection->session() : nullptr;
    const std::optional<QString> &known = session ? session->title : m_row->glance->title;
    const QString title = known.value_or(QString());
    m_form->title->setText(title);
    m_form->title->setVisible(!title.isEmpty());
    QStringList meta{userText(*m_row)};
    if (session) {
        meta = {session->user ? printable(session->user->bytes()) : tr("no user"),
                counted(session->messages.size(), tr("1 message"), tr("%1 messages"))};
        if (session->updatedAt)
            meta.append(tr("updated %1").arg(agoOf(session->updatedAt, shownClock())));
    } else if (m_inspection) {
        meta = {tr("no session to be read")};
    }
    meta.removeAll(QString());
    m_form->meta->setText(unbroken(meta.join(QStringLiteral(" · "))));
}

void DetailsPane::presentDiagnosis()
{
    const StateLook look = lookOf(*m_row);
    const QColor color = Theme::of(palette()).color(provenAt() ? Theme::Role::Gone : look.color);
    m_form->stateIcon->setPixmap(shapePixmap(look.shape, color, devicePixelRatioF()));
    // The reason tells a time: it is asked for anew.
    const app::Diagnosis diagnosis = app::diagnose(
        m_row->record, m_row->glance->state, m_model.timeOf(*m_row),
        m_workspace ? m_workspace->target().guardrails.thresholds : app::Thresholds());
    QString word = stateWord(*m_row);
    word[0] = word[0].toUpper();
    m_form->stateWord->setText(u"<b style=\"color:" + color.name() + u"\">" + word + u"</b>");
    m_form->reason->setText(m_row->gone ? tr("This lock is no more. It is shown until you select "
                                             "another one.")
                                        : unbroken(diagnosis.reason));
    const QString advice = m_row->gone ? QString() : diagnosis.advice;
    m_form->advice->setText(advice);
    m_form->advice->setVisible(!advice.isEmpty() && diagnosis.state != app::LockState::Healthy);
}

void DetailsPane::presentHolds()
{
    m_form->waiters->showLock(&*m_row);
    if (!m_workspace)
        return;
    const auto holds = holdFacts(m_row->record.key, m_workspace->insight(), m_workspace->clock());
    m_form->holdsHead->setVisible(!holds.isEmpty());
    m_form->holds->setVisible(!holds.isEmpty());
    m_form->holds->setFacts(holds);
}

void DetailsPane::presentSession()
{
    if (!m_inspection || !m_workspace) {
        m_form->sessionFacts->setFacts({{tr("Found"), tr("reading …")}});
        m_form->databaseFacts->setFacts({{tr("Database"), tr("reading …")}});
        return;
    }
    const ClockAt clock = shownClock();
    const auto &dsn = m_workspace->target().database;
    const locks::UnlockedWrites &writes = m_workspace->unlockedWrites();
    m_form->sessionFacts->setFacts(sessionFacts(*m_inspection, clock) +
                                   unlockedFacts(writes.of(m_row->record.session), clock));
    m_form->databaseFacts->setFacts(
        databaseFacts(*m_inspection, dsn ? dsn->displayText() : QString(), clock));
    const sessions::ChatSession *session = m_inspection->session();
    m_form->messages->setMessages(session ? session->messages : QList<sessions::ChatMessage>());
}

ClockAt DetailsPane::shownClock() const
{
    const Clock &clock = m_workspace ? m_workspace->client().serverTime() : m_model.clock();
    return {clock, m_model.timeOf(*m_row)};
}

std::optional<SteadyTime> DetailsPane::provenAt() const
{
    if (m_row->gone)
        return std::nullopt;
    if (m_row->provenAt)
        return m_row->provenAt;
    return m_model.frozenAt();
}

/// What is shown stays, in grey and with its age.
void DetailsPane::presentAge()
{
    const auto proven = provenAt();
    m_form->asOf->setVisible(proven.has_value());
    if (proven)
        m_form->asOf->setText(tr("As of %1 ago, not confirmed since")
                                  .arg(agoText(std::chrono::duration_cast<milliseconds>(
                                      m_model.clock().steady() - *proven))));
    QPalette greyed;
    if (proven)
        greyed.setColor(QPalette::WindowText, Theme::of(palette()).color(Theme::Role::Gone));
    m_form->title->setPalette(greyed);
    // A style sheet keeps palettes from being handed on to children.
    for (const QWidget *part :
         {static_cast<QWidget *>(m_form->card), static_cast<QWidget *>(m_form->tabs)}) {
        for (QLabel *label : part->findChildren<QLabel *>())
            label->setPalette(greyed);
    }
}

void DetailsPane::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_row)
        present();
}

} // namespace lockkeeper::gui
