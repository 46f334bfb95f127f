// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/clock.h"
#include "core/result.h"
#include "redis/command.h"
#include "redis/reply.h"

#include <QFuture>
#include <QList>
#include <QPromise>

#include <deque>

namespace lockkeeper::redis {

/// The pipelines whose replies are awaited, in the order in which they were sent.
class RequestQueue
{
public:
    RequestQueue() = default;
    /// Whatever is open ends with Cancelled.
    ~RequestQueue();
    RequestQueue(const RequestQueue &) = delete;
    RequestQueue &operator=(const RequestQueue &) = delete;

    [[nodiscard]] QFuture<Result<QList<Reply>>> add(const QList<Command> &commands, SteadyTime now);
    /// Hands the next reply to the oldest pipeline; false when none is awaited.
    [[nodiscard]] bool deliver(Reply reply);
    /// Ends every pipeline: a mutation whose reply is missing is OutcomeUnknown, the rest `error`.
    void failAll(const Error &error);

    [[nodiscard]] bool isEmpty() const { return m_requests.empty(); }
    [[nodiscard]] int repliesAwaited() const { return m_repliesAwaited; }
    [[nodiscard]] std::optional<SteadyTime> earliestDeadline() const;
    /// The name of the command whose reply is next.
    [[nodiscard]] QByteArray nextName() const;

private:
    struct Request
    {
        QList<QByteArray> names;
        bool isMutating = false;
        SteadyTime deadline;
        QList<Reply> replies;
        QPromise<Result<QList<Reply>>> promise;
    };

    std::deque<Request> m_requests;
    int m_repliesAwaited = 0;
};

} // namespace lockkeeper::redis
