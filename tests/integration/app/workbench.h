// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace.h"
#include "support/jumpingclock.h"
#include "support/redisserver.h"

#include <QJsonObject>
#include <QTemporaryDir>

#include <memory>

namespace lockkeeper::test {

/// What the tests of this folder work on: a real server, an SQLite database (or what target names
/// before the start), a workspace on both, and a look at the servers that does not go through it.
class Workbench
{
public:
    explicit Workbench(RedisServer::Options options = {});
    ~Workbench();
    Workbench(const Workbench &) = delete;
    Workbench &operator=(const Workbench &) = delete;

    /// Starts the server and opens the workspace.
    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_reason; }

    /// Another workspace in the place of the first; change target() and auditFolder before.
    [[nodiscard]] bool reopen();
    [[nodiscard]] app::Workspace &workspace() { return *m_workspace; }
    [[nodiscard]] app::Actions &actions() { return m_workspace->actions(); }
    [[nodiscard]] std::unique_ptr<app::Workspace> takeWorkspace() { return std::move(m_workspace); }
    /// A workspace on the target that is not opened.
    [[nodiscard]] std::unique_ptr<app::Workspace> makeWorkspace() const;

    RedisServer server;
    app::Target target;
    QString auditFolder;
    JumpingClock clock; ///< it may sleep before the workspace is opened, or while it is

    /// Stores and caches a session with two messages.
    [[nodiscard]] bool addSession(const char *id, const char *user);
    void lock(const char *id, const char *token, milliseconds lease = std::chrono::seconds(60));
    /// The lock's token; empty: there is no lock.
    [[nodiscard]] QByteArray tokenOf(const char *id);
    [[nodiscard]] bool isCached(const char *id);
    /// Through a connection of its own; false also when the database cannot be read.
    [[nodiscard]] bool isStored(const char *id);
    /// "intent", "done", "refused: …": the audit log's words in their order.
    [[nodiscard]] QStringList auditWords() const;
    [[nodiscard]] QList<QJsonObject> auditLines() const;

private:
    void endWorkspace();

    QTemporaryDir m_folder;
    std::unique_ptr<app::Workspace> m_workspace;
    QString m_reason;
};

[[nodiscard]] app::DeleteRequest deleteOf(const char *id);

} // namespace lockkeeper::test
