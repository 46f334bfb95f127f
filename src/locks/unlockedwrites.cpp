// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/unlockedwrites.h"

#include <QPointer>

#include <algorithm>

namespace lockkeeper::locks {

namespace {

/// PTTL of the lock, PTTL and STRLEN of the copy.
constexpr qsizetype kCommands = 3;
constexpr qsizetype kMostQuestions = redis::Client::kMaxPipeline / kCommands;
constexpr qsizetype kMostSuspects = 4 * kMostQuestions; ///< more at one time are left out
constexpr qsizetype kMostNews = 4096; ///< of locks, before old ones are sifted out
/// How far two readings of one TTL may differ, beside the time between them.
constexpr milliseconds kSlack{100};
constexpr qint64 kNeverExpires = -1;
constexpr qint64 kNoSuchKey = -2;

bool isInteger(const redis::Reply &reply)
{
    return reply.kind() == redis::Reply::Kind::Integer;
}

} // namespace

UnlockedWrites::UnlockedWrites(redis::Client &client, LockMonitor &monitor, const Clock &clock,
                               QObject *parent)
    : QObject(parent)
    , m_quiet(client.deployment().kind == redis::Deployment::Kind::Cluster ? kQuietOfSeveral
                                                                           : kQuiet)
    , m_client(client)
    , m_monitor(monitor)
    , m_clock(clock)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &UnlockedWrites::lookAtDue);
}

void UnlockedWrites::start()
{
    connect(&m_monitor.news(), &LockNews::keyChanged, this, &UnlockedWrites::lockChanged);
    connect(&m_monitor, &LockMonitor::cachedSessionsChanged, this,
            &UnlockedWrites::sessionsChanged);
    connect(&m_monitor, &LockMonitor::everythingChanged, this, &UnlockedWrites::forgetAll);
    connect(&m_monitor, &LockMonitor::feedChanged, this, [this](const FeedStatus &feed) {
        if (!feed.isTrusted)
            forgetAll();
    });
    connect(&m_client, &redis::Client::stateChanged, this, [this] {
        m_isRefused = false; // another connection, perhaps another user or server
        forgetAll();
    });
}

void UnlockedWrites::stop()
{
    m_timer.stop();
    forgetAll();
    disconnect(&m_monitor, nullptr, this, nullptr);
    disconnect(&m_monitor.news(), nullptr, this, nullptr);
    disconnect(&m_client, nullptr, this, nullptr);
}

bool UnlockedWrites::canTell() const
{
    const FeedStatus &feed = m_monitor.feed();
    const bool isTold =
        feed.kind == FeedStatus::Kind::Push || feed.kind == FeedStatus::Kind::Notify;
    return isTold && feed.isTrusted && !m_isRefused;
}

void UnlockedWrites::forgetAll()
{
    m_suspects.clear();
    m_lockNews.clear();
    m_copies.clear();
}

void UnlockedWrites::lockChanged(const LockKey &key)
{
    // Whether the lock was there when the session was touched cannot be told any more.
    m_suspects.remove(key);
    const SteadyTime now = m_clock.steady();
    // Once in a while only: of very many at once, all are news.
    if (m_lockNews.size() >= kMostNews && now - m_newsSifted >= m_quiet) {
        m_newsSifted = now;
        m_lockNews.removeIf([this, now](const auto &news) { return *news + m_quiet < now; });
    }
    m_lockNews.insert(key, now);
}

void UnlockedWrites::sessionsChanged(const QList<SessionId> &sessions)
{
    const LockFamily &family = m_monitor.registry().family();
    const bool isBlind = !canTell() || !m_monitor.registry().isSynced();
    const SteadyTime now = m_clock.steady();
    for (const SessionId &session : sessions) {
        const LockKey key = family.lockKey(session);
        const auto news = m_lockNews.constFind(key);
        const bool isLockNear =
            m_monitor.registry().find(key) || (news != m_lockNews.cend() && *news + m_quiet >= now);
        if (isBlind || isLockNear)
            m_copies.remove(session);
        else
            suspect(key, session);
    }
}

void UnlockedWrites::suspect(const LockKey &key, const SessionId &session)
{
    const auto known = m_suspects.find(key);
    if (known != m_suspects.end()) {
        known->isTouchedAgain = known->isAsked;
        return;
    }
    if (m_suspects.size() >= kMostSuspects) {
        m_copies.remove(session);
        return;
    }
    m_suspects.insert(key, {++m_lastId, session, m_clock.wall(), m_clock.steady()});
    if (!m_timer.isActive())
        m_timer.start(m_quiet);
}

void UnlockedWrites::lookAtDue()
{
    const SteadyTime now = m_clock.steady();
    QList<Question> questions;
    std::optional<SteadyTime> next;
    for (auto suspect = m_suspects.begin(); suspect != m_suspects.end(); ++suspect) {
        if (suspect->isAsked)
            continue;
        if (suspect->since + m_quiet <= now && questions.size() < kMostQuestions) {
            suspect->isAsked = true;
            questions.append({suspect.key(), suspect->id});
        } else {
            next = std::min(next.value_or(suspect->since), suspect->since);
        }
    }
    if (next)
        m_timer.start(
            std::max(std::chrono::ceil<milliseconds>(*next + m_quiet - now), milliseconds(1)));
    if (questions.isEmpty())
        return;
    std::ranges::sort(questions, {}, &Question::id); // told in the order in which they came
    look(questions);
}

