// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/childprocess.h"

#include <QProcess>

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace lockkeeper::demo {

namespace {

/// Away from the terminal's group: Ctrl-C is for the parent, which ends its children in order.
void leaveGroup()
{
    ::setpgid(0, 0);
}

} // namespace

void endWithParent(QProcess &process)
{
    process.setChildProcessModifier([parent = ::getpid()] {
        leaveGroup();
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) // it ended between fork and prctl: nobody would tell us
            ::_exit(1);
    });
}

void outliveParent(QProcess &process)
{
    process.setChildProcessModifier([] { leaveGroup(); });
}

} // namespace lockkeeper::demo
