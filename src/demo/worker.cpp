// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/worker.h"

#include "demo/conversations.h"

#include <QLoggingCategory>

#include <cmath>

namespace lockkeeper::demo {

namespace {

Q_LOGGING_CATEGORY(lcWorker, "lockkeeper.demo.worker", QtWarningMsg)

constexpr int kConversations = 4;
/// A session that has grown to this length is answered no more, so that a demo that runs for days
/// stays small; its lock is still taken.
constexpr qsizetype kLongestTalk = 80;
constexpr double kAnswerShare = 0.6;
constexpr double kRenameShare = 0.1;
constexpr double kLongHoldShare = 0.12;
constexpr std::chrono::seconds kLockWait{10};

milliseconds between(milliseconds least, milliseconds most, double share)
{
    const auto range = static_cast<double>((most - least).count());
    return least + milliseconds(static_cast<milliseconds::rep>(share * range));
}

sessions::ChatMessage message(const QString &role, const char *text)
{
    sessions::ChatMessage result;
    result.role = role;
    result.content = QString::fromUtf8(text);
    return result;
}

} // namespace

Worker::Worker(redis::ServerAddress server, sessions::Dsn database, QList<KnownSession> sessions,
               std::uint64_t node, QObject *parent)
    : QObject(parent)
    , m_sessions(std::move(sessions))
    , m_client(std::move(server), redis::Client::Options{}, m_clock)
    , m_locks(m_client, m_family, m_clock, nullptr, node)
    , m_cache(m_client, m_family)
    , m_database(std::move(database))
    , m_store(m_locks, m_cache, m_database, m_clock,
              {.lockWait = kLockWait, .work = [this] { return after(pickHold(), this); }})
{}

QCoro::Task<> Worker::run()
{
    const Result<void> opened = co_await m_client.open();
    if (!opened)
        qCWarning(lcWorker).noquote() << describe(opened.error());
    for (int i = 0; i < kConversations; ++i)
        converse(); // runs on by itself
}

Task<void> Worker::takeLock(SessionId session)
{
    const Result<void> opened = co_await m_client.open();
    if (!opened)
        co_return opened;
    const locks::LockProtocol::AcquireOptions once;
    const auto held = co_await m_locks.acquire(session, once);
    if (!held)
        co_return held.error();
    co_return {};
}

QCoro::Task<> Worker::converse()
{
    using namespace std::chrono_literals;
    while (true) {
        const KnownSession session = pickSession();
        const double what = chance();
        Result<void> done;
        if (what < kAnswerShare)
            done = co_await answer(session);
        else if (what < kAnswerShare + kRenameShare)
            done = co_await rename(session);
        else
            done = co_await look(session);
        if (!done && done.error().code != ErrorCode::LockTimeout)
            qCWarning(lcWorker).noquote() << describe(done.error());
        const Result<void> rested = co_await after(between(200ms, 3500ms, chance()), this);
        if (!rested)
            co_return;
    }
}

Task<void> Worker::answer(KnownSession session)
{
    auto found = co_await m_store.get(session.id, session.user);
    if (!found)
        co_return found.error();
    if (!found->session)
        co_return {}; // someone deleted it: that is what the demo is for
    sessions::ChatSession talk = *found->session;
    if (talk.messages.size() < kLongestTalk) {
        const auto all = followUps();
        const FollowUp &next = all[static_cast<std::size_t>(chance() * double(all.size()))];
        talk.messages.append(message(QStringLiteral("user"), next.question));
        talk.messages.append(message(QStringLiteral("assistant"), next.answer));
        talk.usage.prompt += 700 + 90 * talk.messages.size();
        talk.usage.completion += 40;
    }
    talk.updatedAt = m_clock.wall();
    const auto saved = co_await m_store.upsert(std::move(talk));
    if (!saved)
        co_return saved.error();
    co_return {};
}

Task<void> Worker::rename(KnownSession session)
{
    const auto found = co_await m_store.get(session.id, session.user);
    if (!found)
        co_return found.error();
    if (!found->session || !found->session->title)
        co_return {};
    // Marks come and go, so that a title never grows.
    const QString mark = QStringLiteral(" (done)");
    const QString title = *found->session->title;
    const QString next = title.endsWith(mark) ? title.chopped(mark.size()) : QString(title + mark);
    const auto renamed = co_await m_store.rename(session.id, next);
    if (!renamed)
        co_return renamed.error();
    if (renamed->notDropped)
        co_return *renamed->notDropped;
    co_return {};
}

Task<void> Worker::look(KnownSession session)
{
    const auto found = co_await m_store.get(session.id, session.user);
    if (!found)
        co_return found.error();
    co_return {};
}

const KnownSession &Worker::pickSession()
{
    // A few are asked for much more often than the rest, so that their locks are contended.
    const double skewed = std::pow(chance(), 2);
    return m_sessions.at(static_cast<qsizetype>(skewed * static_cast<double>(m_sessions.size())));
}

milliseconds Worker::pickHold()
{
    using namespace std::chrono_literals;
    return chance() < kLongHoldShare ? between(5s, 40s, chance()) : between(200ms, 3s, chance());
}

double Worker::chance()
{
    return std::uniform_real_distribution<double>(0, 1)(m_random);
}

} // namespace lockkeeper::demo
