// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/bulkdialog.h"

#include "app/durablefile.h"
#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/bulklayout.h"
#include "gui/views/fileasking.h"
#include "gui/views/look.h"
#include "gui/views/theme.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>

namespace lockkeeper::gui {

namespace {

enum Column { SessionColumn, TitleColumn, OwnerColumn, HeldColumn, RemarkColumn, Columns };

bool isDelete(app::BulkDeed deed)
{
    return deed == app::BulkDeed::Delete || deed == app::BulkDeed::TakeOverAndDelete;
}

QString titleOf(app::BulkDeed deed)
{
    switch (deed) {
    case app::BulkDeed::Release:
        return BulkDialog::tr("Release locks");
    case app::BulkDeed::TakeOver:
        return BulkDialog::tr("Take over locks");
    case app::BulkDeed::Delete:
    case app::BulkDeed::TakeOverAndDelete:
        return BulkDialog::tr("Delete sessions");
    }
    Q_UNREACHABLE();
}

QString questionOf(app::BulkDeed deed, qsizetype count)
{
    switch (deed) {
    case app::BulkDeed::Release:
        return BulkDialog::tr("Release %1 locks?").arg(count);
    case app::BulkDeed::TakeOver:
        return BulkDialog::tr("Take %1 locks over?").arg(count);
    case app::BulkDeed::Delete:
    case app::BulkDeed::TakeOverAndDelete:
        return BulkDialog::tr("Delete %1 sessions?").arg(count);
    }
    Q_UNREACHABLE();
}

/// What the act would touch, in a few words; the dialog of one says it in full.
QString effectText(const app::Preview &preview, app::BulkDeed deed)
{
    if (!preview.changes.isEmpty())
        return preview.changes.first();
    if (isDelete(deed))
        return BulkDialog::tr("%1, cached copy: %2")
            .arg(preview.fact(QLatin1StringView("Database")),
                 preview.fact(QLatin1StringView("Cached copy")));
    return BulkDialog::tr("expires %1").arg(preview.fact(QLatin1StringView("Expires")));
}

} // namespace

BulkDialog::BulkDialog(app::Workspace &workspace, app::BulkDeed deed, const QList<LockRow> &rows,
                       QWidget *parent)
    : QDialog(parent)
    , m_workspace(&workspace)
    , m_deed(deed)
    , m_rows(rows)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(titleOf(deed));
    build();
    fillTable();
    preview();
}

void BulkDialog::build()
{
    const BulkLayout parts(
        *this, {tr("Session"), tr("Title"), tr("Owner"), tr("Held for"), tr("What happens")});
    m_headline = parts.headline;
    m_table = parts.table;
    m_summary = parts.summary;
    m_takeOver = parts.takeOver;
    m_raiseCap = parts.raiseCap;
    m_reasonLabel = parts.reasonLabel;
    m_reason = parts.reason;
    m_typedLabel = parts.typedLabel;
    m_typed = parts.typed;
    m_progress = parts.progress;
    m_export = parts.exportButton;
    m_cancel = parts.cancel;
    m_confirm = parts.confirm;
    m_confirm->setText(titleOf(m_deed));
    m_takeOver->setVisible(isDelete(m_deed));
    m_raiseCap->setText(tr("Touch all %1, over the cap of %2, this once")
                            .arg(m_rows.size())
                            .arg(m_workspace->target().guardrails.cap));
    m_raiseCap->setVisible(m_rows.size() > m_workspace->target().guardrails.cap);
    connect(m_takeOver, &QCheckBox::toggled, this, &BulkDialog::preview);
    connect(m_raiseCap, &QCheckBox::toggled, this, &BulkDialog::preview);
    connect(m_typed, &QLineEdit::textChanged, this, &BulkDialog::offerConfirmation);
    connect(m_export, &QPushButton::clicked, this, &BulkDialog::exportResults);
    connect(m_cancel, &QPushButton::clicked, this, &BulkDialog::reject);
    connect(m_confirm, &QPushButton::clicked, this, &BulkDialog::run);
}

void BulkDialog::fillTable()
{
    const SteadyTime now = m_workspace->clock().steady();
    m_table->setRowCount(static_cast<int>(m_rows.size()));
    for (int i = 0; i < m_rows.size(); ++i) {
        const LockRow &row = m_rows[i];
        const QString id = printable(row.record.session.bytes());
        const QStringList texts{shortened(id), titleText(row), ownerText(row), heldText(row, now),
                                QString()};
        for (int column = 0; column < Columns; ++column) {
            auto *item = new QTableWidgetItem(texts[column]);
            if (column == HeldColumn)
                item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
            m_table->setItem(i, column, item);
        }
        m_table->item(i, SessionColumn)->setToolTip(id);
        m_table->item(i, SessionColumn)->setFont(fixedFont(font()));
    }
}

