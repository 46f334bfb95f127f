// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

class QCheckBox;
class QDialog;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QTableWidget;

namespace lockkeeper::gui {

/// The parts of a BulkDialog, laid out.
struct BulkLayout
{
    BulkLayout(QDialog &dialog, const QStringList &columns);

    QLabel *headline;
    QTableWidget *table;
    QLabel *summary;
    QCheckBox *takeOver;
    QCheckBox *raiseCap;
    QLabel *reasonLabel;
    QLineEdit *reason;
    QLabel *typedLabel;
    QLineEdit *typed;
    QProgressBar *progress;
    QPushButton *exportButton;
    QPushButton *cancel;
    QPushButton *confirm;
};

} // namespace lockkeeper::gui
