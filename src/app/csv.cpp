// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/csv.h"

namespace lockkeeper::app {

namespace {

QByteArray csvField(const QString &text)
{
    QString field = text;
    // Else a reason that somebody typed could compute in the reader's spreadsheet.
    if (!field.isEmpty() && QStringView(u"=+-@\t\r").contains(field.front()))
        field.prepend(u'\'');
    field.replace(u'"', QStringLiteral("\"\""));
    return QByteArray('"' + field.toUtf8() + '"');
}

} // namespace

QByteArray csvLine(const QStringList &fields)
{
    QByteArray line;
    for (const QString &field : fields) {
        if (!line.isEmpty())
            line += ',';
        line += csvField(field);
    }
    line += "\r\n";
    return line;
}

} // namespace lockkeeper::app
