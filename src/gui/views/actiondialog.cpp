// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/actiondialog.h"

#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/look.h"
#include "ui_actiondialog.h"

#include <QKeyEvent>

namespace lockkeeper::gui {

namespace {

constexpr int kWidth = 560;

QString colored(const QWidget &widget, Theme::Role role, const QString &html)
{
    const QString color = Theme::of(widget.palette()).color(role).name();
    return u"<span style=\"color:" + color + u"\">" + html + u"</span>";
}

/// The words of one kind of act.
struct Words
{
    QString title; ///< of the dialog, and on its button
    QString question;
    QString running;
    QString done; ///< with the session for %1
};

Words wordsOf(ActionDialog::Kind kind)
{
    switch (kind) {
    case ActionDialog::Kind::Release:
        return {ActionDialog::tr("Release lock"), ActionDialog::tr("Release this lock?"),
                ActionDialog::tr("Releasing …"), ActionDialog::tr("Released the lock of %1")};
    case ActionDialog::Kind::TakeOver:
        return {ActionDialog::tr("Take over"), ActionDialog::tr("Take this lock over?"),
                ActionDialog::tr("Taking over …"), ActionDialog::tr("The lock of %1 is ours")};
    case ActionDialog::Kind::Delete:
        return {ActionDialog::tr("Delete session"), ActionDialog::tr("Delete this session?"),
                ActionDialog::tr("Deleting, under its lock …"),
                ActionDialog::tr("Deleted session %1")};
    }
    Q_UNREACHABLE();
}

} // namespace

ActionDialog::ActionDialog(app::Workspace &workspace, Kind kind, const LockRow &row,
                           QWidget *parent)
    : QDialog(parent)
    , m_workspace(&workspace)
    , m_kind(kind)
    , m_row(row)
    , m_form(std::make_unique<Ui::ActionForm>())
{
    m_form->setupUi(this);
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(kWidth);
    const Words words = wordsOf(kind);
    setWindowTitle(words.title);
    m_form->headline->setFont(headlineFont(font()));
    m_form->effectsHeading->setProperty("kind", QStringLiteral("heading"));
    m_form->effectsHeading->setFont(headingFont(font()));
    m_form->confirmButton->setText(words.title);
    m_form->confirmButton->setAccessibleName(m_form->confirmButton->text());
    m_form->confirmButton->setProperty("kind", QStringLiteral("dangerPrimary"));
    m_form->takeOver->setVisible(kind == Kind::Delete && !row.gone && !row.record.isForeign());
    m_form->takeOver->setAccessibleName(m_form->takeOver->text());
    m_form->warnings->hide();
    m_form->result->hide();
    m_form->typedLabel->hide();
    m_form->typed->hide();
    connect(m_form->typed, &QLineEdit::textChanged, this, &ActionDialog::offerConfirmation);
    connect(m_form->takeOver, &QCheckBox::toggled, this, &ActionDialog::preview);
    connect(m_form->cancelButton, &QPushButton::clicked, this, &ActionDialog::reject);
    connect(m_form->confirmButton, &QPushButton::clicked, this, &ActionDialog::run);
    m_form->confirmButton->setAutoDefault(false);
    m_form->cancelButton->setDefault(true);
    m_form->reason->setFocus();
    presentFacts(nullptr);
    preview();
}

ActionDialog::~ActionDialog() = default;

void ActionDialog::reject()
{
    if (m_stage != Stage::Running) {
        QDialog::reject();
        return;
    }
    // These are one command: there is nothing to cancel, and what comes of it is shown soon.
    if (m_kind != Kind::Delete)
        return;
    // A delete that waits for its lock can be ended; what comes of it is shown as usual.
    m_stop.request_stop();
    m_form->cancelButton->setEnabled(false);
    m_form->cancelButton->setText(tr("Cancelling …"));
}

void ActionDialog::keyPressEvent(QKeyEvent *event)
{
    // Return ends the typing of a reason; it neither acts nor throws the reason away.
    const bool isReturn = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (isReturn && (m_form->reason->hasFocus() || m_form->typed->hasFocus()))
        event->accept();
    else
        QDialog::keyPressEvent(event);
}

void ActionDialog::endEarly()
{
    if (m_stage != Stage::Running)
        return;
    reject();
    m_form->headline->setText(tr("Closing when this has ended …"));
}

app::ActNote ActionDialog::note() const
{
    app::ActNote note;
    note.reason = m_form->reason->text().trimmed();
    note.typed = m_form->typed->text().trimmed();
    note.row = m_row.record;
    return note;
}

ActionDialog::Requests ActionDialog::requests() const
{
    const SessionId &session = m_row.record.session;
    const Token &seen = m_row.record.token;
    Requests all{{session, seen, note()}, {session, seen, note()}, {}};
    all.removal.session = session;
    if (m_form->takeOver->isChecked())
        all.removal.takeOver = seen;
    all.removal.note = note();
    all.removal.stop = m_stop.get_token();
    return all;
}

void ActionDialog::preview()
{
    if (!m_workspace || m_workspace->isClosing())
        return;
    m_stop = std::stop_source(); // an act that was cancelled is over
    setStage(Stage::Previewing);
    m_workspace->flows().start(previewFlow(m_workspace, m_kind, requests(), ++m_generation, this));
}

QCoro::Task<> ActionDialog::previewFlow(app::Workspace *workspace, Kind kind, Requests requests,
                                        quint64 generation, QPointer<ActionDialog> dialog)
{
    app::Preview preview;
    if (kind == Kind::Release)
        preview = co_await workspace->actions().previewRelease(requests.release);
    else if (kind == Kind::TakeOver)
        preview = co_await workspace->actions().previewTakeOver(requests.takeOver);
    else
        preview = co_await workspace->actions().previewDelete(requests.removal);
    if (dialog)
        dialog->previewed(preview, generation);
}

void ActionDialog::previewed(const app::Preview &preview, quint64 generation)
{
    if (generation != m_generation || m_stage != Stage::Previewing)
        return;
    presentFacts(&preview);
    m_phrase = preview.phrase;
    m_form->typedLabel->setText(
        tr("This is production. Type the session's id to delete it: <b>%1</b>")
            .arg(m_phrase.toHtmlEscaped()));
    m_form->typedLabel->setVisible(!m_phrase.isEmpty());
    m_form->typed->setVisible(!m_phrase.isEmpty());
    m_form->effects->setText(bullets(preview.effects.isEmpty()
                                         ? QStringList(tr("Nothing, as things stand."))
                                         : preview.effects));
    QString warnings;
    for (const QString &warning : preview.changes + preview.warnings)
        warnings += u"<p style=\"margin:0 0 4px 0\">" +
                    colored(*this, Theme::Role::Warn, u"▲ " + warning.toHtmlEscaped()) + u"</p>";
    if (preview.refusal)
        warnings += u"<p style=\"margin:0\">" +
                    colored(*this, Theme::Role::Bad,
                            u"◆ <b>" + preview.refusal->what.toHtmlEscaped() + u"</b>") +
                    u"<br>" + preview.refusal->hint.toHtmlEscaped() + u"</p>";
    m_form->warnings->setText(warnings);
    m_form->warnings->setVisible(!warnings.isEmpty());
    setStage(preview.refusal ? Stage::Refused : Stage::Ready);
    growToFit(*this);
}

void ActionDialog::run()
{
    if (m_stage != Stage::Ready || !m_workspace || m_workspace->isClosing())
        return;
    m_stop = std::stop_source();
    m_form->result->hide();
    setStage(Stage::Running);
    m_workspace->flows().start(runFlow(m_workspace, m_kind, requests(), this));
}

QCoro::Task<> ActionDialog::runFlow(app::Workspace *workspace, Kind kind, Requests requests,
                                    QPointer<ActionDialog> dialog)
{
    app::ActionReport report;
    if (kind == Kind::Release)
        report = co_await workspace->actions().release(requests.release);
    else if (kind == Kind::TakeOver)
        report = co_await workspace->actions().takeOver(requests.takeOver);
    else
        report = co_await workspace->actions().remove(requests.removal);
    if (dialog)
        dialog->ended(report);
}

void ActionDialog::ended(const app::ActionReport &report)
{
    emit acted();
    setStage(Stage::Ended);
    const QString id = shortened(printable(m_row.record.session.bytes()));
    if (report.isDone() && report.warnings.isEmpty()) {
        QStringList detail = report.steps;
        detail.append(report.verification);
        detail.removeAll(QString());
        emit succeeded(wordsOf(m_kind).done.arg(id), detail.join(QStringLiteral(" · ")));
        accept();
        emit runEnded(false);
        return;
    }
    presentReport(report);
    // What can be tried again is offered again, as things stand now.
    if (!report.isDone())
        preview();
    emit runEnded(true);
}

void ActionDialog::presentReport(const app::ActionReport &report)
{
    QString text;
    if (report.failure) {
        text += colored(*this, Theme::Role::Bad,
                        u"◆ <b>" + failureHead(report) + u": " +
                            report.failure->what.toHtmlEscaped() + u"</b>") +
                u"<br>" + report.failure->hint.toHtmlEscaped();
    } else {
        text += colored(*this, Theme::Role::Ok, u"● <b>" + tr("Done") + u"</b>");
    }
    QStringList lines = report.steps + report.warnings;
    if (!report.verification.isEmpty())
        lines.append(report.verification);
    m_form->result->setText(text + bullets(lines));
    m_form->result->show();
    growToFit(*this);
}

void ActionDialog::setStage(Stage stage)
{
    m_stage = stage;
    const bool isRunning = stage == Stage::Running;
    const Words words = wordsOf(m_kind);
    m_form->progress->setVisible(isRunning || stage == Stage::Previewing);
    m_form->takeOver->setEnabled(!isRunning);
    m_form->reason->setEnabled(!isRunning && stage != Stage::Ended);
    m_form->typed->setEnabled(!isRunning && stage != Stage::Ended);
    m_form->cancelButton->setEnabled(!isRunning || m_kind == Kind::Delete);
    m_form->cancelButton->setText(stage == Stage::Ended ? tr("Close") : tr("Cancel"));
    m_form->headline->setText(isRunning ? words.running : words.question);
    offerConfirmation();
}

void ActionDialog::offerConfirmation()
{
    const bool isTyped = m_phrase.isEmpty() || m_form->typed->text().trimmed() == m_phrase;
    m_form->confirmButton->setEnabled(m_stage == Stage::Ready && isTyped);
}

void ActionDialog::presentFacts(const app::Preview *preview)
{
    const sessions::ChatSession *session = preview ? preview->inspection.session() : nullptr;
    const auto orUnknown = [](const QString &text) {
        return text.isEmpty() ? tr("not known") : text;
    };
    const QString title = session && session->title ? *session->title : titleText(m_row);
    const QString user =
        session && session->user ? printable(session->user->bytes()) : userText(m_row);
    QList<FactsView::Fact> facts{
        {tr("Session"), shortened(printable(m_row.record.session.bytes()), 38, 12), {}, {}, true},
        {tr("Title"), orUnknown(title)},
        {tr("User"), orUnknown(user)}};
    if (!preview) {
        facts.append({tr("Owner"), ownerText(m_row)});
        facts.append({tr("Held for"), heldText(m_row, m_workspace->clock().steady())});
    } else {
        for (const app::PreviewFact &fact : preview->facts) {
            const bool isToken = fact.label == u"Token";
            facts.append({fact.label, isToken ? shortened(fact.text) : fact.text, {}, {}, isToken});
        }
    }
    m_form->facts->setFacts(facts);
}

QString ActionDialog::bullets(const QStringList &lines) const
{
    QString html;
    for (const QString &line : lines)
        html += u"<p style=\"margin:0 0 4px 10px; text-indent:-10px\">• " +
                unbroken(line).toHtmlEscaped() + u"</p>";
    return html;
}

} // namespace lockkeeper::gui
