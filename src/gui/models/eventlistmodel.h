// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/lockrecord.h"

#include <QAbstractListModel>
#include <QTimer>

#include <deque>
#include <optional>

namespace lockkeeper::gui {

/// The last events, newest first; older ones leave when there are more than it keeps.
class EventListModel final : public QAbstractListModel
{
    Q_OBJECT

public:
    static constexpr std::size_t kCapacity = 500;

    struct Line
    {
        WallTime at;
        SessionId session; ///< empty: about the feed, not about a lock
        QString sentence;
        bool isWorthALook = false;
    };

    explicit EventListModel(QObject *parent = nullptr);

    void apply(const locks::RegistryDelta &delta);
    void note(WallTime at, const QString &sentence);
    /// Something about one session that is worth a look.
    void warn(WallTime at, const SessionId &session, const QString &sentence);
    void clear();
    /// Takes over what was queued, now.
    void flush();

    [[nodiscard]] const Line &lineAt(int row) const
    {
        return m_lines[static_cast<std::size_t>(row)];
    }
    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;

private:
    void queue(Line line);

    std::deque<Line> m_lines;   ///< newest first
    std::deque<Line> m_pending; ///< oldest first
    QTimer m_flushTimer;
};

} // namespace lockkeeper::gui
