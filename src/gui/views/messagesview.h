// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sessions/chatsession.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace lockkeeper::gui {

/// The messages of one session, newest last. Their texts are masked until revealed, and masked
/// again for the next session.
class MessagesView final : public QWidget
{
    Q_OBJECT

public:
    explicit MessagesView(QWidget *parent = nullptr);

    /// Another session: masked.
    void begin(const SessionId &session);
    void setMessages(const QList<sessions::ChatMessage> &messages);
    void reveal();
    [[nodiscard]] bool isRevealed() const { return m_isRevealed; }
    /// While the asking is being recorded, the button waits.
    void setRevealing(bool isRevealing);
    [[nodiscard]] QString shownText() const;

signals:
    void revealRequested();

private:
    void render();
    void renderMessage(const sessions::ChatMessage &message);

    QLabel *m_caption;
    QPushButton *m_reveal;
    QPushButton *m_older;
    QPlainTextEdit *m_text;
    SessionId m_session;
    QList<sessions::ChatMessage> m_messages;
    qsizetype m_shown = 0; ///< of m_messages, from the end
    bool m_isRevealed = false;
};

} // namespace lockkeeper::gui
