// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/messagestrip.h"

#include "gui/views/look.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

#include <utility>

namespace lockkeeper::gui {

MessageStrip::MessageStrip(QWidget *parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_buttons(new QWidget(this))
    , m_close(new QPushButton(tr("Dismiss"), this))
{
    setObjectName(QStringLiteral("messageStrip"));
    m_icon->setObjectName(QStringLiteral("icon"));
    m_text->setWordWrap(true);
    m_text->setMinimumWidth(120);
    m_text->setTextFormat(Qt::RichText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_close->setProperty("kind", QStringLiteral("link"));
    m_close->setAccessibleName(tr("Dismiss the message"));
    auto *buttons = new QHBoxLayout(m_buttons);
    buttons->setContentsMargins(0, 0, 0, 0);
    buttons->setSpacing(8);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 16, 8);
    layout->setSpacing(8);
    // Beside the first line of a text that may have several.
    auto *message = new QHBoxLayout;
    message->setSpacing(8);
    m_icon->setFixedHeight(fontMetrics().height());
    message->addWidget(m_icon, 0, Qt::AlignTop);
    message->addWidget(m_text, 1);
    layout->addLayout(message, 1);
    layout->setAlignment(message, Qt::AlignVCenter);
    layout->addWidget(m_buttons);
    layout->addWidget(m_close);
    connect(m_close, &QPushButton::clicked, this, &MessageStrip::dismiss);
    hide();
}

void MessageStrip::showDone(const QString &headline, const QString &detail)
{
    present(QStringLiteral("done"), headline, detail, {});
}

void MessageStrip::showFailure(const Error &error, const QList<QAction *> &actions)
{
    present(QStringLiteral("failure"), error.what, error.hint, actions);
}

void MessageStrip::showState(const QString &headline, const QString &detail,
                             const QList<QAction *> &actions)
{
    present(QStringLiteral("failure"), headline, detail, actions);
    m_close->hide();
}

void MessageStrip::dismiss()
{
    hide();
}

QString MessageStrip::text() const
{
    return isHidden() ? QString() : m_text->accessibleName();
}

void MessageStrip::present(const QString &kind, const QString &headline, const QString &detail,
                           const QList<QAction *> &actions)
{
    if (property("kind") != kind) {
        setProperty("kind", kind);
        style()->unpolish(this);
        style()->polish(this);
    }
    paintIcon();
    QString text = u"<b>" + headline.toHtmlEscaped() + u"</b>";
    if (!detail.isEmpty())
        text += u" &nbsp; " + detail.toHtmlEscaped();
    m_text->setText(text);
    m_text->setAccessibleName(detail.isEmpty() ? headline : QString(headline + u": " + detail));
    offer(actions);
    m_close->show();
    show();
    takeRoom();
}

/// A splitter asks nobody for the height that a width takes: words that wrap would be cut.
void MessageStrip::takeRoom()
{
    setMinimumHeight(layout()->hasHeightForWidth() ? layout()->totalHeightForWidth(width()) : 0);
}

void MessageStrip::resizeEvent(QResizeEvent *event)
{
    QFrame::resizeEvent(event);
    takeRoom();
}

void MessageStrip::paintIcon()
{
    const bool isFailure = property("kind") == QStringLiteral("failure");
    const QColor color =
        Theme::of(palette()).color(isFailure ? Theme::Role::StripText : Theme::Role::Ok);
    m_icon->setPixmap(
        shapePixmap(isFailure ? gui::Shape::Diamond : gui::Shape::Dot, color, devicePixelRatioF()));
}

void MessageStrip::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !isHidden())
        paintIcon();
}

/// Buttons that stay the same keep their focus.
void MessageStrip::offer(const QList<QAction *> &actions)
{
    QStringList texts;
    for (const QAction *action : actions)
        texts.append(action->text().remove(u'&').remove(u'…'));
    if (texts == std::exchange(m_offered, texts))
        return;
    qDeleteAll(m_buttons->findChildren<QPushButton *>());
    for (qsizetype i = 0; i < actions.size(); ++i) {
        auto *button = new QPushButton(texts[i], m_buttons);
        button->setAccessibleName(texts[i]);
        connect(button, &QPushButton::clicked, actions[i], &QAction::trigger);
        m_buttons->layout()->addWidget(button);
    }
}

} // namespace lockkeeper::gui
