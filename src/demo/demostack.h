// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/flows.h"
#include "locks/owner.h"
#include "redis/serveraddress.h"
#include "sessions/dsn.h"

#include <QObject>

#include <memory>

namespace lockkeeper::demo {

/// A chat platform to look at: a private redis-server on a unix socket and an SQLite database in a
/// temporary folder, about 200 sessions, and worker processes that use them through SessionStore.
/// Everything is gone when the object is destroyed, and when this process dies in any way.
class DemoStack final : public QObject
{
    Q_OBJECT

public:
    struct Options
    {
        int sessions = 200;
        int workers = 4;
        /// The program to start as a worker: it must hand `--demo-worker …` to runWorker().
        QString workerProgram;
    };

    explicit DemoStack(Options options, QObject *parent = nullptr);
    ~DemoStack() override;
    DemoStack(const DemoStack &) = delete;
    DemoStack &operator=(const DemoStack &) = delete;

    /// Starts server, database and workers. NotFound, with how to install it, when there is no
    /// redis-server on this machine.
    [[nodiscard]] Task<void> start();
    /// Ends the processes and removes the folder; open waits of start() end with Cancelled.
    void stop();

    [[nodiscard]] redis::ServerAddress server() const;
    [[nodiscard]] sessions::Dsn database() const;
    /// What the workers are called, as a profile would know it.
    [[nodiscard]] locks::NodeNames nodeNames() const;

signals:
    /// After start() has succeeded: the server ended, though nobody called stop(). Nothing comes
    /// back by itself; another stack has to be started.
    void serverEnded(const lockkeeper::Error &error);

private:
    class Private;
    std::shared_ptr<Private> d; ///< shared with a start that is under way
};

/// Whether the program was started as a demo worker; then main calls runWorker() and returns.
[[nodiscard]] bool isWorkerCall(int argc, char **argv);
[[nodiscard]] int runWorker(int argc, char **argv);

} // namespace lockkeeper::demo
