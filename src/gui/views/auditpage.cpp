// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/auditpage.h"

#include "app/auditexport.h"
#include "app/durablefile.h"
#include "core/text.h"
#include "gui/models/words.h"
#include "gui/views/fileasking.h"
#include "gui/views/hairline.h"
#include "gui/views/look.h"
#include "gui/views/theme.h"

#include <QFile>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QVBoxLayout>
#include <QtConcurrent>

#include <utility>

namespace lockkeeper::gui {

namespace {

constexpr int kRowHeight = 30;
constexpr int kDetailsHeight = 150;
constexpr std::chrono::days kReach{366};
constexpr milliseconds kRefreshPause{300};

/// One act with all that the log says of it.
QString detailsOf(const app::AuditRun &run)
{
    const app::AuditRecord &begun = run.begun;
    QStringList lines;
    const auto add = [&lines](const QString &word, const QString &text) {
        if (!text.isEmpty())
            lines.append(word.leftJustified(13) + text);
    };
    add(AuditPage::tr("at"), rfc3339(begun.at));
    add(AuditPage::tr("by"), begun.user + u'@' + begun.host);
    add(AuditPage::tr("environment"), begun.environment);
    add(AuditPage::tr("place"), begun.where);
    add(AuditPage::tr("key"), begun.key);
    add(AuditPage::tr("token seen"), begun.token);
    add(AuditPage::tr("owner"), begun.owner);
    add(AuditPage::tr("reason"), begun.reason);
    if (run.outcome) {
        add(AuditPage::tr("outcome"), run.outcome->outcome);
        for (qsizetype i = 0; i < run.outcome->steps.size(); ++i) {
            const QString took =
                i < run.outcome->stepsTook.size()
                    ? QString(u", " + QString::number(run.outcome->stepsTook[i].count()) + u" ms")
                    : QString();
            add(AuditPage::tr("step"), run.outcome->steps[i] + took);
        }
        if (run.outcome->took)
            add(AuditPage::tr("took"), spanText(*run.outcome->took));
    }
    for (const app::AuditRecord &finding : run.findings)
        add(AuditPage::tr("found later"),
            rfc3339(finding.at) + u' ' + finding.outcome +
                (finding.steps.isEmpty() ? QString() : QString(u": " + finding.steps.join(u"; "))));
    return lines.join(u'\n');
}

} // namespace

AuditPage::AuditPage(const QString &folder, const Clock &clock, QWidget *parent)
    : QWidget(parent)
    , m_log(std::make_shared<app::AuditLog>(folder, clock))
    , m_filter(new QLineEdit(this))
    , m_table(new QTableView(this))
    , m_details(new QPlainTextEdit(this))
    , m_note(new QLabel(this))
{
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
    m_shown.setSourceModel(&m_model);
    m_shown.setFilterKeyColumn(-1);
    m_shown.setFilterCaseSensitivity(Qt::CaseInsensitive);
    build();
    m_refreshTimer.setSingleShot(true);
    m_refreshTimer.setInterval(kRefreshPause);
    connect(&m_refreshTimer, &QTimer::timeout, this, &AuditPage::refresh);
    const auto refreshSoon = [this] { m_refreshTimer.start(); };
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, refreshSoon);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, refreshSoon);
    connect(m_filter, &QLineEdit::textChanged, &m_shown,
            &QSortFilterProxyModel::setFilterFixedString);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            &AuditPage::showDetails);
    connect(&m_shown, &QAbstractItemModel::modelReset, this, &AuditPage::showDetails);
}

