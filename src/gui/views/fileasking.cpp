// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/fileasking.h"

#include <QFileDialog>

#include <utility>

namespace lockkeeper::gui {

namespace {

QFileDialog *makeDialog(QWidget &parent, const FileQuestion &question,
                        std::function<void(const QString &file)> then)
{
    auto *dialog = new QFileDialog(&parent, question.title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setNameFilters(question.filter.split(QStringLiteral(";;")));
    QObject::connect(dialog, &QFileDialog::fileSelected, &parent, std::move(then));
    return dialog;
}

} // namespace

void askWhereToSave(QWidget &parent, const FileQuestion &question,
                    std::function<void(const QString &file)> then)
{
    QFileDialog *dialog = makeDialog(parent, question, std::move(then));
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(question.suggestion);
    dialog->open();
}

void askForFile(QWidget &parent, const FileQuestion &question,
                std::function<void(const QString &file)> then)
{
    QFileDialog *dialog = makeDialog(parent, question, std::move(then));
    dialog->setFileMode(QFileDialog::ExistingFile);
    dialog->open();
}

} // namespace lockkeeper::gui
