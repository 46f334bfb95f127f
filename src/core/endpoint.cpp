// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/endpoint.h"

namespace lockkeeper {

QString Endpoint::toString() const
{
    if (kind == Kind::Unix)
        return path;
    const bool isV6 = host.contains(u':');
    return (isV6 ? QString(u'[' + host + u']') : host) + u':' + QString::number(port);
}

} // namespace lockkeeper
