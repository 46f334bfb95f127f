// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/sshwords.h"
#include "app/tunnelspec.h"
#include "core/flows.h"

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <chrono>
#include <memory>
#include <optional>

class QProcess;

namespace lockkeeper::app {

/// Ports of this machine's loopback that lead through an SSH server to hosts behind it: one `ssh`
/// of the system as a child, which ends with this object and with the program, however that ends.
///
/// The user's agent, ~/.ssh/config and known_hosts count; the host's key is always checked. A
/// connection that ControlMaster shares is not used: forwards given to it would outlive us.
class SshTunnel final : public QObject
{
    Q_OBJECT

public:
    /// Where one forward leads, as seen from the SSH server.
    struct Forward
    {
        QString host; ///< name or address
        quint16 port = 0;
    };

    struct Options
    {
        /// ssh may ask for passphrases and confirmations on the terminal of this program. Without,
        /// it asks by SSH_ASKPASS where that is set and there is a display, and else never.
        bool mayAsk = false;
        std::chrono::milliseconds limit = std::chrono::seconds(20);
        /// The limit where ssh may ask: people have to find their passphrase.
        std::chrono::milliseconds askingLimit = std::chrono::minutes(2);
        /// For tests: "-F" and a configuration of their own.
        QStringList extraArguments;
    };

    explicit SshTunnel(TunnelSpec spec, QObject *parent = nullptr);
    SshTunnel(TunnelSpec spec, Options options, QObject *parent = nullptr);
    /// As close().
    ~SshTunnel() override;
    SshTunnel(const SshTunnel &) = delete;
    SshTunnel &operator=(const SshTunnel &) = delete;

    /// Starts ssh and ends when all forwards listen, with the loopback port of each in the given
    /// order. One open() at a time; after closed() or close() it may be opened again. Whether
    /// something answers behind a forward shows when it is used. Call it on the main thread.
    ///
    /// Errors with ssh's own words: Untrusted (host key), NotPermitted (login), CannotConnect,
    /// TimedOut, NotFound (no ssh here), InvalidInput (forwards, configuration), Cancelled
    /// (close(), or the object is gone).
    [[nodiscard]] Task<QList<quint16>> open(QList<Forward> forwards);
    /// Ends ssh, and an open() under way; returns at once. closed() is not emitted.
    void close();

    [[nodiscard]] bool isOpen() const { return m_state == State::Open; }
    [[nodiscard]] const TunnelSpec &spec() const { return m_spec; }
    /// What ssh told people last; may be empty. Here it says why a server behind a forward cannot
    /// be reached, when connections to the forward's port are closed at once.
    [[nodiscard]] QString lastWords() const;
    /// Of the ssh child; 0: there is none.
    [[nodiscard]] qint64 pid() const;

signals:
    /// The tunnel was open and ended without close(): ConnectionLost, with ssh's last words.
    void closed(const lockkeeper::Error &error);

private:
    enum class State { Closed, Opening, Open };

    [[nodiscard]] QFuture<Result<void>>
    startChild(const QString &program, const QList<Forward> &forwards, const QList<quint16> &ports);
    [[nodiscard]] QStringList arguments(const QList<Forward> &forwards,
                                        const QList<quint16> &ports) const;
    [[nodiscard]] bool asks() const;
    void makeChild();
    void hear();
    void hearOfEnd();
    void endOpening(Result<void> result);
    void letChildGo();
    [[nodiscard]] Error tooSlow() const;

    TunnelSpec m_spec;
    Options m_options;
    State m_state = State::Closed;
    QProcess *m_child = nullptr; ///< ours until letChildGo()
    SshWords m_words;
    QTimer m_limit;
    std::unique_ptr<QPromise<Result<void>>> m_opening;
    quint64 m_launches = 0; ///< a flow that goes on late finds a newer one
};

} // namespace lockkeeper::app
