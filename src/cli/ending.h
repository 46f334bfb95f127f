// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"

#include <memory>
#include <optional>
#include <stop_token>

namespace lockkeeper::cli {

/// A result that somebody gives once: the seam between signals and a flow that waits for the first
/// of them. Later results are ignored; when nobody can give one any more it ends with Cancelled.
template<typename T>
class Ending
{
public:
    Ending() { m_promise.start(); }
    ~Ending() { end(Error{ErrorCode::Cancelled, QStringLiteral("interrupted"), {}}); }
    Ending(const Ending &) = delete;
    Ending &operator=(const Ending &) = delete;

    void end(Result<T> result)
    {
        if (m_isEnded)
            return;
        m_isEnded = true;
        m_promise.addResult(std::move(result));
        m_promise.finish();
    }
    [[nodiscard]] QFuture<Result<T>> future() { return m_promise.future(); }
    [[nodiscard]] bool hasEnded() const { return m_isEnded; }

private:
    QPromise<Result<T>> m_promise;
    bool m_isEnded = false;
};

/// Ends `ending` with Cancelled as soon as `stop` is requested.
template<typename T>
[[nodiscard]] auto endOnStop(std::stop_token stop, Ending<T> &ending)
{
    return std::stop_callback(std::move(stop), [&ending] {
        ending.end(Error{ErrorCode::Cancelled, QStringLiteral("interrupted"), {}});
    });
}

} // namespace lockkeeper::cli
