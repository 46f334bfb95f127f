// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/messagesview.h"

#include "gui/models/words.h"
#include "gui/views/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTextBlock>
#include <QVBoxLayout>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

constexpr int kLeastHeight = 48;
constexpr qsizetype kPage = 100;            ///< messages that are laid out at first
constexpr qsizetype kLongestMessage = 5000; ///< characters that are laid out of one message

} // namespace

MessagesView::MessagesView(QWidget *parent)
    : QWidget(parent)
    , m_caption(new QLabel(this))
    , m_reveal(new QPushButton(tr("Reveal"), this))
    , m_older(new QPushButton(tr("Show older messages"), this))
    , m_text(new QPlainTextEdit(this))
{
    m_caption->setProperty("kind", QStringLiteral("secondary"));
    m_reveal->setProperty("kind", QStringLiteral("link"));
    m_reveal->setObjectName(QStringLiteral("reveal"));
    m_reveal->setAccessibleName(tr("Reveal the messages"));
    m_reveal->setToolTip(tr("Shows the texts of this session; that you asked is recorded"));
    m_older->setProperty("kind", QStringLiteral("link"));
    m_older->setAccessibleName(m_older->text());
    m_text->setObjectName(QStringLiteral("messages"));
    m_text->setAccessibleName(tr("Messages"));
    m_text->setReadOnly(true);
    m_text->setUndoRedoEnabled(false);
    m_text->setTabChangesFocus(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setMinimumHeight(kLeastHeight); // rather than that what stands around it is cut
    auto *head = new QHBoxLayout;
    head->addWidget(m_caption, 1);
    head->addWidget(m_reveal);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(head);
    layout->addWidget(m_older, 0, Qt::AlignLeft);
    layout->addWidget(m_text, 1);
    layout->addStretch();
    connect(m_reveal, &QPushButton::clicked, this, &MessagesView::revealRequested);
    connect(m_older, &QPushButton::clicked, this, [this] {
        m_shown = std::min(m_shown + kPage, m_messages.size());
        render();
    });
    begin({});
}

void MessagesView::begin(const SessionId &session)
{
    m_session = session;
    m_isRevealed = false;
    m_messages.clear();
    m_shown = kPage;
    setRevealing(false);
    render();
}

void MessagesView::setMessages(const QList<sessions::ChatMessage> &messages)
{
    if (messages == m_messages)
        return;
    m_messages = messages;
    render();
}

void MessagesView::reveal()
{
    m_isRevealed = true;
    render();
}

void MessagesView::setRevealing(bool isRevealing)
{
    m_reveal->setEnabled(!isRevealing);
}

QString MessagesView::shownText() const
{
    return m_text->toPlainText();
}

void MessagesView::render()
{
    const qsizetype shown = std::min(m_shown, m_messages.size());
    m_caption->setText(m_isRevealed ? tr("Messages") : tr("Messages, masked"));
    m_caption->setVisible(!m_messages.isEmpty());
    m_text->setVisible(!m_messages.isEmpty());
    m_reveal->setVisible(!m_isRevealed && !m_messages.isEmpty());
    m_older->setVisible(shown < m_messages.size());
    QScrollBar *bar = m_text->verticalScrollBar();
    const bool followsEnd = bar->value() == bar->maximum();
    const int place = bar->value();
    m_text->clear();
    for (qsizetype i = m_messages.size() - shown; i < m_messages.size(); ++i)
        renderMessage(m_messages[i]);
    bar->setValue(followsEnd ? bar->maximum() : place);
}

void MessagesView::renderMessage(const sessions::ChatMessage &message)
{
    const Theme &theme = Theme::of(palette());
    const QString content = message.content.value_or(QString());
    QTextCharFormat head;
    head.setForeground(theme.color(Theme::Role::Secondary));
    head.setFontWeight(QFont::DemiBold);
    QTextCharFormat body;
    body.setForeground(theme.color(m_isRevealed ? Theme::Role::Text : Theme::Role::Gone));
    QTextCursor cursor(m_text->document());
    cursor.movePosition(QTextCursor::End);
    if (!m_text->document()->isEmpty())
        cursor.insertBlock();
    cursor.insertText(message.role, head);
    head.setFontWeight(QFont::Normal);
    const QString size = content.isEmpty()
                             ? tr("no text")
                             : counted(content.size(), tr("1 character"), tr("%1 characters"));
    cursor.insertText(u"  " + size, head);
    cursor.insertBlock();
    QString text = m_isRevealed || content.isEmpty() ? content : QStringLiteral("••••••••••••");
    if (text.size() > kLongestMessage)
        text = text.left(kLongestMessage) + u"… " + tr("(cut here)");
    cursor.insertText(text, body);
    cursor.insertBlock();
}

} // namespace lockkeeper::gui
