// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QTemporaryDir>

namespace lockkeeper::test {

/// A message bus and a gnome-keyring-daemon of our own, with a home of their own: what a desktop
/// session has, without its keychain. The bus starts no services, so that nobody can be asked.
class KeyringSession
{
public:
    enum class Keyring {
        Unlocked,
        Locked, ///< one that was unlocked in this home before is locked now
        None,   ///< a bus alone
    };

    KeyringSession();
    ~KeyringSession();
    KeyringSession(const KeyringSession &) = delete;
    KeyringSession &operator=(const KeyringSession &) = delete;

    /// Starts both, or the bus alone; after stop() again, on the same home.
    [[nodiscard]] bool start(Keyring keyring);
    [[nodiscard]] const QString &reason() const { return m_reason; }
    void stop();
    /// The keychain stands still: it answers nothing until resume().
    void pause();
    void resume();

    /// For programs that are to live in this session.
    [[nodiscard]] QProcessEnvironment environment() const;
    [[nodiscard]] QString home() const { return m_home.path(); }

private:
    [[nodiscard]] bool startBus();
    [[nodiscard]] bool startKeyring(Keyring keyring);
    [[nodiscard]] bool hasSecretService() const;

    QTemporaryDir m_home;
    QProcess m_bus;
    QProcess m_keyring;
    QString m_address;
    QString m_reason;
};

} // namespace lockkeeper::test
