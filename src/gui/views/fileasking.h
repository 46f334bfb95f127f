// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <functional>

class QWidget;

/// The system's file dialogs, without an event loop of their own.
namespace lockkeeper::gui {

struct FileQuestion
{
    QString title;
    QString suggestion; ///< the name of the file to save; empty when one is to be opened
    QString filter;     ///< "CSV (*.csv);;JSON (*.json)"
};

/// `then` gets the chosen file, unless `parent` is gone, or nothing is chosen.
void askWhereToSave(QWidget &parent, const FileQuestion &question,
                    std::function<void(const QString &file)> then);
void askForFile(QWidget &parent, const FileQuestion &question,
                std::function<void(const QString &file)> then);

} // namespace lockkeeper::gui
