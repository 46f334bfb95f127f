// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/flows.h"

#include <QPointer>
#include <QTimer>

namespace lockkeeper {

namespace {

/// Owns the promise of after(): whatever destroys the timer, the promise gets a result.
class Alarm final : public QTimer
{
public:
    Alarm(std::chrono::milliseconds delay, QObject *parent)
        : QTimer(parent)
    {
        m_promise.start();
        setSingleShot(true);
        setTimerType(Qt::PreciseTimer);
        connect(this, &QTimer::timeout, this, [this] {
            end({});
            deleteLater();
        });
        QTimer::start(delay);
    }
    Alarm(const Alarm &) = delete;
    Alarm &operator=(const Alarm &) = delete;
    ~Alarm() override
    {
        end(Error{ErrorCode::Cancelled, QStringLiteral("the wait was ended"), {}});
    }

    [[nodiscard]] QFuture<Result<void>> future() { return m_promise.future(); }

private:
    void end(Result<void> result)
    {
        if (m_isEnded)
            return;
        m_isEnded = true;
        m_promise.addResult(std::move(result));
        m_promise.finish();
    }

    QPromise<Result<void>> m_promise;
    bool m_isEnded = false;
};

} // namespace

void FlowGroup::start(QCoro::Task<> flow)
{
    ++m_running;
    track(std::move(flow));
}

QCoro::Task<> FlowGroup::track(QCoro::Task<> flow)
{
    const QPointer<FlowGroup> self(this); // an owner that does not wait may be gone by the end
    co_await flow;
    if (self && --self->m_running == 0)
        emit self->becameIdle();
}

QFuture<Result<void>> after(std::chrono::milliseconds delay, QObject *context)
{
    return (new Alarm(delay, context))->future();
}

} // namespace lockkeeper
