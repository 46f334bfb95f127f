// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/scanner.h"

#include <QPointer>

#include <algorithm>
#include <array>

namespace lockkeeper::redis {

namespace {

constexpr int kFirstCount = 250;
/// Holds a server for a quarter of a millisecond: what takes longer waits for something else, such
/// as a turn on a busy machine, and smaller pages would only be more of them.
constexpr int kSmallestCount = 250;
constexpr int kLargestCount = 4000;
/// How long a page may hold the server: others wait so long at the most.
constexpr std::chrono::microseconds kGentlePage{700};
/// At full speed there are fewer pages, still far below two milliseconds each.
constexpr std::chrono::microseconds kFullPage{1000};
/// Pages of which the quickest tells what a key costs this server: the others waited for a turn.
constexpr std::size_t kPagesCompared = 8;
/// Somebody waits for a gentle scan: small keyspaces are walked at full speed.
constexpr int kPagesBeforeResting = 50;
/// Rest for this many times the page's duration: a fifth of the time is ours, or a 250th.
constexpr int kRestFactor = 4;
constexpr int kBackgroundRestFactor = 249;
/// A page holds the server for a few milliseconds at most, however long its reply took to reach us.
constexpr milliseconds kLongestPage{5};

milliseconds restAfter(SteadyTime::duration page, Scanner::Pace pace)
{
    const int factor = pace == Scanner::Pace::Background ? kBackgroundRestFactor : kRestFactor;
    return std::chrono::ceil<milliseconds>(page * factor);
}

/// COUNT for the next page, from how long the last ones took.
class CountControl
{
public:
    explicit CountControl(std::chrono::nanoseconds page)
        : m_page(page)
    {}

    [[nodiscard]] int count() const { return m_count; }
    void pageTook(std::chrono::nanoseconds took)
    {
        m_perKey[m_pages++ % kPagesCompared] =
            std::max(took / m_count, std::chrono::nanoseconds(1));
        const auto known = m_perKey.begin() + std::ptrdiff_t(std::min(m_pages, kPagesCompared));
        const auto wanted = m_page / *std::min_element(m_perKey.begin(), known);
        m_count = static_cast<int>(
            std::clamp<qint64>(wanted, kSmallestCount, std::min(2 * m_count, kLargestCount)));
    }

private:
    std::chrono::nanoseconds m_page;
    std::array<std::chrono::nanoseconds, kPagesCompared> m_perKey{};
    std::size_t m_pages = 0;
    int m_count = kFirstCount;
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

void Scanner::tell(const QList<Reply> &page, bool isLast)
{
    const quint64 generation = m_generation;
    const QPointer<Scanner> self(this);
    QList<QByteArray> keys;
    keys.reserve(page.size());
    for (const Reply &key : page)
        keys.append(key.bytes());
    m_progress.keysFound += keys.size();
    if (!keys.isEmpty())
        emit found(keys);
    if (self && generation == m_generation && !isLast)
        emit progressed(m_progress);
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
    CountControl control(pace == Pace::Full ? kFullPage : kGentlePage);
    QByteArray cursor = "0";
    int count = control.count();
    SteadyTime sentAt = m_clock.steady();
    QFuture<Result<Reply>> asked = m_client.sendTo(node, commands::scan(cursor, pattern, count));
    for (int page = 1;; ++page) {
        const auto reply = value(co_await asked, QStringLiteral("scanning for locks"));
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
        m_progress.keysExamined += count;
        cursor = reply->elements()[0].bytes();
        const bool isLast = cursor == "0";
        const bool rests =
            pace == Pace::Background || (pace == Pace::Gentle && page > kPagesBeforeResting);
        const auto askForMore = [&] {
            count = control.count();
            sentAt = m_clock.steady();
            asked = m_client.sendTo(node, commands::scan(cursor, pattern, count));
        };
        // The server walks on while we look at what it has found.
        if (!isLast && !rests)
            askForMore();
        tell(reply->elements()[1].elements(), isLast);
        if (isStale())
            co_return false;
        if (isLast)
            co_return true;
        if (rests) {
            const milliseconds rest = restAfter(held, pace);
            static_cast<void>(co_await after(rest, this));
            if (isStale())
                co_return false;
            askForMore();
        }
    }
}

void Scanner::fail(const Error &error)
{
    m_isRunning = false;
    emit failed(error);
}

} // namespace lockkeeper::redis
