// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/factsview.h"

#include "core/text.h"
#include "gui/views/look.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>

namespace lockkeeper::gui {

namespace {

constexpr int kNameWidth = 84;

} // namespace

FactsView::FactsView(QWidget *parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(8);
    m_grid->setVerticalSpacing(4);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnMinimumWidth(0, kNameWidth);
}

void FactsView::setFacts(const QList<Fact> &facts)
{
    while (m_lines.size() < facts.size())
        addLine();
    for (int row = 0; row < m_lines.size(); ++row) {
        const bool isUsed = row < facts.size();
        m_lines[row].name->setVisible(isUsed);
        m_lines[row].value->setVisible(isUsed);
        m_lines[row].copy->setVisible(isUsed && !facts[row].toCopy.isEmpty());
        if (isUsed)
            fill(row, facts[row]);
    }
}

QString FactsView::valueOf(const QString &name) const
{
    for (const Line &line : m_lines) {
        if (!line.name->isHidden() && line.name->text() == name)
            return line.value->property("plain").toString();
    }
    return {};
}

void FactsView::addLine()
{
    const int row = static_cast<int>(m_lines.size());
    Line line{new QLabel(this), new QLabel(this), new QPushButton(tr("Copy"), this), {}};
    line.name->setProperty("kind", QStringLiteral("secondary"));
    line.value->setTextFormat(Qt::RichText);
    line.value->setWordWrap(true);
    line.value->setMinimumWidth(1); // one long word must not widen all, and cut the other lines
    line.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    line.copy->setProperty("kind", QStringLiteral("link"));
    m_grid->addWidget(line.name, row, 0, Qt::AlignTop);
    auto *values = new QHBoxLayout;
    values->setSpacing(8);
    values->addWidget(line.value, 1, Qt::AlignTop);
    values->addWidget(line.copy, 0, Qt::AlignTop);
    m_grid->addLayout(values, row, 1);
    connect(line.copy, &QPushButton::clicked, this, [this, row] {
        QGuiApplication::clipboard()->setText(printable(m_lines[row].toCopy));
        emit copied(m_lines[row].name->text());
    });
    m_lines.append(line);
}

void FactsView::fill(int row, const Fact &fact)
{
    Line &line = m_lines[row];
    const Theme &theme = Theme::of(palette());
    const auto colored = [&theme](Theme::Role role, const QString &text) {
        return QString(u"<span style=\"color:" + theme.color(role).name() + u"\">" +
                       text.toHtmlEscaped() + u"</span>");
    };
    QString html = fact.isBad ? colored(Theme::Role::Bad, fact.value) : fact.value.toHtmlEscaped();
    if (!fact.aside.isEmpty())
        html += u"&nbsp; " + colored(Theme::Role::Secondary, fact.aside);
    line.name->setText(fact.name);
    line.toCopy = fact.toCopy;
    line.copy->setAccessibleName(tr("Copy: %1").arg(fact.name));
    line.value->setToolTip(printable(fact.toCopy));
    line.value->setFont(fact.isFixed ? fixedFont(font()) : font());
    if (line.value->text() != html)
        line.value->setText(html);
    line.value->setProperty("plain", fact.value);
    line.value->setAccessibleName(u"" + fact.name + u": " + fact.value);
}

} // namespace lockkeeper::gui
