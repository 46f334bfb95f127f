// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auditchain.h"

#include "app/durablefile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLoggingCategory>

#include <algorithm>
#include <optional>
#include <utility>

namespace lockkeeper::app {

namespace {

Q_LOGGING_CATEGORY(lcAudit, "lockkeeper.audit")

/// The newest line, as the file `chain` tells.
struct Head
{
    qint64 number = 0; ///< 0: nobody has written one
    QByteArray hash;
};

QString headFile(const QString &folder)
{
    return folder + u"/chain";
}

Head parseHead(const QByteArray &content)
{
    const QList<QByteArray> words = content.trimmed().split(' ');
    if (words.size() != 2)
        return {};
    return {words[0].toLongLong(), words[1]};
}

Result<Head> readHead(const QString &folder)
{
    QFile file(headFile(folder));
    if (!file.exists())
        return Head{};
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::Io, u"cannot read " + file.fileName() + u": " + file.errorString(),
                     QStringLiteral("check the file's owner and rights")};
    return parseHead(file.readAll());
}

/// The place after the newest line of all files. Where the head knows a newer line, or another of
/// that number, the end was tampered with: going on from the head keeps the break visible.
Result<ChainPlace> nextPlace(const QString &folder, const QString &file, const Head &head)
{
    QStringList files = auditFiles(folder);
    files.removeIf([&](const QString &other) { return other > file; });
    std::ranges::reverse(files);
    ChainPlace place;
    for (const QString &one : files) {
        const Result<LastLines> last = lastLines(one);
        if (!last)
            return last.error();
        if (place.torn.isEmpty() && !last->torn.isEmpty())
            place.torn = chainHash(last->torn);
        if (last->whole.isEmpty())
            continue;
        const auto record = parseAuditLine(last->whole);
        place.number = record ? record->place.number : 0;
        place.previous = chainHash(last->whole);
        break;
    }
    // The first line of all may have been written by a program that ended before the head was.
    place.isHeadLost = head.number == 0 && place.number > 1;
    if (head.number > 0 && head.number >= place.number) {
        place.number = head.number;
        place.previous = head.hash;
    }
    ++place.number;
    return place;
}

} // namespace

Result<void> appendToChain(const QString &folder, const QString &file,
                           const std::function<QByteArray(const ChainPlace &)> &make)
{
    const Result<void> made = ensureFolder(folder);
    if (!made)
        return made;
    // One lock for all months: around midnight of the last day two files are written.
    const Result<Descriptor> lock = openLocked(headFile(folder));
    if (!lock)
        return lock.error();
    const Result<Head> head = readHead(folder);
    if (!head)
        return head.error();
    // Never behind what is written: another program, or the clock, may be in the next month
    // already.
    QString target = file;
    for (const QString &written : auditFiles(folder))
        target = std::max(target, written);
    const Result<ChainPlace> place = nextPlace(folder, target, *head);
    if (!place)
        return place.error();
    const QByteArray line = make(*place);
    const Result<void> appended = appendLineDurably(target, line);
    if (!appended)
        return appended;
    // A head that is behind is no fault, so the act need not be refused for it.
    const QByteArray newHead =
        QByteArray::number(place->number) + ' ' + chainHash(line) + QByteArrayLiteral("\n");
    if (const auto kept = rewrite(*lock, headFile(folder), newHead); !kept)
        qCWarning(lcAudit).noquote() << describe(kept.error());
    return {};
}

QStringList auditFiles(const QString &folder)
{
    const QDir place(folder);
    QStringList files;
    for (const QString &name :
         place.entryList({QStringLiteral("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl")},
                         QDir::AllEntries, QDir::Name))
        files.append(folder + u'/' + name);
    return files;
}

namespace {

/// Follows the lines one by one.
class ChainWalk
{
public:
    explicit ChainWalk(Head head)
        : m_head(std::move(head))
    {}

    void beginFile(const QString &name)
    {
        ++m_report.files;
        m_file = name;
        m_line = 0;
    }
    void take(const QByteArray &bytes);
    [[nodiscard]] ChainReport finish();

private:
    void takeUnreadable(bool isWhole, const QByteArray &hash);
    void settleUnreadable(const QByteArray &torn);
    void follow(const ChainPlace &place, const QByteArray &hash);
    void compareWithHead(qint64 number, const QByteArray &hash);
    void fault(const QString &what, int line) { m_report.faults.append({m_file, line, what}); }
    [[nodiscard]] static QString entriesText(qint64 first, qint64 last);
    [[nodiscard]] static QString numberFault(qint64 expected, qint64 found);

    struct Unreadable
    {
        QString file;
        int line = 0;
        QByteArray hash;
        bool isWhole = false; ///< with its line feed
    };

