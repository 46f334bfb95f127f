// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/texttable.h"

#include <algorithm>
#include <cwchar>
#include <utility>

namespace lockkeeper::cli {

namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 8; ///< of an elastic column
constexpr int kLeftOut = -1;  ///< the width of a column that is not shown

int widthOf(char32_t character)
{
    return std::max(wcwidth(static_cast<wchar_t>(character)), character < 0x300 ? 1 : 0);
}

QString cutTo(const QString &text, int width)
{
    if (displayWidth(text) <= width)
        return text;
    QString cut;
    int used = 1; // the ellipsis
    for (const char32_t character : text.toUcs4()) {
        used += widthOf(character);
        if (used > width)
            break;
        cut += QString::fromUcs4(&character, 1);
    }
    return cut + u'…';
}

} // namespace

QString painted(const QString &text, Tone tone)
{
    const char *code = nullptr;
    switch (tone) {
    case Tone::Plain:
        return text;
    case Tone::Strong:
        code = "1";
        break;
    case Tone::Faint:
        code = "2";
        break;
    case Tone::Ok:
        code = "32";
        break;
    case Tone::Warn:
        code = "33";
        break;
    case Tone::Bad:
        code = "31";
        break;
    case Tone::Odd:
        code = "35";
        break;
    }
    return QStringLiteral("\x1b[") + QLatin1StringView(code) + u'm' + text +
           QStringLiteral("\x1b[0m");
}

int displayWidth(const QString &text)
{
    int width = 0;
    for (const char32_t character : text.toUcs4())
        width += widthOf(character);
    return width;
}

QList<int> TextTable::widths(int maxWidth) const
{
    QList<int> widths;
    int sum = 0;
    for (qsizetype i = 0; i < m_columns.size(); ++i) {
        int width = displayWidth(m_columns[i].header);
        for (const auto &row : m_rows)
            width = std::max(width, displayWidth(row.value(i).text));
        widths.append(width);
        sum += width + (i > 0 ? kGap : 0);
    }
    // The widest first, so that a long title does not cost a short name.
    while (maxWidth > 0 && sum > maxWidth) {
        qsizetype widest = -1;
        for (qsizetype i = 0; i < m_columns.size(); ++i) {
            if (m_columns[i].isElastic && widths[i] > kNarrowest &&
                (widest < 0 || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest < 0)
            break;
        --widths[widest];
        --sum;
    }
    // Lines that wrap are worse to read than a column that is not there.
    for (qsizetype i = m_columns.size() - 1; i > 0 && maxWidth > 0 && sum > maxWidth; --i) {
        if (m_columns[i].isElastic)
            sum -= std::exchange(widths[i], kLeftOut) + kGap;
    }
    return widths;
}

QString TextTable::rendered(int maxWidth, bool isColoured) const
{
    const QList<int> columnWidths = widths(maxWidth);
    QString out;
    qsizetype last = m_columns.size() - 1;
    while (last > 0 && columnWidths[last] == kLeftOut)
        --last;
    const auto addLine = [&](const auto &cellAt) {
        QString line;
        for (qsizetype i = 0; i <= last; ++i) {
            if (columnWidths[i] == kLeftOut)
                continue;
            const Cell cell = cellAt(i);
            const QString text = cutTo(cell.text, columnWidths[i]);
            const QString padding(columnWidths[i] - displayWidth(text), u' ');
            const bool isLast = i == last;
            if (m_columns[i].isRightAligned)
                line += padding;
            line += isColoured ? painted(text, cell.tone) : text;
            if (!m_columns[i].isRightAligned && !isLast)
                line += padding;
            if (!isLast)
                line += QString(kGap, u' ');
        }
        out += line + u'\n';
    };
    addLine([&](qsizetype i) { return Cell{m_columns[i].header, Tone::Faint}; });
    for (const auto &row : m_rows)
        addLine([&](qsizetype i) { return row.value(i); });
    return out;
}

} // namespace lockkeeper::cli
