// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHashFunctions>
#include <QList>

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace lockkeeper {

/// A hash for a hundred thousand entries that are to cost little: they lie packed in blocks, found
/// by an index of four bytes an entry, where QHash leaves a third of its nodes empty. Entries stay
/// where they are until they are removed; the index is probed linearly.
template<typename Key, typename Value>
class PackedHash
{
    struct Entry
    {
        Key key;
        Value value;
    };

public:
    [[nodiscard]] qsizetype size() const { return static_cast<qsizetype>(m_size); }
    [[nodiscard]] bool isEmpty() const { return m_size == 0; }
    [[nodiscard]] bool contains(const Key &key) const { return find(key) != nullptr; }

    /// Null when there is none; valid until this or any other entry is removed.
    [[nodiscard]] Value *find(const Key &key)
    {
        const std::size_t place = placeOf(key);
        return place == kNowhere ? nullptr : &m_entries[m_index[place] - 1].value;
    }
    [[nodiscard]] const Value *find(const Key &key) const
    {
        const std::size_t place = placeOf(key);
        return place == kNowhere ? nullptr : &m_entries[m_index[place] - 1].value;
    }
    [[nodiscard]] Value value(const Key &key, const Value &otherwise = {}) const
    {
        const Value *found = find(key);
        return found ? *found : otherwise;
    }

    /// The entry, a new one where there is none.
    Value &operator[](const Key &key)
    {
        if (Value *found = find(key))
            return *found;
        if ((m_size + 1) * 4 > m_index.size() * 3)
            rebuild(m_index.empty() ? kSmallest : m_index.size() * 2);
        const std::uint32_t slot = freeSlot();
        m_entries[slot] = {key, Value()};
        m_isUsed[slot] = true;
        enter(slot);
        ++m_size;
        return m_entries[slot].value;
    }
    void insert(const Key &key, Value value) { (*this)[key] = std::move(value); }

    bool remove(const Key &key)
    {
        const std::size_t place = placeOf(key);
        if (place == kNowhere)
            return false;
        const std::uint32_t slot = m_index[place] - 1;
        m_entries[slot] = {};
        m_isUsed[slot] = false;
        m_free.push_back(slot);
        closeGap(place);
        if (--m_size == 0)
            clear();
        return true;
    }

    void clear() { *this = PackedHash(); }

    /// Calls `visit(key, value)` for each; it must not insert or remove.
    template<typename Visitor>
    void forEach(Visitor &&visit)
    {
        for (std::size_t slot = 0; slot < m_entries.size(); ++slot) {
            if (m_isUsed[slot])
                visit(std::as_const(m_entries[slot].key), m_entries[slot].value);
        }
    }
    /// Calls `visit(key, value)` for `most` entries at the most, beginning at `place`, which an
    /// earlier call returned or 0; whoever goes on at the returned place visits all, round by
    /// round, whatever comes and goes between the calls.
    template<typename Visitor>
    std::size_t visitFrom(std::size_t place, std::size_t most, Visitor &&visit) const
    {
        std::size_t visited = 0;
        for (std::size_t i = 0; i < m_entries.size() && visited < most; ++i, ++place) {
            if (place >= m_entries.size())
                place = 0;
            if (m_isUsed[place]) {
                ++visited;
                visit(m_entries[place].key, m_entries[place].value);
            }
        }
        return place;
    }
    /// Over the values.
    class ConstIterator
    {
    public:
        ConstIterator(const PackedHash &hash, std::size_t slot)
            : m_hash(&hash)
            , m_slot(slot)
        {
            skipUnused();
        }
        const Value &operator*() const { return m_hash->m_entries[m_slot].value; }
        ConstIterator &operator++()
        {
            ++m_slot;
            skipUnused();
            return *this;
        }
        friend bool operator==(const ConstIterator &, const ConstIterator &) = default;

    private:
        void skipUnused()
        {
            while (m_slot < m_hash->m_entries.size() && !m_hash->m_isUsed[m_slot])
                ++m_slot;
        }

        const PackedHash *m_hash;
        std::size_t m_slot;
    };
    [[nodiscard]] ConstIterator begin() const { return {*this, 0}; }
    [[nodiscard]] ConstIterator end() const { return {*this, m_entries.size()}; }

    [[nodiscard]] QList<Key> keys() const
    {
        QList<Key> all;
        all.reserve(size());
        for (std::size_t slot = 0; slot < m_entries.size(); ++slot) {
            if (m_isUsed[slot])
                all.append(m_entries[slot].key);
        }
        return all;
    }
    [[nodiscard]] QList<Value> values() const
    {
        QList<Value> all;
        all.reserve(size());
        for (const Value &value : *this)
            all.append(value);
        return all;
    }

private:
    static constexpr std::size_t kNowhere = SIZE_MAX;
    static constexpr std::size_t kSmallest = 16;

    [[nodiscard]] std::size_t home(const Key &key) const
    {
        return qHash(key, std::size_t(0)) & (m_index.size() - 1);
    }
    [[nodiscard]] std::size_t after(std::size_t place) const
    {
        return (place + 1) & (m_index.size() - 1);
    }

    [[nodiscard]] std::size_t placeOf(const Key &key) const
    {
        if (m_index.empty())
            return kNowhere;
        for (std::size_t place = home(key); m_index[place] != 0; place = after(place)) {
            if (m_entries[m_index[place] - 1].key == key)
                return place;
        }
        return kNowhere;
    }

    [[nodiscard]] std::uint32_t freeSlot()
    {
        if (m_free.empty()) {
            m_entries.emplace_back();
            m_isUsed.push_back(false);
            return static_cast<std::uint32_t>(m_entries.size() - 1);
        }
        const std::uint32_t slot = m_free.back();
        m_free.pop_back();
        return slot;
    }

    void enter(std::uint32_t slot)
    {
        std::size_t place = home(m_entries[slot].key);
        while (m_index[place] != 0)
            place = after(place);
        m_index[place] = slot + 1;
    }

    void rebuild(std::size_t places)
    {
        m_index.assign(places, 0);
        for (std::size_t slot = 0; slot < m_entries.size(); ++slot) {
            if (m_isUsed[slot])
                enter(static_cast<std::uint32_t>(slot));
        }
    }

    /// Moves those back that were only put further on because `gap` was taken.
    void closeGap(std::size_t gap)
    {
        m_index[gap] = 0;
        for (std::size_t place = after(gap); m_index[place] != 0; place = after(place)) {
            const std::size_t wanted = home(m_entries[m_index[place] - 1].key);
            const std::size_t mask = m_index.size() - 1;
            if (((place - wanted) & mask) >= ((place - gap) & mask)) {
                m_index[gap] = std::exchange(m_index[place], 0);
                gap = place;
            }
        }
    }

    std::deque<Entry> m_entries;
    std::vector<bool> m_isUsed;
    std::vector<std::uint32_t> m_free;
    std::vector<std::uint32_t> m_index; ///< slot + 1; 0: empty. A power of two of them
    std::size_t m_size = 0;
};

} // namespace lockkeeper
