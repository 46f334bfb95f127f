// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace lockkeeper::cli {

/// What a piece of text means; a terminal shows it as colour, elsewhere it is not shown.
enum class Tone { Plain, Strong, Faint, Ok, Warn, Bad, Odd };

/// `text` in the colour of `tone`, for terminals.
[[nodiscard]] QString painted(const QString &text, Tone tone);

/// The columns that `text` takes up on a terminal; wide characters take two.
[[nodiscard]] int displayWidth(const QString &text);

/// An aligned table without lines, for people.
class TextTable
{
public:
    struct Column
    {
        QString header;
        bool isRightAligned = false;
        bool isElastic = false; ///< cut, then left out, when the terminal is too narrow
    };
    struct Cell
    {
        QString text;
        Tone tone = Tone::Plain;
    };

    explicit TextTable(QList<Column> columns)
        : m_columns(std::move(columns))
    {}

    void add(QList<Cell> row) { m_rows.append(std::move(row)); }
    [[nodiscard]] bool isEmpty() const { return m_rows.isEmpty(); }
    /// Lines that end with a line feed. `maxWidth` 0: as wide as it gets.
    [[nodiscard]] QString rendered(int maxWidth, bool isColoured) const;

private:
    [[nodiscard]] QList<int> widths(int maxWidth) const;

    QList<Column> m_columns;
    QList<QList<Cell>> m_rows;
};

} // namespace lockkeeper::cli