    Head m_head;
    ChainReport m_report;
    QString m_file;
    int m_line = 0;
    qint64 m_number = 0;                    ///< of the newest entry in the chain
    QByteArray m_hash;                      ///< of the newest line, in the chain or from before it
    std::optional<Unreadable> m_unreadable; ///< whether it was torn, the next line tells
};

void ChainWalk::take(const QByteArray &bytes)
{
    ++m_line;
    QByteArray line = bytes;
    const bool isWhole = line.endsWith('\n');
    if (isWhole)
        line.chop(1);
    const QByteArray hash = chainHash(line);
    const std::optional<AuditRecord> record = isWhole ? parseAuditLine(line) : std::nullopt;
    if (!record) {
        takeUnreadable(isWhole, hash);
        return;
    }
    settleUnreadable(record->place.torn);
    if (record->place.number > 0)
        follow(record->place, hash);
    else if (m_number > 0)
        fault(QStringLiteral("does not belong to the chain: it has no number"), m_line);
    else
        ++m_report.unchained;
    m_hash = hash;
}

void ChainWalk::takeUnreadable(bool isWhole, const QByteArray &hash)
{
    settleUnreadable({});
    m_unreadable = Unreadable{m_file, m_line, hash, isWhole};
}

/// @param torn what the next line says that it found
void ChainWalk::settleUnreadable(const QByteArray &torn)
{
    const auto line = std::exchange(m_unreadable, std::nullopt);
    if (!line)
        return;
    if (line->hash == torn) {
        ++m_report.torn;
        return;
    }
    m_hash = line->hash;
    if (m_number == 0) // an older version left it, and took the next for a line like others
        ++m_report.torn;
    else
        m_report.faults.append(
            {line->file, line->line, QStringLiteral("is no line of an audit log")});
}

void ChainWalk::follow(const ChainPlace &place, const QByteArray &hash)
{
    ++m_report.entries;
    if (place.number != m_number + 1)
        fault(numberFault(m_number + 1, place.number), m_line);
    else if (place.previous != m_hash)
        fault(m_number == 0
                  ? QStringLiteral("the lines before the first entry were changed or removed")
                  : QStringLiteral("entry %1, the one before, was changed after it was written")
                        .arg(m_number),
              m_line);
    if (place.isHeadLost)
        fault(
            QStringLiteral("the file \"chain\" was gone when entry %1 was written: whether others "
                           "had been removed before it cannot be told")
                .arg(place.number),
            m_line);
    m_number = place.number;
    compareWithHead(place.number, hash);
}

void ChainWalk::compareWithHead(qint64 number, const QByteArray &hash)
{
    if (number == m_head.number && hash != m_head.hash)
        fault(QStringLiteral("entry %1 was changed after it was written").arg(number), m_line);
}

QString ChainWalk::entriesText(qint64 first, qint64 last)
{
    return first == last ? QStringLiteral("entry %1 is missing").arg(first)
                         : QStringLiteral("entries %1 to %2 are missing").arg(first).arg(last);
}

QString ChainWalk::numberFault(qint64 expected, qint64 found)
{
    return found > expected ? entriesText(expected, found - 1)
                            : QStringLiteral("entry %1 stands where entry %2 should: it was added "
                                             "or moved")
                                  .arg(found)
                                  .arg(expected);
}

ChainReport ChainWalk::finish()
{
    // At the very end a torn line is what a program leaves that dies while it writes.
    if (m_unreadable && !m_unreadable->isWhole)
        ++m_report.torn;
    else
        settleUnreadable({});
    if (m_head.number > m_number)
        m_report.faults.append(
            {QStringLiteral("chain"), 0,
             entriesText(m_number + 1, m_head.number) + QStringLiteral(" at the end")});
    if (m_head.number == 0 && m_number > 0)
        m_report.faults.append({QStringLiteral("chain"), 0,
                                QStringLiteral("is missing or unreadable: whether entries at the "
                                               "end were removed cannot be told")});
    m_report.head = m_hash;
    return std::move(m_report);
}

} // namespace

Result<ChainReport> verifyChain(const QString &folder)
{
    const Result<Head> head = readHead(folder);
    if (!head)
        return head.error();
    ChainWalk walk(*head);
    for (const QString &name : auditFiles(folder)) {
        QFile file(name);
        if (!file.open(QIODevice::ReadOnly))
            return Error{ErrorCode::Io, u"cannot read " + name + u": " + file.errorString(),
                         QStringLiteral("check the file's owner and rights")};
        walk.beginFile(QFileInfo(name).fileName());
        while (!file.atEnd())
            walk.take(file.readLine());
        if (file.error() != QFileDevice::NoError)
            return Error{ErrorCode::Io, u"cannot read " + name + u": " + file.errorString(), {}};
    }
    return walk.finish();
}

} // namespace lockkeeper::app
