// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/paths.h"

#include <QDir>

namespace lockkeeper::app {

QString stateFolder()
{
    // The XDG specification has relative paths ignored.
    const QString state = qEnvironmentVariable("XDG_STATE_HOME");
    const QString base =
        QDir::isAbsolutePath(state) ? state : QString(QDir::homePath() + u"/.local/state");
    return QDir::cleanPath(base + u"/lockkeeper");
}

} // namespace lockkeeper::app
