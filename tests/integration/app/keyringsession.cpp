// SPDX-License-Identifier: GPL-3.0-or-later
#include "keyringsession.h"

#include "support/childprocess.h"
#include "support/eventually.h"

#include <QDir>
#include <QFile>

#include <csignal>

namespace lockkeeper::test {

namespace {

constexpr int kLimitMs = 20'000;

const QByteArray kBusConfig =
    R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=%1</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
)";

} // namespace

KeyringSession::KeyringSession()
    : m_home(QStringLiteral("/tmp/lk-home-XXXXXX"))
{
    dieWithParent(m_bus);
    dieWithParent(m_keyring);
    m_keyring.setProcessChannelMode(QProcess::MergedChannels);
}

KeyringSession::~KeyringSession()
{
    stop();
}

bool KeyringSession::start(Keyring keyring)
{
    if (!m_home.isValid() || !QDir(home()).mkpath(QStringLiteral("run"))) {
        m_reason = m_home.errorString();
        return false;
    }
    QFile::setPermissions(m_home.filePath(QStringLiteral("run")),
                          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return startBus() && (keyring == Keyring::None || startKeyring(keyring));
}

bool KeyringSession::startBus()
{
    QFile config(m_home.filePath(QStringLiteral("bus.conf")));
    if (!config.open(QIODevice::WriteOnly) ||
        config.write(QByteArray(kBusConfig).replace("%1", home().toUtf8())) < 0) {
        m_reason = config.errorString();
        return false;
    }
    config.close();
    m_bus.start(QStringLiteral("dbus-daemon"),
                {u"--config-file=" + config.fileName(), QStringLiteral("--nofork"),
                 QStringLiteral("--print-address")});
    while (!m_bus.canReadLine())
        if (!m_bus.waitForReadyRead(kLimitMs)) {
            m_reason = QStringLiteral("dbus-daemon tells no address");
            return false;
        }
    m_address = QString::fromLatin1(m_bus.readLine()).trimmed();
    return true;
}

bool KeyringSession::startKeyring(Keyring keyring)
{
    QFile password(m_home.filePath(QStringLiteral("unlock")));
    if (!password.open(QIODevice::WriteOnly) || password.write("the keyring's own") < 0) {
        m_reason = password.errorString();
        return false;
    }
    password.close();
    QStringList arguments{QStringLiteral("--foreground"), QStringLiteral("--components=secrets"),
                          QStringLiteral("--control-directory=") +
                              m_home.filePath(QStringLiteral("run/keyring"))};
    if (keyring == Keyring::Unlocked)
        arguments << QStringLiteral("--unlock");
    m_keyring.setProcessEnvironment(environment());
    m_keyring.setStandardInputFile(password.fileName());
    m_keyring.start(QStringLiteral("gnome-keyring-daemon"), arguments);
    if (m_keyring.waitForStarted(kLimitMs) &&
        eventually([this] { return hasSecretService(); }, std::chrono::milliseconds(kLimitMs)))
        return true;
    m_reason =
        QStringLiteral("no keyring: ") + QString::fromLocal8Bit(m_keyring.readAllStandardOutput());
    return false;
}

bool KeyringSession::hasSecretService() const
{
    QProcess ask;
    ask.setProcessEnvironment(environment());
    ask.start(QStringLiteral("dbus-send"),
              {QStringLiteral("--session"), QStringLiteral("--print-reply"),
               QStringLiteral("--dest=org.freedesktop.DBus"), QStringLiteral("/"),
               QStringLiteral("org.freedesktop.DBus.NameHasOwner"),
               QStringLiteral("string:org.freedesktop.secrets")});
    return ask.waitForFinished(kLimitMs) && ask.readAllStandardOutput().contains("boolean true");
}

void KeyringSession::pause()
{
    ::kill(static_cast<pid_t>(m_keyring.processId()), SIGSTOP);
}

void KeyringSession::resume()
{
    ::kill(static_cast<pid_t>(m_keyring.processId()), SIGCONT);
}

void KeyringSession::stop()
{
    if (m_keyring.state() != QProcess::NotRunning)
        resume();
    for (QProcess *process : {&m_keyring, &m_bus}) {
        if (process->state() == QProcess::NotRunning)
            continue;
        process->terminate();
        if (!process->waitForFinished(kLimitMs))
            process->kill();
        process->waitForFinished(kLimitMs);
    }
}

QProcessEnvironment KeyringSession::environment() const
{
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL",
                             "XDG_CURRENT_DESKTOP", "DESKTOP_SESSION"})
        all.remove(QString::fromLatin1(name));
    all.insert(QStringLiteral("DBUS_SESSION_BUS_ADDRESS"), m_address);
    all.insert(QStringLiteral("HOME"), home());
    all.insert(QStringLiteral("XDG_RUNTIME_DIR"), m_home.filePath(QStringLiteral("run")));
    for (const char *name : {"DATA", "CONFIG", "CACHE", "STATE"}) {
        const QString lower = QString::fromLatin1(name).toLower();
        all.insert(u"XDG_" + QString::fromLatin1(name) + u"_HOME", m_home.filePath(lower));
    }
    return all;
}

} // namespace lockkeeper::test
