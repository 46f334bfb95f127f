// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/need.h"

#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace lockkeeper::test {

/// An sshd on a port of the loopback, with a host key, a user's key and a client configuration of
/// its own in a temporary folder: nothing of ~/.ssh is read or written.
class SshServer
{
public:
    SshServer();
    ~SshServer();
    SshServer(const SshServer &) = delete;
    SshServer &operator=(const SshServer &) = delete;

    /// Why there can be no sshd here; empty: there can. See LK_NEED_SSHD.
    [[nodiscard]] static QString whyNot();

    [[nodiscard]] bool start();
    [[nodiscard]] const QString &reason() const { return m_reason; }
    /// Ends it and every connection to it.
    void kill();
    /// Ends the processes that serve connections; the server listens on.
    void killConnections();

    [[nodiscard]] quint16 port() const { return m_port; }
    /// The host of the client configuration that leads here, with its key and its known host.
    [[nodiscard]] static QString alias() { return QStringLiteral("bench"); }
    /// Of the key of "locked".
    [[nodiscard]] static QString passphrase() { return QStringLiteral("hunter2"); }
    /// "-F" and the client configuration. Also in it, all leading here: "strange" (another host
    /// key is known), "unknown" (no host key is known), "keyless" (the login has no key), "locked"
    /// (its key has a passphrase), and "closed" (nobody listens there).
    [[nodiscard]] QStringList clientArguments() const;

private:
    [[nodiscard]] bool makeKeys();
    [[nodiscard]] bool makeKey(const char *name, const QString &passphrase = {});
    [[nodiscard]] bool writeServerConfig();
    [[nodiscard]] bool writeClientConfig();
    [[nodiscard]] bool write(const char *name, const QByteArray &text);
    [[nodiscard]] QByteArray read(const char *name) const;
    [[nodiscard]] QByteArray path(const char *name) const;
    [[nodiscard]] bool launch();

    QTemporaryDir m_folder;
    QProcess m_process;
    quint16 m_port = 0;
    QString m_reason;
};

} // namespace lockkeeper::test

/// Skips the test function where there can be no sshd; fails it where LK_REQUIRE_SERVERS is set.
#define LK_NEED_SSHD()                                                                             \
    do {                                                                                           \
        const QString whyNot = lockkeeper::test::SshServer::whyNot();                              \
        if (!whyNot.isEmpty()) {                                                                   \
            if (qEnvironmentVariableIsSet("LK_REQUIRE_SERVERS"))                                   \
                QFAIL(qPrintable(whyNot));                                                         \
            QSKIP(qPrintable(whyNot));                                                             \
        }                                                                                          \
    } while (false)