void AuditPage::build()
{
    m_table->setModel(&m_shown);
    m_table->setObjectName(QStringLiteral("auditTable"));
    m_details->setObjectName(QStringLiteral("auditDetails"));
    m_table->setAccessibleName(tr("Acts"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView *header = m_table->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setStretchLastSection(true);
    const QList<int> widths{150, 140, 110, 300, 140, 280, 120};
    for (int i = 0; i < widths.size(); ++i)
        m_table->setColumnWidth(i, widths[i]);
    m_details->setReadOnly(true);
    m_details->setFixedHeight(kDetailsHeight);
    m_details->setFont(fixedFont(font()));
    m_details->setAccessibleName(tr("The chosen act"));
    m_details->setPlaceholderText(tr("Choose an act to see its steps."));
    m_details->setTabChangesFocus(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeBar());
    layout->addWidget(new Hairline(Qt::Horizontal, this));
    layout->addWidget(m_table, 1);
    layout->addWidget(new Hairline(Qt::Horizontal, this));
    layout->addWidget(m_details);
}

QWidget *AuditPage::makeBar()
{
    auto *bar = new QWidget(this);
    m_filter->setObjectName(QStringLiteral("auditFilter"));
    m_filter->setPlaceholderText(tr("Filter by session, person, action, target or reason"));
    m_filter->setAccessibleName(tr("Filter"));
    m_filter->setClearButtonEnabled(true);
    auto *verifyButton = new QPushButton(tr("Verify"), bar);
    verifyButton->setObjectName(QStringLiteral("verifyButton"));
    verifyButton->setToolTip(tr("Check that no line was changed, removed, added or moved"));
    connect(verifyButton, &QPushButton::clicked, this, &AuditPage::verify);
    auto *exportButton = new QPushButton(tr("Export…"), bar);
    exportButton->setObjectName(QStringLiteral("exportAuditButton"));
    connect(exportButton, &QPushButton::clicked, this, &AuditPage::chooseFile);
    m_note->setObjectName(QStringLiteral("auditNote"));
    auto *fields = new QHBoxLayout;
    fields->setSpacing(8);
    fields->addWidget(m_filter, 1);
    fields->addWidget(verifyButton);
    fields->addWidget(exportButton);
    auto *layout = new QVBoxLayout(bar);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(6);
    layout->addLayout(fields);
    layout->addWidget(m_note);
    m_note->setWordWrap(true);
    m_note->hide();
    return bar;
}

void AuditPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    refresh();
}

void AuditPage::refresh()
{
    watch();
    if (!isVisible() || std::exchange(m_isReading, true))
        return;
    m_flows.start(readFlow(m_log, this));
}

/// Each line that is written moves the head of the chain.
void AuditPage::watch()
{
    static_cast<void>(app::ensureFolder(m_log->folder())); // what is not there cannot be watched
    const QString chain = m_log->folder() + QStringLiteral("/chain");
    for (const QString &path : {m_log->folder(), chain}) {
        if (QFile::exists(path))
            m_watcher.addPath(path);
    }
}

QCoro::Task<> AuditPage::readFlow(std::shared_ptr<app::AuditLog> log, QPointer<AuditPage> page)
{
    const WallTime since = log->clock().wall() - kReach;
    const Result<QList<app::AuditRun>> runs = co_await log->runs(since);
    if (page)
        page->take(runs);
}

void AuditPage::take(const Result<QList<app::AuditRun>> &runs)
{
    m_isReading = false;
    if (!runs) {
        say(u"◆ " + runs.error().what + u". " + runs.error().hint, true);
        return;
    }
    const QModelIndex current = m_shown.mapToSource(m_table->currentIndex());
    const QString chosen =
        current.isValid() ? m_model.runAt(current.row()).begun.actionId : QString();
    m_model.setRuns(*runs);
    for (int row = 0; row < m_model.rowCount() && !chosen.isEmpty(); ++row) {
        if (m_model.runAt(row).begun.actionId == chosen)
            m_table->setCurrentIndex(m_shown.mapFromSource(m_model.index(row, 0)));
    }
}

void AuditPage::verify()
{
    m_flows.start(verifyFlow(m_log, this));
}

QCoro::Task<> AuditPage::verifyFlow(std::shared_ptr<app::AuditLog> log, QPointer<AuditPage> page)
{
    const Result<app::ChainReport> report = co_await log->verify();
    if (page)
        page->tellReport(report);
}

void AuditPage::tellReport(const Result<app::ChainReport> &report)
{
    if (!report) {
        say(u"◆ " + report.error().what, true);
        return;
    }
    if (report->isWhole()) {
        say(tr("● Whole: %1 in %2, none changed, removed, added or moved")
                .arg(counted(report->entries, tr("1 entry"), tr("%1 entries")),
                     counted(report->files, tr("1 file"), tr("%1 files"))),
            false);
        return;
    }
    const app::ChainFault &first = report->faults.first();
    const QString more =
        report->faults.size() > 1 ? tr(", and %1 more").arg(report->faults.size() - 1) : QString();
    say(tr("◆ Not whole: %1:%2: %3%4. Keep a copy of %5 as it is")
            .arg(first.file)
            .arg(first.line)
            .arg(first.what, more, m_log->folder()),
        true);
}

void AuditPage::chooseFile()
{
    askWhereToSave(
        *this,
        {tr("Export the audit log"), QStringLiteral("audit.csv"), tr("CSV (*.csv);;JSON (*.json)")},
        [this](const QString &file) { exportTo(file); });
}

void AuditPage::exportTo(const QString &file)
{
    m_flows.start(exportFlow(m_log, file, this));
}

QCoro::Task<> AuditPage::exportFlow(std::shared_ptr<app::AuditLog> log, QString file,
                                    QPointer<AuditPage> page)
{
    const Result<QList<app::AuditRecord>> records = co_await log->records(std::nullopt);
    const auto save = [records, file]() -> Result<void> {
        if (!records)
            return records.error();
        return app::saveAs(file, file.endsWith(u".json") ? app::auditRecordsJson(*records)
                                                         : app::auditRecordsCsv(*records));
    };
    const Result<void> saved = co_await QtConcurrent::run(save);
    if (!page)
        co_return;
    if (saved)
        page->say(tr("● %1 lines saved in %2").arg(records->size()).arg(file), false);
    else
        page->say(u"◆ " + saved.error().what, true);
}

void AuditPage::showDetails()
{
    const QModelIndex current = m_shown.mapToSource(m_table->currentIndex());
    m_details->setPlainText(current.isValid() ? detailsOf(m_model.runAt(current.row()))
                                              : QString());
}

QString AuditPage::note() const
{
    return m_note->text();
}

void AuditPage::say(const QString &text, bool isBad)
{
    QPalette colors = m_note->palette();
    colors.setColor(QPalette::WindowText,
                    Theme::of(palette()).color(isBad ? Theme::Role::Bad : Theme::Role::Ok));
    m_note->setPalette(colors);
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
}

} // namespace lockkeeper::gui
