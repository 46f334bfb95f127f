// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/eventspanel.h"

#include "core/text.h"
#include "gui/models/eventlistmodel.h"
#include "gui/models/words.h"
#include "gui/views/hairline.h"
#include "gui/views/look.h"
#include "gui/views/messagestrip.h"

#include <QEvent>
#include <QListView>
#include <QPainter>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QVBoxLayout>

namespace lockkeeper::gui {

namespace {

constexpr int kLineHeight = 20;
constexpr int kMargin = 16;
constexpr int kFoot = 8;
constexpr qreal kGap = 10;

class EventDelegate final : public QStyledItemDelegate
{
public:
    explicit EventDelegate(const EventListModel &model, QObject *parent)
        : QStyledItemDelegate(parent)
        , m_model(model)
    {}

    QSize sizeHint(const QStyleOptionViewItem &, const QModelIndex &) const override
    {
        return {0, kLineHeight};
    }

    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        const Theme &theme = Theme::of(option.palette);
        const EventListModel::Line &line = m_model.lineAt(index.row());
        if (option.state.testFlag(QStyle::State_Selected) && option.widget->hasFocus())
            painter->fillRect(option.rect, theme.color(Theme::Role::Selection));
        QRectF area = QRectF(option.rect).adjusted(kMargin, 0, -kMargin, 0);
        const auto write = [&](const QString &text, const QFont &font, Theme::Role color,
                               qreal room) {
            painter->setFont(font);
            painter->setPen(theme.color(color));
            painter->drawText(area, Qt::AlignVCenter | Qt::TextSingleLine, text);
            area.setLeft(area.left() +
                         qMax(room, painter->fontMetrics().horizontalAdvance(text) + kGap));
        };
        const QFont fixed = fixedFont(option.font);
        write(timeOfDay(line.at), option.font, Theme::Role::Secondary, 0);
        if (!line.session.isEmpty())
            write(shortened(printable(line.session.bytes())), fixed, Theme::Role::Secondary, 0);
        write(line.sentence, option.font, line.isWorthALook ? Theme::Role::Warn : Theme::Role::Text,
              0);
    }

private:
    const EventListModel &m_model;
};

} // namespace

EventsPanel::EventsPanel(EventListModel &model, QWidget *parent)
    : QWidget(parent)
    , m_fold(new QToolButton(this))
    , m_list(new QListView(this))
    , m_messages(new MessageStrip(this))
{
    setAttribute(Qt::WA_StyledBackground);
    setObjectName(QStringLiteral("eventsPanel"));
    m_fold->setObjectName(QStringLiteral("fold"));
    m_fold->setText(tr("Events"));
    m_fold->setAccessibleName(tr("Fold or unfold the events"));
    m_fold->setCheckable(true);
    m_fold->setChecked(true);
    m_fold->setArrowType(Qt::DownArrow);
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(m_fold, &QToolButton::toggled, this, [this](bool isOpen) { setFolded(!isOpen); });

    m_list->setAccessibleName(tr("Last events"));
    m_list->setModel(&model);
    m_list->setItemDelegate(new EventDelegate(model, m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setVerticalScrollMode(QListView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setObjectName(QStringLiteral("events"));
    m_list->setMinimumHeight(2 * kLineHeight);
    connect(&model, &EventListModel::rowsInserted, this, &EventsPanel::keepPlace);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(new Hairline(Qt::Horizontal, this));
    layout->addWidget(m_fold);
    layout->addWidget(m_list);
    layout->addSpacing(kFoot);
    layout->addWidget(m_messages);
}

void EventsPanel::setFolded(bool isFolded)
{
    m_fold->setChecked(!isFolded);
    m_fold->setArrowType(isFolded ? Qt::RightArrow : Qt::DownArrow);
    m_list->setVisible(!isFolded);
    fitFold();
    emit folded(isFolded);
}

/// Folded, it has the height of what is left: the message may come, go, and wrap.
void EventsPanel::fitFold()
{
    const int height = layout()->hasHeightForWidth() ? layout()->heightForWidth(width())
                                                     : layout()->sizeHint().height();
    const int most = isFolded() ? height : QWIDGETSIZE_MAX;
    if (most == maximumHeight())
        return;
    setMaximumHeight(most);
    emit roomChanged();
}

bool EventsPanel::event(QEvent *event)
{
    const bool isHandled = QWidget::event(event);
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Resize)
        fitFold();
    return isHandled;
}

bool EventsPanel::isFolded() const
{
    return !m_fold->isChecked();
}

/// Who has scrolled away from the newest reads something: it must stay where it is.
void EventsPanel::keepPlace(const QModelIndex &, int first, int last)
{
    QScrollBar *bar = m_list->verticalScrollBar();
    if (bar->value() == 0)
        return;
    const int place = bar->value() + (last - first + 1) * kLineHeight;
    m_list->doItemsLayout();
    bar->setValue(place);
}

} // namespace lockkeeper::gui
