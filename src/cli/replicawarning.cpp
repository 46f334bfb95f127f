// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/replicawarning.h"

#include "app/workspace.h"
#include "cli/output.h"
#include "core/text.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

void warnOfReplica(app::Workspace &workspace, Output &output)
{
    const redis::ServerInfo info = workspace.client().serverInfo();
    if (!info.isReplica())
        return;
    output.warning(
        info.primary.isEmpty()
            ? QCoreApplication::translate("lockkeeper::cli",
                                          "this server is a replica: what it shows may lag")
            : QCoreApplication::translate("lockkeeper::cli",
                                          "this server is a replica of %1: what it shows may lag")
                  .arg(printable(info.primary.toUtf8())));
}

} // namespace lockkeeper::cli
