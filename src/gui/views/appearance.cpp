// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/appearance.h"

#include "gui/views/theme.h"

#include <QApplication>
#include <QStyleFactory>
#include <QStyleHints>

namespace lockkeeper::gui {

Appearance::Appearance(QApplication &application, QObject *parent)
    : QObject(parent)
    , m_application(application)
    , m_isSystemDark(QApplication::palette().color(QPalette::Window).lightness() < 128)
{
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this,
            [this](Qt::ColorScheme scheme) {
                m_isSystemDark = scheme == Qt::ColorScheme::Dark;
                apply();
            });
#endif
    apply();
}

void Appearance::choose(Choice choice)
{
    m_choice = choice;
    apply();
}

std::optional<Appearance::Choice> Appearance::fromName(const QString &name)
{
    if (name == u"system")
        return Choice::System;
    if (name == u"light")
        return Choice::Light;
    if (name == u"dark")
        return Choice::Dark;
    return std::nullopt;
}

void Appearance::apply()
{
    const bool isDark = m_choice == Choice::Dark || (m_choice == Choice::System && m_isSystemDark);
    const Theme &theme = isDark ? Theme::dark() : Theme::light();
    QApplication::setPalette(theme.palette());
    m_application.setStyleSheet(theme.styleSheet());
    emit changed();
}

} // namespace lockkeeper::gui
