// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "core/secret.h"

#include <QFuture>
#include <QHash>
#include <QString>

#include <memory>
#include <optional>

namespace lockkeeper::app {

class SystemKeychain;

/// Which password of a saved connection.
struct SecretName
{
    enum class Part { Redis, Sentinel, Database };

    QString profile; ///< the connection's name; any text without control characters
    Part part = Part::Redis;
};

/// Where a secret went.
enum class Kept {
    InKeychain,
    InMemory, ///< for this run only: SecretStore::whyInMemory() tells the cause
};

/// The passwords of saved connections: in the system's keychain, under the service "lockkeeper",
/// or in memory for this run where there is no keychain or it refuses. Never in a file of ours.
///
/// Every future ends: with Cancelled when the store is destroyed first, with InvalidInput for a
/// name that cannot be one. A keychain may ask its user to unlock it and takes its time then;
/// nothing but the future waits for that.
class SecretStore final
{
public:
    enum class Keychain {
        System,
        None, ///< memory only
    };

    explicit SecretStore(Keychain keychain = Keychain::System);
    ~SecretStore();
    SecretStore(const SecretStore &) = delete;
    SecretStore &operator=(const SecretStore &) = delete;

    /// nullopt: nothing is kept under that name, or the keychain does not give it away.
    [[nodiscard]] QFuture<Result<std::optional<Secret>>> read(SecretName name);
    /// Replaces what was kept under that name.
    [[nodiscard]] QFuture<Result<Kept>> keep(SecretName name, Secret secret);
    /// Ends well also where nothing was kept. Io: it was not in memory, and the keychain could not
    /// be asked, so that it may still have it. That its user did not unlock it when it asked, a
    /// keychain does not tell.
    [[nodiscard]] QFuture<Result<void>> forget(SecretName name);

    /// Ends every future that is open, with Cancelled: nobody waits any more. A keychain that asks
    /// its user to unlock it may take for ever.
    void endWaits();

    /// One sentence, without full stop, that says why passwords are kept in memory; nullopt: they
    /// go to the keychain, as far as is known.
    [[nodiscard]] std::optional<QString> whyInMemory() const { return m_whyInMemory; }

private:
    void noteFailure(const Error &error);
    void noteSuccess();

    QHash<QString, Secret> m_memory; ///< what the keychain did not take, by key
    std::optional<QString> m_whyInMemory;
    std::unique_ptr<SystemKeychain> m_keychain; ///< goes first: its answers use the rest
};

} // namespace lockkeeper::app
