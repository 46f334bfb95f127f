// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/scanner.h"

#include <QPointer>

#include <algorithm>

namespace lockkeeper::redis {

namespace {

constexpr int kFirstCount = 250;
/// Holds a server for a quarter of a millisecond: what takes longer waits for something else, such
/// as a turn on a busy machine, and smaller pages would only be more of them.
constexpr int kSmallestCount = 250;
/// SCAN with COUNT 1000 holds a server for about a millisecond.
constexpr int kLargestCount = 1000;
/// A page that takes this much longer than the quickest one is too large for this server now.
constexpr milliseconds kSlowPage{4};
/// Small keyspaces are walked at full speed whatever the pace.
constexpr int kPagesBeforeResting = 50;
/// Rest for this many times the page's duration: a fifth of the time is ours.
constexpr int kRestFactor = 4;
/// A page holds the server for a few milliseconds at most, however long its reply took to reach us.
constexpr milliseconds kLongestRest{20};

/// COUNT for the next page, from how long the last one took.
class CountControl
{
public:
    [[nodiscard]] int count() const { return m_count; }
    void pageTook(SteadyTime::duration took)
    {
        m_quickest = std::min(m_quickest, took);
        if (took > m_quickest + kSlowPage)
            m_count = std::max(m_count / 2, kSmallestCount);
        else
            m_count = std::min(m_count * 2, kLargestCount);
    }

private:
    int m_count = kFirstCount;
    SteadyTime::duration m_quickest = std::chrono::seconds(5);
};

} // namespace

std::optional<double> ScanProgress::fraction() const
{
    if (!keysInAll || *keysInAll == 0)
        return std::nullopt;
    return std::min(1.0, static_cast<double>(keysExamined) / static_cast<double>(*keysInAll));
}

Scanner::Scanner(Client &client, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_clock(clock)
{}

void Scanner::start(const QByteArray &prefix, Pace pace)
{
    ++m_generation;
    m_isRunning = true;
    m_progress = {};
    walk(m_generation, escapeGlob(prefix) + '*', pace);
}

void Scanner::stop()
{
    ++m_generation;
    m_isRunning = false;
}

QByteArray Scanner::escapeGlob(const QByteArray &text)
{
    QByteArray escaped;
    for (const char c : text) {
        if (QByteArrayView("*?[]\\^-").contains(c))
            escaped += '\\';
        escaped += c;
    }
    return escaped;
}

QCoro::Task<> Scanner::walk(quint64 generation, QByteArray pattern, Pace pace)
{
    const QPointer<Scanner> self(this);
    const auto isStale = [&] { return !self || generation != m_generation; };

    const auto total = co_await m_client.send(commands::dbSize());
    if (isStale())
        co_return;
    if (total && total->kind() == Reply::Kind::Integer)
        m_progress.keysInAll = total->integerValue();

    CountControl control;
    QByteArray cursor = "0";
    for (int page = 1;; ++page) {
        const SteadyTime sentAt = m_clock.steady();
        const int count = control.count();
        const auto reply = value(co_await m_client.send(commands::scan(cursor, pattern, count)),
                                 QStringLiteral("scanning for locks"));
        if (isStale())
            co_return;
        if (!reply || reply->elements().size() != 2) {
            m_isRunning = false;
            emit failed(reply ? Error{ErrorCode::Protocol,
                                      QStringLiteral("SCAN answered in an unknown form"),
                                      {}}
                              : reply.error());
            co_return;
        }
        const auto took = m_clock.steady() - sentAt;
        control.pageTook(took);
        cursor = reply->elements()[0].bytes();
        QList<QByteArray> keys;
        for (const Reply &key : reply->elements()[1].elements())
            keys.append(key.bytes());
        m_progress.keysExamined += count;
        m_progress.keysFound += keys.size();
        if (!keys.isEmpty())
            emit found(keys);
        if (isStale())
            co_return;
        if (cursor == "0")
            break;
        emit progressed(m_progress);
        if (isStale())
            co_return;
        if (pace == Pace::Gentle && page > kPagesBeforeResting) {
            const auto rest =
                std::min(std::chrono::ceil<milliseconds>(took * kRestFactor), kLongestRest);
            static_cast<void>(co_await after(rest, this));
            if (isStale())
                co_return;
        }
    }
    m_isRunning = false;
    emit finished();
}

} // namespace lockkeeper::redis
