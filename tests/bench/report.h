// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <optional>

class QTextStream;

namespace lockkeeper::bench {

/// One line of the table: a figure of ours beside what people use today, both of one run.
struct Row
{
    QString what;
    QString ours;
    QString beside;              ///< and of what
    std::optional<double> ratio; ///< ours / beside, unless `target` says otherwise
    QString target;              ///< empty: shown, not judged
    std::optional<bool> isMet;
};

/// The table that the measurements end with.
class Report
{
public:
    /// @param out rows are told here as they come
    explicit Report(QTextStream &out)
        : m_out(out)
    {}

    /// Says what is being measured now.
    void begin(const QString &what);
    void add(Row row);
    /// The machine, and all rows as a Markdown table.
    void print() const;

private:
    QTextStream &m_out;
    QList<Row> m_rows;
};

/// "2 cores of …, 24 GB, load 0.4, redis-server 7.0.15, Qt 6.4.2".
[[nodiscard]] QString machineText();

} // namespace lockkeeper::bench
