// SPDX-License-Identifier: GPL-3.0-or-later
#include "redis/changefeed.h"

namespace lockkeeper::redis {

QLatin1StringView name(ChangeFeed::Kind kind)
{
    switch (kind) {
    case ChangeFeed::Kind::Push:
        return QLatin1StringView("push");
    case ChangeFeed::Kind::Notify:
        return QLatin1StringView("notify");
    case ChangeFeed::Kind::Poll:
        return QLatin1StringView("poll");
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::redis
