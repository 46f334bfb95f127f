// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/lockorder.h"

#include "core/text.h"
#include "gui/models/words.h"

#include <algorithm>

namespace lockkeeper::gui {

namespace {

template<typename T>
int compared(const T &a, const T &b)
{
    return a < b ? -1 : b < a ? 1 : 0;
}

SteadyTime deadlineOf(const LockRow &row)
{
    return row.record.deadline.value_or(SteadyTime::max());
}

/// Some that nobody has counted are one at least.
int waitersOf(const LockRow &row)
{
    return row.record.isContended == true ? row.record.waiters.value_or(1) : 0;
}

int comparedStates(const LockRow &a, const LockRow &b)
{
    if (a.gone && b.gone)
        return compared(b.goneAt, a.goneAt);
    if (const int severity = compared(a.state, b.state))
        return severity;
    return compared(a.record.acquiredAt, b.record.acquiredAt);
}

} // namespace

bool LockOrder::needsSession() const
{
    return m_column == LockColumn::Title || m_column == LockColumn::User ||
           m_column == LockColumn::Cached;
}

bool LockOrder::operator()(const LockRow &a, const LockRow &b) const
{
    // Rows without a value stand at the end in both directions.
    if (const int missing = compared(isMissing(a), isMissing(b)))
        return missing < 0;
    if (const int order = compare(a, b))
        return m_direction == Qt::AscendingOrder ? order < 0 : order > 0;
    return a.record.key < b.record.key;
}

bool LockOrder::isMissing(const LockRow &row) const
{
    switch (m_column) {
    case LockColumn::State:
        return row.gone.has_value();
    case LockColumn::Session:
        return false;
    case LockColumn::Title:
        return !row.glance->title || row.glance->title->isEmpty();
    case LockColumn::User:
        return !row.glance->user;
    case LockColumn::Ttl:
    case LockColumn::HeldFor:
    case LockColumn::Owner:
        return row.record.isForeign();
    case LockColumn::Waiters:
        return row.gone || !row.record.isContended;
    case LockColumn::Cached:
        return !row.glance->cachedBytes;
    }
    return false;
}

int LockOrder::compare(const LockRow &a, const LockRow &b) const
{
    switch (m_column) {
    case LockColumn::State:
        return comparedStates(a, b);
    case LockColumn::Session:
        return compared(a.record.session.bytes(), b.record.session.bytes());
    case LockColumn::Title:
        return a.glance->title && b.glance->title
                   ? a.glance->title->compare(*b.glance->title, Qt::CaseInsensitive)
                   : 0;
    case LockColumn::User:
        return a.glance->user && b.glance->user
                   ? compared(a.glance->user->bytes(), b.glance->user->bytes())
                   : 0;
    case LockColumn::Ttl:
        return compared(deadlineOf(a), deadlineOf(b));
    case LockColumn::HeldFor:
        return compared(b.record.acquiredAt, a.record.acquiredAt);
    case LockColumn::Owner:
        return a.owner->label.compare(b.owner->label, Qt::CaseInsensitive);
    case LockColumn::Waiters:
        return compared(waitersOf(b), waitersOf(a));
    case LockColumn::Cached:
        return compared(a.glance->cachedBytes, b.glance->cachedBytes);
    }
    return 0;
}

LockFilter::LockFilter(const QString &text)
    : m_words(text.simplified().split(u' ', Qt::SkipEmptyParts))
{}

bool LockFilter::matches(const LockRow &row) const
{
    if (m_words.isEmpty())
        return true;
    const QStringList texts{printable(row.record.session.bytes()),
                            row.glance->title.value_or(QString()),
                            row.glance->user ? printable(row.glance->user->bytes()) : QString(),
                            row.owner->label,
                            printable(row.record.token.bytes()),
                            stateWord(row)};
    return std::ranges::all_of(m_words, [&texts](const QString &word) {
        return std::ranges::any_of(texts, [&word](const QString &text) {
            return text.contains(word, Qt::CaseInsensitive);
        });
    });
}

} // namespace lockkeeper::gui
