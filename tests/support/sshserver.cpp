// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/sshserver.h"

#include "support/childprocess.h"
#include "support/processes.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QTcpServer>

#include <csignal>
#include <unistd.h>

namespace lockkeeper::test {

namespace {

constexpr std::chrono::seconds kStartLimit{20};

/// sshd of root locks the part that talks to strangers up in this folder, which the system makes
/// where it starts services. It stays: another test may need it at the same time.
QString runFolder()
{
    return QStringLiteral("/run/sshd");
}

/// Its folder is often not in the PATH of a user.
QString sshd()
{
    const QString found = QStandardPaths::findExecutable(QStringLiteral("sshd"));
    return found.isEmpty() ? QStandardPaths::findExecutable(
                                 QStringLiteral("sshd"),
                                 {QStringLiteral("/usr/sbin"), QStringLiteral("/usr/local/sbin")})
                           : found;
}

quint16 freePort()
{
    QTcpServer probe;
    return probe.listen(QHostAddress::LocalHost) ? probe.serverPort() : quint16(0);
}

} // namespace

SshServer::SshServer()
    : m_folder(QStringLiteral("/tmp/lk-sshd-XXXXXX"))
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.setStandardInputFile(QProcess::nullDevice());
    dieWithParent(m_process);
}

SshServer::~SshServer()
{
    kill();
}

QString SshServer::whyNot()
{
    if (sshd().isEmpty())
        return QStringLiteral("sshd is not installed");
    for (const char *program : {"ssh", "ssh-keygen"}) {
        const QString name = QString::fromLatin1(program);
        if (QStandardPaths::findExecutable(name).isEmpty())
            return name + QStringLiteral(" is not installed");
    }
    return {};
}

bool SshServer::start()
{
    if (!m_folder.isValid()) {
        m_reason = m_folder.errorString();
        return false;
    }
    if (::geteuid() == 0 && !QDir().mkpath(runFolder())) {
        m_reason = u"cannot make " + runFolder();
        return false;
    }
    if (!makeKeys())
        return false;
    constexpr int kTries = 5; // another program may take the port first
    for (int i = 0; i < kTries; ++i) {
        m_port = freePort();
        if (writeServerConfig() && launch())
            return writeClientConfig();
    }
    return false;
}

bool SshServer::makeKeys()
{
    return makeKey("host") && makeKey("other_host") && makeKey("user") &&
           makeKey("locked", passphrase()) &&
           write("authorized_keys", read("user.pub") + read("locked.pub"));
}

bool SshServer::makeKey(const char *name, const QString &passphrase)
{
    QProcess keygen;
    keygen.setProcessChannelMode(QProcess::MergedChannels);
    keygen.start(QStringLiteral("ssh-keygen"),
                 {QStringLiteral("-q"), QStringLiteral("-t"), QStringLiteral("ed25519"),
                  QStringLiteral("-N"), passphrase, QStringLiteral("-f"),
                  QString::fromUtf8(path(name))});
    if (keygen.waitForFinished() && keygen.exitCode() == 0)
        return true;
    m_reason = QStringLiteral("ssh-keygen: ") + QString::fromLocal8Bit(keygen.readAll());
    return false;
}

bool SshServer::writeServerConfig()
{
    return write("sshd_config", "ListenAddress 127.0.0.1:" + QByteArray::number(m_port) +
                                    "\nHostKey " + path("host") + "\nAuthorizedKeysFile " +
                                    path("authorized_keys") +
                                    "\nPidFile none\nStrictModes no\nUsePAM no\n"
                                    "PasswordAuthentication no\n"
                                    "KbdInteractiveAuthentication no\n"
                                    "PermitRootLogin prohibit-password\nPrintMotd no\n");
}

bool SshServer::writeClientConfig()
{
    const QByteArray host = "[127.0.0.1]:" + QByteArray::number(m_port) + ' ';
    // The first value counts, but of keys every one is tried.
    const QByteArray config =
        "Host closed\n  Port " + QByteArray::number(freePort()) +
        "\nHost strange\n  UserKnownHostsFile " + path("known_strange") +
        "\nHost unknown\n  UserKnownHostsFile " + path("known_none") +
        "\nHost keyless\n  IdentityFile " + path("no_key") + //
        "\nHost locked\n  IdentityFile " + path("locked") +
        "\nHost !keyless !locked *\n  IdentityFile " + path("user") +
        "\nHost bench closed strange unknown keyless locked\n  HostName 127.0.0.1"
        "\nHost *\n  Port " +
        QByteArray::number(m_port) + "\n  UserKnownHostsFile " + path("known_hosts") +
        "\n  GlobalKnownHostsFile none\n  IdentitiesOnly yes\n  IdentityAgent none\n";
    return write("known_hosts", host + read("host.pub")) &&
           write("known_strange", host + read("other_host.pub")) && write("known_none", "\n") &&
           write("ssh_config", config);
}

bool SshServer::launch()
{
    m_process.start(sshd(), {QStringLiteral("-D"), QStringLiteral("-e"), QStringLiteral("-f"),
                             QString::fromUtf8(path("sshd_config"))});
    const QDeadlineTimer deadline(kStartLimit);
    QByteArray output;
    while (!deadline.hasExpired() && m_process.waitForReadyRead(int(deadline.remainingTime()))) {
        output += m_process.readAll();
        if (output.contains("Server listening on "))
            return true;
    }
    kill();
    m_reason = QStringLiteral("sshd does not listen: ") + QString::fromLocal8Bit(output);
    return false;
}

void SshServer::killConnections()
{
    for (const qint64 child : childrenOf(m_process.processId()))
        ::kill(static_cast<pid_t>(child), SIGKILL);
}

void SshServer::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    killConnections();
    m_process.kill();
    m_process.waitForFinished();
}

QStringList SshServer::clientArguments() const
{
    return {QStringLiteral("-F"), QString::fromUtf8(path("ssh_config"))};
}

bool SshServer::write(const char *name, const QByteArray &text)
{
    QFile file(QString::fromUtf8(path(name)));
    if (file.open(QIODevice::WriteOnly) && file.write(text) == text.size() && file.flush())
        return true;
    m_reason = file.errorString();
    return false;
}

QByteArray SshServer::read(const char *name) const
{
    QFile file(QString::fromUtf8(path(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QByteArray SshServer::path(const char *name) const
{
    return m_folder.filePath(QString::fromLatin1(name)).toUtf8();
}

} // namespace lockkeeper::test
