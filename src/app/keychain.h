// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/result.h"
#include "core/secret.h"

#include <QObject>
#include <QString>

#include <functional>
#include <list>
#include <optional>

namespace QKeychain {
class Job;
}

namespace lockkeeper::app {

/// The keychain of the system (Secret Service or KWallet), spoken to by QtKeychain, which stays in
/// keychain.cpp. One job at a time, in the order in which they were asked for.
///
/// An Error is Io with the keychain's own words as its cause: there is none, or it refused. Each
/// `Done` is called once, from the event loop; one that is still due when the object is destroyed
/// is dropped, not called.
class SystemKeychain final : public QObject
{
public:
    using Found = std::function<void(Result<std::optional<Secret>>)>;
    using Done = std::function<void(Result<void>)>;

    SystemKeychain() = default;
    ~SystemKeychain() override;
    SystemKeychain(const SystemKeychain &) = delete;
    SystemKeychain &operator=(const SystemKeychain &) = delete;

    /// nullopt: it has no such entry.
    void read(const QString &key, Found found);
    void write(const QString &key, const Secret &secret, Done done);
    /// Fine also where there is no such entry.
    void remove(const QString &key, Done done);

private:
    struct Request
    {
        QKeychain::Job *job = nullptr; ///< deletes itself once it has finished
        std::function<void()> answer;
    };

    void start(QKeychain::Job *job, const QString &key, std::function<void()> answer);

    std::list<Request> m_open; ///< the first one may be under way
};

} // namespace lockkeeper::app
