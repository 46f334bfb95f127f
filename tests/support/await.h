// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QEventLoop>
#include <QFuture>
#include <QFutureWatcher>
#include <QTimer>
#include <qcorotask.h>

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

/// Waiting for flows in tests. Whatever has not ended after a generous limit ends the program: a
/// test that hangs tells nothing.
namespace lockkeeper::test {

inline constexpr std::chrono::seconds kAwaitLimit{60};

namespace detail {

/// What waiter and flow share; the flow may outlive the waiter's frame.
template<typename T>
struct Awaited
{
    std::optional<T> value;
    QEventLoop loop;
};

template<typename T>
QCoro::Task<> deliver(QCoro::Task<T> task, std::shared_ptr<Awaited<T>> awaited)
{
    awaited->value.emplace(co_await std::move(task));
    awaited->loop.quit();
}

inline QCoro::Task<> deliver(QCoro::Task<> task, std::shared_ptr<Awaited<bool>> awaited)
{
    co_await std::move(task);
    awaited->value = true;
    awaited->loop.quit();
}

template<typename T>
void runUntilDelivered(Awaited<T> &awaited, std::chrono::milliseconds limit)
{
    if (awaited.value)
        return;
    QTimer::singleShot(limit, &awaited.loop, [limit] {
        qFatal("await: the flow has not ended within %lld ms",
               static_cast<long long>(limit.count()));
    });
    awaited.loop.exec();
}

} // namespace detail

/// Runs the event loop until the flow has ended.
template<typename T>
T await(QCoro::Task<T> task, std::chrono::milliseconds limit = kAwaitLimit)
{
    if constexpr (std::is_void_v<T>) {
        auto awaited = std::make_shared<detail::Awaited<bool>>();
        detail::deliver(std::move(task), awaited);
        detail::runUntilDelivered(*awaited, limit);
    } else {
        auto awaited = std::make_shared<detail::Awaited<T>>();
        detail::deliver(std::move(task), awaited);
        detail::runUntilDelivered(*awaited, limit);
        return std::move(*awaited->value);
    }
}

/// Runs the event loop until the future has ended.
template<typename T>
T await(QFuture<T> future, std::chrono::milliseconds limit = kAwaitLimit)
{
    detail::Awaited<bool> awaited;
    QFutureWatcher<T> watcher;
    QObject::connect(&watcher, &QFutureWatcher<T>::finished, &awaited.loop, &QEventLoop::quit);
    watcher.setFuture(future);
    if (!future.isFinished())
        detail::runUntilDelivered(awaited, limit);
    if constexpr (!std::is_void_v<T>)
        return future.result();
}

} // namespace lockkeeper::test
