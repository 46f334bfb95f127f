// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/diagnosis.h"
#include "app/sessionlookup.h"
#include "locks/lockrecord.h"
#include "locks/owner.h"

#include <QSharedData>

#include <optional>

namespace lockkeeper::gui {

/// A value that many rows share or most of them lack, so that a row only points to it. Lists of a
/// hundred thousand rows are to stay small.
template<typename T>
class Shared
{
public:
    Shared() = default;
    Shared(T value) // a row is filled as if it held the value itself
        : m_data(new Data(std::move(value)))
    {}

    /// The value; a default one where there is none.
    const T &operator*() const
    {
        static const T kNothing;
        return m_data ? m_data->value : kNothing;
    }
    const T *operator->() const { return &**this; }
    /// Whether no other points to the value.
    [[nodiscard]] bool isAlone() const { return !m_data || m_data->ref.loadRelaxed() == 1; }

private:
    struct Data : QSharedData
    {
        explicit Data(T v)
            : value(std::move(v))
        {}
        T value;
    };

    QExplicitlySharedDataPointer<const Data> m_data;
};

/// All that one line of the lock list shows.
struct LockRow
{
    locks::LockRecord record;
    /// Empty label: the key is no lock of ours. It does not say when the owner called: that is its
    /// own of each row.
    Shared<locks::Owner> owner;
    PackedOptional<WallTime> calledAt;
    Shared<app::SessionGlance> glance;
    PackedOptional<SteadyTime> provenAt; ///< not since; nullopt: it is as it says now
    SteadyTime goneAt;
    std::optional<locks::HoldEnd> gone; ///< the lock is no more; the row lingers for a moment
    app::LockState state = app::LockState::Healthy;
};

/// The columns of the lock list.
enum class LockColumn { State, Session, Title, User, Ttl, HeldFor, Owner, Waiters, Cached };
inline constexpr int kLockColumns = 9;

} // namespace lockkeeper::gui
