// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/models/lockrow.h"

#include <QStringList>

namespace lockkeeper::gui {

/// The order of the lock list: by one column, then by key, so that no two rows are equal. What
/// does not change by the passing of time alone is compared: deadlines, not times left.
class LockOrder final
{
public:
    explicit LockOrder(LockColumn column = LockColumn::State,
                       Qt::SortOrder direction = Qt::AscendingOrder)
        : m_column(column)
        , m_direction(direction)
    {}

    [[nodiscard]] LockColumn column() const { return m_column; }
    [[nodiscard]] Qt::SortOrder direction() const { return m_direction; }
    /// Whether the order depends on what only the session lookup can tell.
    [[nodiscard]] bool needsSession() const;
    /// Whether `a` stands before `b`.
    [[nodiscard]] bool operator()(const LockRow &a, const LockRow &b) const;

    friend bool operator==(const LockOrder &, const LockOrder &) = default;

private:
    [[nodiscard]] bool isMissing(const LockRow &row) const;
    [[nodiscard]] int compare(const LockRow &a, const LockRow &b) const;

    LockColumn m_column;
    Qt::SortOrder m_direction;
};

/// A plain-text filter: every word has to occur in id, title, user, owner, token or state.
class LockFilter final
{
public:
    explicit LockFilter(const QString &text = {});

    [[nodiscard]] bool isEmpty() const { return m_words.isEmpty(); }
    [[nodiscard]] bool matches(const LockRow &row) const;

    friend bool operator==(const LockFilter &, const LockFilter &) = default;

private:
    QStringList m_words;
};

} // namespace lockkeeper::gui
