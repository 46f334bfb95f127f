// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/bulklayout.h"

#include "gui/views/bulkdialog.h"
#include "gui/views/look.h"

#include <QCheckBox>
#include <QDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

constexpr QSize kSize{880, 560};
constexpr int kRowHeight = 30;

QTableWidget *makeTable(QDialog &dialog, const QStringList &columns)
{
    auto *table = new QTableWidget(&dialog);
    table->setColumnCount(static_cast<int>(columns.size()));
    table->setHorizontalHeaderLabels(columns);
    table->setAccessibleName(BulkDialog::tr("The locks and what becomes of them"));
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setShowGrid(false);
    table->setWordWrap(false);
    table->setTabKeyNavigation(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table->horizontalHeader()->setStretchLastSection(true);
    table->horizontalHeaderItem(3)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    const QList<int> widths{140, 170, 150, 90};
    for (int i = 0; i < widths.size(); ++i)
        table->setColumnWidth(i, widths[i]);
    return table;
}

} // namespace

BulkLayout::BulkLayout(QDialog &dialog, const QStringList &columns)
    : headline(new QLabel(&dialog))
    , table(makeTable(dialog, columns))
    , summary(new QLabel(&dialog))
    , takeOver(new QCheckBox(
          BulkDialog::tr("Take each lock over from its owner instead of waiting for it"), &dialog))
    , raiseCap(new QCheckBox(&dialog))
    , reasonLabel(new QLabel(BulkDialog::tr("&Reason, for the audit log"), &dialog))
    , reason(new QLineEdit(&dialog))
    , typedLabel(new QLabel(&dialog))
    , typed(new QLineEdit(&dialog))
    , progress(new QProgressBar(&dialog))
    , exportButton(new QPushButton(BulkDialog::tr("Save the results…"), &dialog))
    , cancel(new QPushButton(BulkDialog::tr("Cancel"), &dialog))
    , confirm(new QPushButton(&dialog))
{
    dialog.resize(kSize);
    headline->setFont(headlineFont(dialog.font()));
    summary->setWordWrap(true);
    summary->setObjectName(QStringLiteral("summary"));
    takeOver->setObjectName(QStringLiteral("takeOver"));
    raiseCap->setObjectName(QStringLiteral("raiseCap"));
    progress->setTextVisible(false);
    exportButton->setObjectName(QStringLiteral("exportButton"));
    cancel->setObjectName(QStringLiteral("cancelButton"));
    confirm->setObjectName(QStringLiteral("confirmButton"));
    confirm->setProperty("kind", QStringLiteral("dangerPrimary"));
    confirm->setAutoDefault(false);
    cancel->setDefault(true);
    reasonLabel->setBuddy(reason);
    reason->setObjectName(QStringLiteral("reason"));
    reason->setAccessibleName(BulkDialog::tr("Reason"));
    reason->setMaxLength(500);
    typedLabel->setBuddy(typed);
    typedLabel->hide();
    typed->setObjectName(QStringLiteral("typed"));
    typed->setAccessibleName(BulkDialog::tr("How many sessions, to confirm"));
    typed->hide();

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(exportButton);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(confirm);
    auto *layout = new QVBoxLayout(&dialog);
    layout->setContentsMargins(20, 20, 20, 20);
    layout->setSpacing(8);
    layout->addWidget(headline);
    layout->addWidget(table, 1);
    for (QWidget *part : {static_cast<QWidget *>(summary), static_cast<QWidget *>(takeOver),
                          static_cast<QWidget *>(raiseCap), static_cast<QWidget *>(reasonLabel),
                          static_cast<QWidget *>(reason), static_cast<QWidget *>(typedLabel),
                          static_cast<QWidget *>(typed), static_cast<QWidget *>(progress)})
        layout->addWidget(part);
    layout->addSpacing(4);
    layout->addLayout(buttons);
    reason->setFocus();
}

} // namespace lockkeeper::gui
