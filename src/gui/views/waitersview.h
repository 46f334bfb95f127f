// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "gui/models/lockrow.h"

#include <QPointer>
#include <QWidget>

class QFrame;
class QLabel;
class QPushButton;

namespace lockkeeper::gui {

class FactsView;

/// Who waits for the selected lock: asks whether the server can bear it, listens for a moment, and
/// lists those who asked.
class WaitersView final : public QWidget
{
    Q_OBJECT

public:
    explicit WaitersView(QWidget *parent = nullptr);

    /// Null: none.
    void setWorkspace(app::Workspace *workspace);
    /// Another hold begins anew. Null: none.
    void showLock(const LockRow *row);

private:
    enum class Stage {
        Offer,  ///< a link
        Ask,    ///< what it costs, and whether to go on
        Listen, ///< under way
        Told,   ///< what was heard, and the link again
    };

    static QCoro::Task<> sampleFlow(app::Workspace *workspace, LockKey key, quint64 generation,
                                    QPointer<WaitersView> view);
    void listen();
    void told(const Result<locks::WaiterSample> &sample, const LockKey &key, quint64 generation);
    void tell(const locks::WaiterSample &sample, const LockKey &key);
    void setStage(Stage stage);
    void present();
    /// Why this user cannot listen; nullopt: nothing is known against it.
    [[nodiscard]] std::optional<Error> missingRight() const;

    QPushButton *m_link;
    QFrame *m_consent;
    QPushButton *m_listen;
    QLabel *m_note; ///< what came of it, where that is no list
    QLabel *m_head; ///< of the list
    FactsView *m_list;
    QPointer<app::Workspace> m_workspace;
    LockKey m_key;
    Token m_token;
    Stage m_stage = Stage::Offer;
    quint64 m_generation = 0; ///< of the hold: answers for an earlier one are dropped
};

} // namespace lockkeeper::gui