QCoro::Task<> UnlockedWrites::look(QList<Question> questions)
{
    const QPointer<UnlockedWrites> self(this);
    QList<redis::Command> commands;
    for (const Question &question : questions) {
        const QByteArray copy =
            m_monitor.registry().family().cacheKey(m_suspects.value(question.key).session).bytes();
        commands << redis::commands::pttl(question.key.bytes()) << redis::commands::pttl(copy)
                 << redis::commands::strlen(copy);
    }
    const SteadyTime sentAt = m_clock.steady();
    const auto replies = co_await m_client.send(commands);
    if (!self)
        co_return;
    const SteadyTime readAt = m_clock.steady();
    // News of a lock that ended just before the look may still be under way.
    const Result<void> heard = co_await after(m_quiet, this);
    if (!self || !heard)
        co_return;
    for (qsizetype i = 0; i < questions.size(); ++i)
        judge(questions[i],
              replies ? replies->mid(i * kCommands, kCommands) : QList<redis::Reply>(), sentAt,
              readAt);
}

void UnlockedWrites::judge(const Question &question, const QList<redis::Reply> &replies,
                           SteadyTime sentAt, SteadyTime readAt)
{
    const auto found = m_suspects.constFind(question.key);
    if (found == m_suspects.cend() || found->id != question.id)
        return; // cleared meanwhile
    const Suspect suspect = *found;
    m_suspects.erase(found);
    const auto known = m_copies.constFind(suspect.session);
    const auto before = known == m_copies.cend() ? std::nullopt : std::optional(*known);
    m_copies.remove(suspect.session);
    if (replies.isEmpty() || noteRefusal(replies) || !isInteger(replies.at(1)) ||
        m_monitor.registry().find(question.key))
        return;
    const bool isLockFree = isInteger(replies.at(0)) && replies.at(0).integerValue() == kNoSuchKey;
    if (!isLockFree)
        return;
    const Copy now = copyFrom(replies.at(1), replies.at(2), sentAt, readAt);
    if (suspect.isTouchedAgain)
        this->suspect(question.key, suspect.session);
    if (m_copies.size() >= kMostSessions)
        m_copies.clear();
    m_copies.insert(suspect.session, now);
    const auto isSure = isSurelyWritten(suspect, before, now);
    if (!isSure)
        return;
    UnlockedWrite write{suspect.at, question.key, suspect.session, *isSure, {}, now.bytes};
    if (now.deadline)
        write.ttl = std::chrono::floor<milliseconds>(*now.deadline - readAt);
    count(write);
}

bool UnlockedWrites::noteRefusal(const QList<redis::Reply> &replies)
{
    m_isRefused = m_isRefused || replies.at(0).errorPrefix() == "NOPERM" ||
                  replies.at(1).errorPrefix() == "NOPERM";
    return m_isRefused;
}

UnlockedWrites::Copy UnlockedWrites::copyFrom(const redis::Reply &ttl, const redis::Reply &length,
                                              SteadyTime sentAt, SteadyTime readAt)
{
    Copy copy;
    copy.isThere = ttl.integerValue() != kNoSuchKey;
    if (copy.isThere && ttl.integerValue() != kNeverExpires)
        copy.deadline = readAt + milliseconds(ttl.integerValue());
    if (copy.isThere && isInteger(length))
        copy.bytes = length.integerValue();
    copy.doubt = readAt - sentAt;
    return copy;
}

/// nullopt: it was no write, or may have been none.
std::optional<bool> UnlockedWrites::isSurelyWritten(const Suspect &suspect,
                                                    const std::optional<Copy> &before,
                                                    const Copy &now) const
{
    if (!now.isThere)
        return std::nullopt; // deleted, expired or evicted
    if (before && !before->isThere)
        return true;
    if (before && before->bytes && now.bytes && *before->bytes != *now.bytes)
        return true;
    if (!now.deadline)
        return std::nullopt;
    const SteadyTime whole = suspect.since + m_monitor.registry().family().cacheTtl;
    const bool isWhole = *now.deadline + kSlack >= whole;
    const bool isLater = before && before->deadline &&
                         *now.deadline > *before->deadline + before->doubt + now.doubt + kSlack;
    return isWhole || isLater ? std::optional(false) : std::nullopt;
}

void UnlockedWrites::count(const UnlockedWrite &write)
{
    const auto add = [&write](UnlockedFigures &figures) {
        ++(write.isSure ? figures.sure : figures.likely);
        figures.last = write.at;
    };
    add(m_overall);
    if (m_bySession.contains(write.session) || m_bySession.size() < kMostSessions)
        add(m_bySession[write.session]);
    emit seen(write);
}

} // namespace lockkeeper::locks
