// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/janitor.h"

#include "demo/demofolder.h"

#include <QDir>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace lockkeeper::demo {

int runJanitor(const QString &folder)
{
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        ::signal(signal, SIG_IGN); // they are meant for the parent, whose end we wait for

    char unused = 0;
    ssize_t count = 0;
    do {
        count = ::read(STDIN_FILENO, &unused, 1);
    } while (count > 0 || (count < 0 && errno == EINTR));

    // The server and the workers die together with the parent; one may still be writing a file.
    constexpr int kTries = 50;
    constexpr useconds_t kPauseMicroseconds = 100'000;
    for (int i = 0; i < kTries && QDir(folder).exists(); ++i) {
        if (DemoFolder::removeTree(folder))
            break;
        ::usleep(kPauseMicroseconds);
    }
    return QDir(folder).exists() ? EXIT_FAILURE : EXIT_SUCCESS;
}

} // namespace lockkeeper::demo
