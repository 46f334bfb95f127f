// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/strongtype.h"

#include <QObject>
#include <QPointer>
#include <QSet>
#include <QTimer>

namespace lockkeeper::app {
class SessionLookup;
}

namespace lockkeeper::gui {

class LockTable;
class LockTableModel;

/// Fills the session columns: asks for the sessions on screen, and for all of them while the list
/// is short or its order or filter needs them.
class SessionColumns final : public QObject
{
    Q_OBJECT

public:
    SessionColumns(LockTableModel &model, LockTable &table, QObject *parent = nullptr);

    /// Null: none.
    void setLookup(app::SessionLookup *lookup);

private:
    void askSoon();
    void ask();
    [[nodiscard]] QSet<SessionId> wantedNow() const;
    void takeOver(const QList<SessionId> &ids);

    LockTableModel &m_model;
    LockTable &m_table;
    QPointer<app::SessionLookup> m_lookup;
    QSet<SessionId> m_wanted;
    QTimer m_timer;
};

} // namespace lockkeeper::gui
