// SPDX-License-Identifier: GPL-3.0-or-later
#include "report.h"

#include <QDateTime>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTextStream>
#include <QThread>

#include <algorithm>
#include <array>

namespace lockkeeper::bench {

namespace {

constexpr std::size_t kColumns = 6;
using Cells = std::array<QString, kColumns>;

QString ratioText(double ratio)
{
    return QString::number(ratio, 'f', ratio < 1 ? 3 : ratio < 20 ? 2 : 0);
}

Cells cellsOf(const Row &row)
{
    return {row.what,
            row.ours,
            row.beside,
            row.ratio ? ratioText(*row.ratio) : QString(),
            row.target,
            !row.isMet   ? QString()
            : *row.isMet ? QStringLiteral("met")
                         : QStringLiteral("**missed**")};
}

QString lineOf(const Cells &cells, const std::array<qsizetype, kColumns> &widths)
{
    QString line;
    for (std::size_t i = 0; i < kColumns; ++i)
        line += QStringLiteral("| ") + cells[i].leftJustified(widths[i]) + u' ';
    return line + u'|';
}

QString valueIn(const QString &path, const QString &pattern)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return QStringLiteral("?");
    const QRegularExpression expression(pattern, QRegularExpression::MultilineOption);
    const auto match = expression.match(QString::fromUtf8(file.readAll()));
    return match.hasMatch() ? match.captured(1) : QStringLiteral("?");
}

QString serverVersion()
{
    QProcess server;
    server.start(QStringLiteral("redis-server"), {QStringLiteral("--version")});
    server.waitForFinished(5000);
    const QRegularExpression expression(QStringLiteral("v=(\\S+)"));
    return expression.match(QString::fromLocal8Bit(server.readAll())).captured(1);
}

} // namespace

void Report::begin(const QString &what)
{
    m_out << "\n" << what << "\n";
    m_out.flush();
}

void Report::add(Row row)
{
    m_out << "  " << row.what << ": " << row.ours;
    if (!row.beside.isEmpty())
        m_out << "; beside it " << row.beside;
    if (row.ratio)
        m_out << "; ratio " << ratioText(*row.ratio);
    if (row.isMet)
        m_out << (*row.isMet ? "; met" : "; MISSED") << " (" << row.target << ")";
    m_out << "\n";
    m_out.flush();
    m_rows.append(std::move(row));
}

void Report::print() const
{
    QList<Cells> lines{{QStringLiteral("measured"), QStringLiteral("Lockkeeper"),
                        QStringLiteral("beside it"), QStringLiteral("ratio"),
                        QStringLiteral("target"), QStringLiteral("verdict")}};
    for (const Row &row : m_rows)
        lines.append(cellsOf(row));
    std::array<qsizetype, kColumns> widths{};
    for (const Cells &cells : lines) {
        for (std::size_t i = 0; i < kColumns; ++i)
            widths[i] = std::max(widths[i], cells[i].size());
    }
    m_out << "\n" << machineText() << "\n\n";
    Cells rule;
    for (std::size_t i = 0; i < kColumns; ++i)
        rule[i] = QString(widths[i], u'-');
    m_out << lineOf(lines.takeFirst(), widths) << "\n" << lineOf(rule, widths) << "\n";
    for (const Cells &cells : lines)
        m_out << lineOf(cells, widths) << "\n";
    const auto judged = [this](bool isMet) {
        return std::ranges::count_if(m_rows,
                                     [isMet](const Row &row) { return row.isMet == isMet; });
    };
    m_out << "\n" << judged(true) << " targets met, " << judged(false) << " missed\n";
    m_out.flush();
}

QString machineText()
{
    const double kB =
        valueIn(QStringLiteral("/proc/meminfo"), QStringLiteral("^MemTotal:\\s+(\\d+)")).toDouble();
    return QStringLiteral("%1 cores (%2), %3 GB of memory, load %4; redis-server %5, Qt %6; %7")
        .arg(QThread::idealThreadCount())
        .arg(valueIn(QStringLiteral("/proc/cpuinfo"), QStringLiteral("^model name\\s*: (.*)$")))
        .arg(kB / 1024 / 1024, 0, 'f', 0)
        .arg(valueIn(QStringLiteral("/proc/loadavg"), QStringLiteral("^(\\S+)")), serverVersion(),
             QString::fromLatin1(qVersion()),
             QDateTime::currentDateTimeUtc().date().toString(Qt::ISODate));
}

} // namespace lockkeeper::bench
