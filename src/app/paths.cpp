// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/paths.h"

#include <QDir>

namespace lockkeeper::app {

namespace {

/// The folder that the variable names, else the one below home.
QString xdgFolder(const char *variable, const QString &belowHome)
{
    // The XDG specification has relative paths ignored.
    const QString given = qEnvironmentVariable(variable);
    const QString base =
        QDir::isAbsolutePath(given) ? given : QString(QDir::homePath() + u'/' + belowHome);
    return QDir::cleanPath(base + u"/lockkeeper");
}

} // namespace

QString stateFolder()
{
    return xdgFolder("XDG_STATE_HOME", QStringLiteral(".local/state"));
}

QString configFolder()
{
    return xdgFolder("XDG_CONFIG_HOME", QStringLiteral(".config"));
}

} // namespace lockkeeper::app
