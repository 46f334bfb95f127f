// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"

#include <QFuture>
#include <QObject>
#include <QPromise>
#include <qcorofuture.h>
#include <qcorotask.h>

#include <chrono>
#include <memory>

namespace lockkeeper {

/// A flow of several waits that ends with a value or an Error.
template<typename T>
using Task = QCoro::Task<Result<T>>;

/// A future that is finished already.
template<typename T>
[[nodiscard]] QFuture<Result<T>> finished(Result<T> result)
{
    QPromise<Result<T>> promise;
    promise.start();
    promise.addResult(std::move(result));
    promise.finish();
    return promise.future();
}

/// Counts the flows that were started on behalf of an owner, so that it can wait for their end
/// before it lets the parts go that they use. QCoro does not cancel a dropped task: it runs on.
class FlowGroup : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    /// Takes the flow over; it runs until it ends by itself.
    void start(QCoro::Task<> flow);
    [[nodiscard]] int running() const { return m_running; }
    [[nodiscard]] bool isIdle() const { return m_running == 0; }

signals:
    /// The last running flow has ended.
    void becameIdle();

private:
    QCoro::Task<> track(QCoro::Task<> flow);

    int m_running = 0;
};

/// Ends after `delay`, or earlier with Cancelled when `context` is destroyed.
[[nodiscard]] QFuture<Result<void>> after(std::chrono::milliseconds delay, QObject *context);

} // namespace lockkeeper
