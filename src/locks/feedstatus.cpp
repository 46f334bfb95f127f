// SPDX-License-Identifier: GPL-3.0-or-later
#include "locks/feedstatus.h"

namespace lockkeeper::locks {

using redis::ChangeFeed;

namespace {

/// A pace in steps, so that it is said anew only when it has changed.
QString paceText(milliseconds resolution)
{
    for (const int seconds : {2, 5, 10, 30, 60, 300}) {
        if (resolution <= std::chrono::seconds(seconds))
            return QString::number(seconds) + u" s";
    }
    return QStringLiteral("some minutes");
}

} // namespace

QLatin1StringView name(FeedStatus::Kind kind)
{
    switch (kind) {
    case FeedStatus::Kind::None:
        return QLatin1StringView("none");
    case FeedStatus::Kind::Push:
        return redis::name(ChangeFeed::Kind::Push);
    case FeedStatus::Kind::Notify:
        return redis::name(ChangeFeed::Kind::Notify);
    case FeedStatus::Kind::Poll:
        return redis::name(ChangeFeed::Kind::Poll);
    }
    Q_UNREACHABLE();
}

FeedStatus::Kind statusKind(ChangeFeed::Kind kind)
{
    switch (kind) {
    case ChangeFeed::Kind::Push:
        return FeedStatus::Kind::Push;
    case ChangeFeed::Kind::Notify:
        return FeedStatus::Kind::Notify;
    case ChangeFeed::Kind::Poll:
        return FeedStatus::Kind::Poll;
    }
    Q_UNREACHABLE();
}

QString differencesText(int differences)
{
    return differences == 1 ? QStringLiteral("the audit found 1 row that differed")
                            : QString(u"the audit found " + QString::number(differences) +
                                      u" rows that differed");
}

QString limitsOf(const ChangeFeed &changes, std::optional<milliseconds> resolution, int differences)
{
    const QString why = changes.whyNotBetter();
    switch (changes.kind()) {
    case ChangeFeed::Kind::Push:
        if (differences > 0)
            return differencesText(differences) +
                   u" from the server, which had not told of them; they were read again";
        return why;
    case ChangeFeed::Kind::Notify:
        return u"flushes and swapped databases show within some seconds only; " + why;
    case ChangeFeed::Kind::Poll:
        if (!resolution)
            return u"looking again and again; " + why;
        return u"every lock is looked at within " + paceText(*resolution) +
               u", shorter holds may be missed; " + why;
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::locks
