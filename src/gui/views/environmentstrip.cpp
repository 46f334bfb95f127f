// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/environmentstrip.h"

#include "gui/models/words.h"
#include "gui/views/look.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>

namespace lockkeeper::gui {

using State = app::WriteWindow::State;

namespace {

constexpr int kHeight = 34;
constexpr int kEdge = 4;
constexpr int kMargin = 16;
constexpr int kGap = 12;
constexpr milliseconds kTick{250};

/// "14:32": what is left, as a clock shows it.
QString countdownText(milliseconds left)
{
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    return QStringLiteral("%1:%2").arg(seconds / 60).arg(seconds % 60, 2, 10, QLatin1Char('0'));
}

} // namespace

EnvironmentStrip::EnvironmentStrip(QWidget *parent)
    : QWidget(parent)
    , m_environment(new QLabel(this))
    , m_name(new QLabel(this))
    , m_state(new QLabel(this))
    , m_way(new QPushButton(this))
{
    setObjectName(QStringLiteral("environmentStrip"));
    setFixedHeight(kHeight);
    QFont strong = font();
    strong.setWeight(QFont::Bold);
    strong.setPointSizeF(strong.pointSizeF() * 0.92);
    m_environment->setFont(strong);
    m_state->setObjectName(QStringLiteral("environmentState"));
    m_way->setObjectName(QStringLiteral("unlockButton"));
    m_way->setAccessibleName(tr("Unlock for 15 minutes"));
    m_way->setProperty("kind", QStringLiteral("link"));
    connect(m_way, &QPushButton::clicked, this, &EnvironmentStrip::act);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(kMargin, 0, kMargin, 0);
    layout->setSpacing(kGap);
    for (QWidget *part : {static_cast<QWidget *>(m_environment), static_cast<QWidget *>(m_name),
                          static_cast<QWidget *>(m_state), static_cast<QWidget *>(m_way)})
        layout->addWidget(part);
    layout->addStretch();
    m_timer.setInterval(kTick);
    connect(&m_timer, &QTimer::timeout, this, &EnvironmentStrip::present);
    hide();
}

void EnvironmentStrip::setWorkspace(app::Workspace *workspace, bool isDemo)
{
    if (m_workspace)
        disconnect(&m_workspace->window(), nullptr, this, nullptr);
    m_workspace = workspace;
    m_isDemo = isDemo;
    if (workspace)
        connect(&workspace->window(), &app::WriteWindow::changed, this, &EnvironmentStrip::present);
    present();
}

app::Environment EnvironmentStrip::environment() const
{
    return m_workspace ? m_workspace->target().guardrails.environment : app::Environment::None;
}

Theme::Role EnvironmentStrip::role() const
{
    if (m_isDemo)
        return Theme::Role::Ok;
    switch (environment()) {
    case app::Environment::Production:
        return Theme::Role::StripText;
    case app::Environment::Staging:
    case app::Environment::None: // read-only
        return Theme::Role::Warn;
    case app::Environment::Development:
        return Theme::Role::Ok;
    }
    Q_UNREACHABLE();
}

void EnvironmentStrip::present()
{
    if (!m_workspace) {
        m_timer.stop();
        hide();
        return;
    }
    const app::Guardrails &guardrails = m_workspace->target().guardrails;
    const app::WriteWindow &window = m_workspace->window();
    const bool isNamed = guardrails.environment != app::Environment::None;
    m_environment->setText(m_isDemo  ? tr("DEMO")
                           : isNamed ? QString(name(guardrails.environment)).toUpper()
                                     : tr("READ-ONLY"));
    m_name->setText(m_isDemo ? QString() : m_workspace->target().name);
    m_name->setVisible(!m_isDemo);
    presentWindow(window, guardrails);
    if (window.state() != State::Unlocked)
        m_timer.stop();
    else if (!m_timer.isActive())
        m_timer.start();
    paintWords();
    setAccessibleName(m_environment->text() + u' ' + m_name->text() + u": " + m_state->text());
    setVisible(m_isDemo || isNamed || window.state() == State::ReadOnly);
    update();
}

void EnvironmentStrip::presentWindow(const app::WriteWindow &window,
                                     const app::Guardrails &guardrails)
{
    m_way->setVisible(window.state() == State::Closed || window.state() == State::Unlocked);
    switch (window.state()) {
    case State::Open:
        m_state->setText(
            m_isDemo ? tr("simulated workers on a private server; everything is gone when you quit")
            : guardrails.scope == app::Scope::StaleLocks ? tr("only stale locks can be released")
                                                         : QString());
        return;
    case State::ReadOnly:
        m_state->setText(tr("read-only: nothing can be released or deleted"));
        return;
    case State::Closed:
        m_state->setText(tr("read-only"));
        m_way->setText(tr("Unlock for 15 minutes…"));
        m_way->setAccessibleName(tr("Unlock for 15 minutes"));
        return;
    case State::Unlocked:
        m_state->setText(
            tr("unlocked, %1 left").arg(countdownText(window.left().value_or(milliseconds(0)))));
        m_way->setText(tr("Lock now"));
        m_way->setAccessibleName(tr("Lock now"));
        return;
    }
}

void EnvironmentStrip::paintWords()
{
    const Theme &theme = Theme::of(palette());
    const auto paint = [&theme](QLabel *label, Theme::Role role) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.color(role));
        label->setPalette(palette);
    };
    paint(m_environment, role());
    paint(m_name, Theme::Role::Text);
    const bool isUnlocked = m_workspace && m_workspace->window().state() == State::Unlocked;
    paint(m_state, isUnlocked ? role() : Theme::Role::Secondary);
}

void EnvironmentStrip::act()
{
    if (!m_workspace)
        return;
    if (m_workspace->window().state() == State::Unlocked)
        m_workspace->window().lock();
    else
        emit unlockRequested();
}

void EnvironmentStrip::paintEvent(QPaintEvent *)
{
    const Theme &theme = Theme::of(palette());
    QPainter painter(this);
    const bool isProduction = environment() == app::Environment::Production;
    painter.fillRect(rect(),
                     theme.color(isProduction ? Theme::Role::StripSurface : Theme::Role::Window));
    const QString own = m_workspace ? m_workspace->target().guardrails.color : QString();
    painter.fillRect(QRect(0, 0, kEdge, height()),
                     own.isEmpty() ? theme.color(role()) : QColor(own));
    paintBottomLine(painter, theme.color(Theme::Role::Line), rect());
}

void EnvironmentStrip::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_workspace)
        paintWords();
}

} // namespace lockkeeper::gui
