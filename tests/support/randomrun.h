// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRandomGenerator>
#include <QString>

/// What random tests share: they can be repeated, and made longer.
namespace lockkeeper::test {

/// The seed of a random test: LK_SEED, or a new one that is printed.
inline quint32 seedOfThisRun()
{
    const bool isReplay = qEnvironmentVariableIsSet("LK_SEED");
    const quint32 seed = isReplay ? qEnvironmentVariable("LK_SEED").toUInt()
                                  : QRandomGenerator::global()->generate();
    qInfo("LK_SEED=%u", seed);
    return seed;
}

/// How often a random test goes round: the variable, where it is set, else `few`.
inline int roundsOf(const char *variable, int few)
{
    bool isNumber = false;
    const int rounds = qEnvironmentVariableIntValue(variable, &isNumber);
    return isNumber && rounds > 0 ? rounds : few;
}

} // namespace lockkeeper::test
