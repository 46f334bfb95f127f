// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/childprocess.h"

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace lockkeeper::test {

void dieWithParent(QProcess &process)
{
    process.setChildProcessModifier([parent = ::getpid()] {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) // it died between fork and prctl
            ::_exit(1);
    });
}

} // namespace lockkeeper::test
