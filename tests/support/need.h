// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStandardPaths>
#include <QTest>

/// Skips the test function when a program is not installed; fails it where LK_REQUIRE_SERVERS is
/// set, so that CI cannot pass by skipping.
#define LK_NEED_PROGRAM(program)                                                                   \
    do {                                                                                           \
        if (QStandardPaths::findExecutable(QStringLiteral(program)).isEmpty()) {                   \
            if (qEnvironmentVariableIsSet("LK_REQUIRE_SERVERS"))                                   \
                QFAIL(program " is not installed");                                                \
            QSKIP(program " is not installed");                                                    \
        }                                                                                          \
    } while (false)

/// Starts a server of tests/support: anything with start() and reason().
#define LK_START(server) QVERIFY2((server).start(), qPrintable((server).reason()))
