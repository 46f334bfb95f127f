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
/// Rest for this many times the page's duration: a fifth of the time is ours, or a hundredth.
constexpr int kRestFactor = 4;
constexpr int kBackgroundRestFactor = 99;
/// A page holds the server for a few milliseconds at most, however long its reply took to reach us.
constexpr milliseconds kLongestPage{5};

milliseconds restAfter(SteadyTime::duration page, Scanner::Pace pace)
{
    const int factor = pace == Scanner::Pace::Background ? kBackgroundRestFactor : kRestFactor;
    return std::chrono::ceil<milliseconds>(page * factor);
}

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
    m_busy = {};
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
    const QList<Primary> primaries = m_client.primaries();
    if (primaries.isEmpty()) {
        // From the event loop: whoever starts a scan does not expect its end inside of start().
        static_cast<void>(co_await after(milliseconds(0), this));
        if (self && generation == m_generation)
            fail(m_client.lastError().value_or(
                Error{ErrorCode::CannotConnect, QStringLiteral("no server is known yet"), {}}));
        co_return;
    }
    co_await countKeys(generation, primaries);
    if (!self || generation != m_generation)
        co_return;
    for (const Primary &primary : primaries) {
        const bool isOver = co_await walkOne(generation, primary.id, pattern, pace);
        if (!self || generation != m_generation || !isOver)
            co_return;
    }
    m_isRunning = false;
    emit finished();
}

QCoro::Task<> Scanner::countKeys(quint64 generation, QList<Primary> primaries)
{
    const QPointer<Scanner> self(this);
    qint64 keys = 0;
    for (const Primary &primary : primaries) {
        const auto total = co_await m_client.sendTo(primary.id, commands::dbSize());
        if (!self || generation != m_generation)
            co_return;
        if (!total || total->kind() != Reply::Kind::Integer)
            co_return;
        keys += total->integerValue();
    }
    m_progress.keysInAll = keys;
}

QCoro::Task<bool> Scanner::walkOne(quint64 generation, NodeId node, QByteArray pattern, Pace pace)
{
    const QPointer<Scanner> self(this);
    const auto isStale = [&] { return !self || generation != m_generation; };
    CountControl control;
    QByteArray cursor = "0";
    for (int page = 1;; ++page) {
        const SteadyTime sentAt = m_clock.steady();
        const int count = control.count();
        const auto reply =
            value(co_await m_client.sendTo(node, commands::scan(cursor, pattern, count)),
                  QStringLiteral("scanning for locks"));
        if (isStale())
            co_return false;
        if (!reply || reply->elements().size() != 2) {
            fail(reply ? Error{ErrorCode::Protocol,
                               QStringLiteral("SCAN answered in an unknown form"),
                               {}}
                       : reply.error());
            co_return false;
        }
        const auto took = m_clock.steady() - sentAt;
        control.pageTook(took);
        const auto held = std::min<SteadyTime::duration>(took, kLongestPage);
        m_busy += held;
        cursor = reply->elements()[0].bytes();
        QList<QByteArray> keys;
        for (const Reply &key : reply->elements()[1].elements())
            keys.append(key.bytes());
        m_progress.keysExamined += count;
        m_progress.keysFound += keys.size();
        if (!keys.isEmpty())
            emit found(keys);
        if (isStale())
            co_return false;
        if (cursor == "0")
            co_return true;
        emit progressed(m_progress);
        if (isStale())
            co_return false;
        if (pace != Pace::Full && page > kPagesBeforeResting) {
            const milliseconds rest = restAfter(held, pace);
            static_cast<void>(co_await after(rest, this));
            if (isStale())
                co_return false;
        }
    }
}

void Scanner::fail(const Error &error)
{
    m_isRunning = false;
    emit failed(error);
}

} // namespace lockkeeper::redis