void BulkDialog::reject()
{
    m_stop.request_stop(); // a preview as well
    if (m_stage != Stage::Running) {
        QDialog::reject();
        return;
    }
    m_cancel->setEnabled(false);
    m_cancel->setText(tr("Cancelling …"));
}

void BulkDialog::endEarly()
{
    if (m_stage != Stage::Running)
        return;
    reject();
    m_headline->setText(tr("Closing when this has ended …"));
}

app::BulkRequest BulkDialog::request() const
{
    app::BulkRequest request;
    request.deed = m_deed == app::BulkDeed::Delete && m_takeOver->isChecked()
                       ? app::BulkDeed::TakeOverAndDelete
                       : m_deed;
    for (const LockRow &row : m_rows)
        request.items.append({row.record.session, row.record.token, row.record});
    request.reason = m_reason->text().trimmed();
    request.typed = m_typed->text().trimmed();
    if (m_raiseCap->isChecked())
        request.raisedCap = static_cast<int>(m_rows.size());
    request.stop = m_stop.get_token();
    return request;
}

void BulkDialog::preview()
{
    if (!m_workspace || m_workspace->isClosing())
        return;
    setStage(Stage::Previewing);
    m_workspace->flows().start(previewFlow(m_workspace, request(), ++m_generation, this));
}

QCoro::Task<> BulkDialog::previewFlow(app::Workspace *workspace, app::BulkRequest request,
                                      quint64 generation, QPointer<BulkDialog> dialog)
{
    const app::BulkPreview preview = co_await app::previewBulk(workspace->actions(), request);
    if (dialog)
        dialog->previewed(preview, generation);
}

void BulkDialog::previewed(const app::BulkPreview &preview, quint64 generation)
{
    if (generation != m_generation || m_stage != Stage::Previewing)
        return;
    for (int i = 0; i < m_rows.size(); ++i)
        setRemark(i, QString(), int(Theme::Role::Text));
    for (int i = 0; i < preview.items.size(); ++i) {
        const app::Preview &what = preview.items[i].preview;
        if (what.refusal)
            setRemark(i, tr("◆ would be refused: %1").arg(what.refusal->what),
                      int(Theme::Role::Bad));
        else if (what.isOwnerAlive)
            setRemark(i, u"▲ " + what.warnings.value(0), int(Theme::Role::Warn));
        else
            setRemark(i, effectText(what, m_deed), int(Theme::Role::Text));
    }
    m_phrase = preview.phrase;
    m_typedLabel->setText(
        tr("This is production. Type how many sessions are to be deleted: <b>%1</b>")
            .arg(m_phrase));
    m_typedLabel->setVisible(!m_phrase.isEmpty());
    m_typed->setVisible(!m_phrase.isEmpty());
    if (preview.refusal) {
        say(u"◆ " + preview.refusal->what + u". " + preview.refusal->hint, true);
    } else {
        QStringList sentences;
        if (preview.refused() > 0)
            sentences.append(tr("%1 of them would be refused").arg(preview.refused()));
        if (preview.alive() > 0)
            sentences.append(tr("%1 have a worker that is alive").arg(preview.alive()));
        say(sentences.join(QStringLiteral(" · ")), false);
    }
    setStage(preview.refusal ? Stage::Refused : Stage::Ready);
}

void BulkDialog::run()
{
    if (m_stage != Stage::Ready || !m_workspace || m_workspace->isClosing())
        return;
    m_stop = std::stop_source();
    m_progress->setMaximum(static_cast<int>(m_rows.size()));
    m_progress->setValue(0);
    for (int i = 0; i < m_rows.size(); ++i)
        setRemark(i, tr("waits for its turn"), int(Theme::Role::Secondary));
    m_table->horizontalHeaderItem(RemarkColumn)->setText(tr("Outcome"));
    setStage(Stage::Running);
    m_workspace->flows().start(runFlow(m_workspace, request(), this));
}

QCoro::Task<> BulkDialog::runFlow(app::Workspace *workspace, app::BulkRequest request,
                                  QPointer<BulkDialog> dialog)
{
    const auto tell = [dialog](const app::BulkProgress &progress) {
        if (dialog)
            dialog->progressed(progress.through, progress.newest);
    };
    const app::BulkReport report = co_await app::runBulk(workspace->actions(), request, tell);
    if (dialog)
        dialog->ended(report);
}

