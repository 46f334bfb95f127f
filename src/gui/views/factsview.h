// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QWidget>

class QGridLayout;
class QLabel;
class QPushButton;

namespace lockkeeper::gui {

/// Names and values below each other. Values that change in place keep their widgets, so that a
/// countdown neither flickers nor loses a selection of text.
class FactsView final : public QWidget
{
    Q_OBJECT

public:
    struct Fact
    {
        QString name;
        QString value;
        QString aside;     ///< said after the value, more quietly
        QByteArray toCopy; ///< not empty: offers to copy this
        bool isFixed = false;
        bool isBad = false;
    };

    explicit FactsView(QWidget *parent = nullptr);

    void setFacts(const QList<Fact> &facts);
    [[nodiscard]] QString valueOf(const QString &name) const;

signals:
    /// What stands beside this name is on the clipboard now.
    void copied(const QString &name);

private:
    struct Line
    {
        QLabel *name;
        QLabel *value;
        QPushButton *copy;
        QByteArray toCopy;
    };

    void addLine();
    void fill(int row, const Fact &fact);

    QGridLayout *m_grid;
    QList<Line> m_lines;
};

} // namespace lockkeeper::gui
