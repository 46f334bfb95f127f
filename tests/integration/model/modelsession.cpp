// SPDX-License-Identifier: GPL-3.0-or-later
#include "modelsession.h"

namespace lockkeeper::model {

namespace {

QString untilText(SteadyTime moment, SteadyTime now)
{
    if (moment == SteadyTime::max())
        return QStringLiteral("its owner's end");
    return QStringLiteral("%1 ms").arg(std::chrono::floor<milliseconds>(moment - now).count());
}

} // namespace

QString describe(const ModelSession &session, SteadyTime now)
{
    QString text = QStringLiteral("free");
    if (session.lock)
        text =
            QStringLiteral("held under %1 for another %2 to %3")
                .arg(QString::fromUtf8(session.lock->token.bytes()),
                     untilText(session.lock->goneFrom, now), untilText(session.lock->goneBy, now));
    text += session.hasRow ? QStringLiteral(", a row") : QStringLiteral(", no row");
    text += session.hasCopy ? QStringLiteral(", a copy") : QStringLiteral(", no copy");
    return session.isCutShort() ? text + QStringLiteral(", a delete is open") : text;
}

} // namespace lockkeeper::model