void BulkDialog::progressed(int through, const app::BulkOutcome &newest)
{
    m_progress->setValue(through);
    const app::ActionReport &report = *newest.report;
    setRemark(through - 1, report.isDone() ? tr("● done") : QString(u"◆ " + failureWord(report)),
              int(report.isDone() ? Theme::Role::Ok : Theme::Role::Bad));
    m_table->item(through - 1, RemarkColumn)->setToolTip(app::outcomeText(report));
    m_table->scrollToItem(m_table->item(through - 1, 0));
    m_headline->setText(tr("%1 of %2 …").arg(through).arg(m_rows.size()));
}

void BulkDialog::ended(const app::BulkReport &report)
{
    m_report = report;
    emit acted();
    setStage(Stage::Ended);
    for (int i = 0; i < report.outcomes.size(); ++i) {
        if (!report.outcomes[i].report)
            setRemark(i, tr("○ not reached"), int(Theme::Role::Gone));
    }
    if (report.refusal)
        say(u"◆ " + report.refusal->what + u". " + report.refusal->hint, true);
    else if (report.isAllDone())
        say(tr("● All done. For a minute it is watched who comes back."), false);
    else
        say(tr("◆ %1 of %2 done. The list says what became of each.")
                .arg(report.done())
                .arg(report.outcomes.size()),
            true);
    emit runEnded(true);
}

void BulkDialog::setRemark(int row, const QString &text, int role)
{
    QTableWidgetItem *item = m_table->item(row, RemarkColumn);
    if (!item)
        return;
    item->setText(text);
    item->setToolTip(text);
    item->setForeground(Theme::of(palette()).color(static_cast<Theme::Role>(role)));
}

void BulkDialog::say(const QString &text, bool isBad)
{
    QPalette colors = m_summary->palette();
    colors.setColor(QPalette::WindowText,
                    Theme::of(palette()).color(isBad ? Theme::Role::Bad : Theme::Role::Text));
    m_summary->setPalette(colors);
    m_summary->setText(text);
    m_summary->setVisible(!text.isEmpty());
}

void BulkDialog::setStage(Stage stage)
{
    m_stage = stage;
    const bool isRunning = stage == Stage::Running;
    const bool isEnded = stage == Stage::Ended;
    m_progress->setVisible(isRunning || stage == Stage::Previewing);
    if (stage == Stage::Previewing)
        m_progress->setMaximum(0);
    m_takeOver->setEnabled(!isRunning && !isEnded);
    m_raiseCap->setEnabled(!isRunning && !isEnded);
    m_reason->setEnabled(!isRunning);
    for (QWidget *part : {static_cast<QWidget *>(m_reason), static_cast<QWidget *>(m_reasonLabel)})
        part->setVisible(!isEnded);
    if (isEnded) {
        for (QWidget *part :
             {static_cast<QWidget *>(m_takeOver), static_cast<QWidget *>(m_raiseCap),
              static_cast<QWidget *>(m_typedLabel), static_cast<QWidget *>(m_typed)})
            part->hide();
    }
    m_typed->setEnabled(!isRunning && !isEnded);
    m_export->setVisible(isEnded);
    m_confirm->setVisible(!isEnded);
    m_cancel->setEnabled(true);
    m_cancel->setText(isEnded ? tr("Close") : tr("Cancel"));
    m_headline->setText(isEnded ? titleOf(m_deed) : questionOf(m_deed, m_rows.size()));
    offerConfirmation();
}

void BulkDialog::offerConfirmation()
{
    const bool isTyped = m_phrase.isEmpty() || m_typed->text().trimmed() == m_phrase;
    m_confirm->setEnabled(m_stage == Stage::Ready && isTyped);
}

void BulkDialog::exportResults()
{
    if (!m_report)
        return;
    const auto save = [this](const QString &file) {
        const bool isJson = file.endsWith(u".json");
        const Result<void> saved =
            app::saveAs(file, isJson ? app::bulkJson(*m_report) : app::bulkCsv(*m_report));
        say(saved ? tr("● Saved in %1").arg(file) : QString(u"◆ " + saved.error().what), !saved);
    };
    askWhereToSave(
        *this,
        {tr("Save the results"), QStringLiteral("results.csv"), tr("CSV (*.csv);;JSON (*.json)")},
        save);
}

} // namespace lockkeeper::gui
