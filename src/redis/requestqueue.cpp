// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/requestqueue.h"

#include <algorithm>

namespace lockkeeper::redis {

RequestQueue::~RequestQueue()
{
    failAll({ErrorCode::Cancelled, QStringLiteral("the connection was closed"), {}});
}

QFuture<Result<QList<Reply>>> RequestQueue::add(const QList<Command> &commands, SteadyTime now)
{
    Request request;
    milliseconds longest{0};
    for (const Command &command : commands) {
        request.names.append(command.name());
        request.isMutating = request.isMutating || command.effect == Effect::Mutation;
        longest = std::max(longest, command.deadline);
    }
    // Replies come in order: none can be late before the one that it waits behind.
    const SteadyTime previous = m_requests.empty() ? now : m_requests.back().deadline;
    request.deadline = std::max(now + longest, previous);
    request.replies.reserve(commands.size());
    request.promise.start();
    QFuture<Result<QList<Reply>>> future = request.promise.future();
    m_repliesAwaited += static_cast<int>(commands.size());
    m_requests.push_back(std::move(request));
    return future;
}

bool RequestQueue::deliver(Reply reply)
{
    if (m_requests.empty())
        return false;
    Request &request = m_requests.front();
    request.replies.append(std::move(reply));
    --m_repliesAwaited;
    if (request.replies.size() < request.names.size())
        return true;
    // Off the queue first: whoever gets the result may send again, or end the connection.
    Request complete = std::move(request);
    m_requests.pop_front();
    complete.promise.addResult(std::move(complete.replies));
    complete.promise.finish();
    return true;
}

void RequestQueue::failAll(const Error &error)
{
    std::deque<Request> open;
    open.swap(m_requests);
    m_repliesAwaited = 0;
    for (Request &request : open) {
        const QString name = QString::fromLatin1(request.names.value(request.replies.size()));
        Error reason = error;
        if (request.isMutating)
            reason = {ErrorCode::OutcomeUnknown,
                      name + u" was sent and its reply never came: " + error.what,
                      QStringLiteral("read the key to see whether it was done")};
        request.promise.addResult(Result<QList<Reply>>(std::move(reason)));
        request.promise.finish();
    }
}

std::optional<SteadyTime> RequestQueue::earliestDeadline() const
{
    const auto earliest =
        std::min_element(m_requests.begin(), m_requests.end(),
                         [](const auto &a, const auto &b) { return a.deadline < b.deadline; });
    if (earliest == m_requests.end())
        return std::nullopt;
    return earliest->deadline;
}

QByteArray RequestQueue::nextName() const
{
    if (m_requests.empty())
        return {};
    const Request &request = m_requests.front();
    return request.names.value(request.replies.size());
}

} // namespace lockkeeper::redis
