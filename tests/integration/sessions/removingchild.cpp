// SPDX-License-Identifier: GPL-3.0-or-later
#include "storebench.h"

#include <QCoreApplication>

#include <csignal>
#include <cstdio>

using namespace lockkeeper;
using namespace lockkeeper::sessions;

/// removingchild URL DSN SESSION STEP LEASE_MS: deletes the session and is killed before the step.
int main(int argc, char **argv)
{
    QCoreApplication program(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const auto server = redis::parseServerUrl(arguments.value(1));
    const auto dsn = parseDsn(arguments.value(2));
    if (!server || !dsn)
        return 2;
    SessionStore::Options options;
    options.beforeStep = [last = arguments.value(4).toInt()](RemoveStep step) {
        if (int(step) == last)
            std::raise(SIGKILL);
    };
    locks::LockFamily family;
    family.lease = milliseconds(arguments.value(5).toInt());
    test::StoreBench bench(*server, *dsn, options, family);
    if (!bench.open())
        return 3;
    RemoveRequest request;
    request.id = SessionId(arguments.value(3).toUtf8());
    const RemoveReport report = test::await(bench.store.remove(request));
    std::puts(report.isRemoved() && !report.failure ? "done" : "not done");
    return 0;
}
