// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QEventLoop>
#include <QTimer>

#include <chrono>

namespace lockkeeper::test {

/// A real event loop: QTest::qWaitFor() sleeps 10 ms between two looks at the events.
template<typename Predicate>
void runUntil(Predicate isDone, std::chrono::milliseconds patience = std::chrono::seconds(60))
{
    QEventLoop loop;
    QTimer watch;
    QObject::connect(&watch, &QTimer::timeout, &loop, [&] {
        if (isDone())
            loop.quit();
    });
    watch.start(5);
    QTimer::singleShot(patience, &loop, &QEventLoop::quit);
    loop.exec();
}

} // namespace lockkeeper::test
