// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/secretstore.h"

#include "app/keychain.h"
#include "core/flows.h"

#include <QPromise>

#include <algorithm>
#include <utility>

namespace lockkeeper::app {

namespace {

/// The end of a future: whatever drops it unanswered, the future ends with Cancelled.
template<typename T>
class Reply
{
public:
    Reply() { m_promise.start(); }
    ~Reply()
    {
        if (!m_isAnswered)
            answer(Error{ErrorCode::Cancelled, QStringLiteral("the keychain was left"), {}});
    }
    Reply(const Reply &) = delete;
    Reply &operator=(const Reply &) = delete;

    [[nodiscard]] QFuture<Result<T>> future() { return m_promise.future(); }
    void answer(Result<T> result)
    {
        m_isAnswered = true;
        m_promise.addResult(std::move(result));
        m_promise.finish();
    }

private:
    QPromise<Result<T>> m_promise;
    bool m_isAnswered = false;
};

QString partName(SecretName::Part part)
{
    switch (part) {
    case SecretName::Part::Redis:
        return QStringLiteral("redis");
    case SecretName::Part::Sentinel:
        return QStringLiteral("sentinel");
    case SecretName::Part::Database:
        return QStringLiteral("database");
    }
    Q_UNREACHABLE();
}

/// The part comes first: it has no slash, so that no two names share a key.
QString keyOf(const SecretName &name)
{
    return partName(name.part) + u'/' + name.profile;
}

/// Libraries below take C strings; a name that they would cut short could meet another one.
std::optional<Error> badName(const SecretName &name)
{
    const bool isPlain = std::none_of(name.profile.cbegin(), name.profile.cend(),
                                      [](QChar c) { return c.category() == QChar::Other_Control; });
    if (!name.profile.isEmpty() && isPlain && name.profile.isValidUtf16())
        return std::nullopt;
    return Error{ErrorCode::InvalidInput,
                 QStringLiteral("no password can be kept under this name of a connection"),
                 QStringLiteral("give it a name of one line")};
}

Error notRemoved(const QString &key, const Error &cause)
{
    return {ErrorCode::Io, u"the keychain may still have the password " + key + u": " + cause.what,
            QStringLiteral("remove the entry of \"lockkeeper\" with the keychain's own program")};
}

} // namespace

SecretStore::SecretStore(Keychain keychain)
{
    if (keychain == Keychain::System)
        m_keychain = std::make_unique<SystemKeychain>();
    else
        m_whyInMemory = QStringLiteral("passwords are kept in memory for this run only: "
                                       "the keychain is not used");
}

SecretStore::~SecretStore() = default;

void SecretStore::endWaits()
{
    if (m_keychain)
        m_keychain = std::make_unique<SystemKeychain>(); // with the old one go its answers
}

void SecretStore::noteFailure(const Error &error)
{
    m_whyInMemory =
        QStringLiteral("passwords are kept in memory for this run only: no keychain: ") +
        error.what;
}

void SecretStore::noteSuccess()
{
    if (m_memory.isEmpty())
        m_whyInMemory.reset();
}

// What memory has is newer than what the keychain may have from an earlier run.
QFuture<Result<std::optional<Secret>>> SecretStore::read(SecretName name)
{
    if (const auto error = badName(name))
        return finished<std::optional<Secret>>(*error);
    const QString key = keyOf(name);
    if (const auto mine = m_memory.constFind(key); mine != m_memory.cend())
        return finished<std::optional<Secret>>(std::optional(*mine));
    if (!m_keychain)
        return finished<std::optional<Secret>>(std::optional<Secret>());
    const auto reply = std::make_shared<Reply<std::optional<Secret>>>();
    m_keychain->read(key, [this, reply, key](Result<std::optional<Secret>> found) {
        if (found)
            noteSuccess();
        else
            noteFailure(found.error());
        if (const auto mine = m_memory.constFind(key); mine != m_memory.cend())
            found = std::optional(*mine); // an earlier keep() went there meanwhile
        reply->answer(found.value_or(std::nullopt));
    });
    return reply->future();
}

QFuture<Result<Kept>> SecretStore::keep(SecretName name, Secret secret)
{
    if (const auto error = badName(name))
        return finished<Kept>(*error);
    const QString key = keyOf(name);
    if (!m_keychain) {
        m_memory.insert(key, secret);
        return finished<Kept>(Kept::InMemory);
    }
    const auto reply = std::make_shared<Reply<Kept>>();
    m_keychain->write(key, secret, [this, reply, key, secret](const Result<void> &written) {
        if (written) {
            m_memory.remove(key);
            noteSuccess();
        } else {
            m_memory.insert(key, secret);
            noteFailure(written.error());
        }
        reply->answer(written ? Kept::InKeychain : Kept::InMemory);
    });
    return reply->future();
}

QFuture<Result<void>> SecretStore::forget(SecretName name)
{
    if (const auto error = badName(name))
        return finished<void>(*error);
    const QString key = keyOf(name);
    const bool wasInMemory = m_memory.remove(key);
    if (!m_keychain)
        return finished<void>({});
    const auto reply = std::make_shared<Reply<void>>();
    m_keychain->remove(key, [this, reply, key, wasInMemory](const Result<void> &removed) {
        // An earlier keep() may have gone there meanwhile.
        const bool isGone = m_memory.remove(key) || wasInMemory || removed.has_value();
        if (removed)
            noteSuccess();
        else
            noteFailure(removed.error());
        reply->answer(isGone ? Result<void>() : Result<void>(notRemoved(key, removed.error())));
    });
    return reply->future();
}

} // namespace lockkeeper::app
