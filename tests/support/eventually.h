// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDeadlineTimer>
#include <QThread>

#include <chrono>

namespace lockkeeper::test {

/// Asks again and again, without an event loop, until `holds` or a generous limit has passed: for
/// servers that settle among themselves and tell nobody.
template<typename Condition>
[[nodiscard]] bool eventually(Condition holds,
                              std::chrono::milliseconds limit = std::chrono::seconds(60))
{
    const QDeadlineTimer deadline(limit);
    while (!holds()) {
        if (deadline.hasExpired())
            return false;
        QThread::msleep(10);
    }
    return true;
}

} // namespace lockkeeper::test
