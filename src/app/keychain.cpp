// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/keychain.h"

#include <QAbstractEventDispatcher>
#include <QTimer>
#include <qt6keychain/keychain.h>

#include <algorithm>
#include <utility>

namespace lockkeeper::app {

namespace {

QString serviceName()
{
    return QStringLiteral("lockkeeper");
}

/// What the job met, nullopt when it went well.
std::optional<Error> failureOf(const QKeychain::Job &job)
{
    if (job.error() == QKeychain::NoError)
        return std::nullopt;
    const QString said = job.errorString().simplified();
    return Error{ErrorCode::Io, said.isEmpty() ? QStringLiteral("it does not say why") : said, {}};
}

/// libsecret answers through GLib's event loop; without it no answer would ever come.
std::optional<Error> cannotAnswer()
{
    const QAbstractEventDispatcher *loop = QAbstractEventDispatcher::instance();
    if (loop != nullptr && loop->inherits("QEventDispatcherGlib"))
        return std::nullopt;
    return Error{ErrorCode::Io,
                 QStringLiteral("it answers through GLib, which this program runs without "
                                "(is QT_NO_GLIB set?)"),
                 {}};
}

} // namespace

SystemKeychain::~SystemKeychain()
{
    // QtKeychain's jobs must not be deleted while they run, for libsecret calls them back: the one
    // that may be under way ends by itself, whenever that is. Those behind it do not begin.
    bool mayRun = true;
    for (const Request &request : std::exchange(m_open, {})) {
        QObject::disconnect(request.job, nullptr, this, nullptr);
        if (!std::exchange(mayRun, false))
            delete request.job;
    }
}

void SystemKeychain::start(QKeychain::Job *job, const QString &key, std::function<void()> answer)
{
    job->setKey(key);
    job->setInsecureFallback(false); // never a file in clear
    m_open.push_back({job, std::move(answer)});
    const auto finish = [this, job] {
        const auto mine = std::find_if(m_open.begin(), m_open.end(),
                                       [job](const Request &each) { return each.job == job; });
        if (mine == m_open.end())
            return;
        const std::function<void()> tell = std::move(mine->answer);
        m_open.erase(mine);
        tell(); // the last thing: whoever is told may destroy this object
    };
    connect(job, &QKeychain::Job::finished, this, finish);
    if (const auto failure = cannotAnswer())
        QTimer::singleShot(0, job, [job, failure] {
            job->emitFinishedWithError(QKeychain::NoBackendAvailable, failure->what);
        });
    else
        job->start();
}

void SystemKeychain::read(const QString &key, Found found)
{
    auto *job = new QKeychain::ReadPasswordJob(serviceName());
    start(job, key, [job, found = std::move(found)] {
        if (job->error() == QKeychain::EntryNotFound)
            found(std::optional<Secret>());
        else if (const auto failure = failureOf(*job))
            found(*failure);
        else
            found(std::optional(Secret(job->binaryData())));
    });
}

void SystemKeychain::write(const QString &key, const Secret &secret, Done done)
{
    auto *job = new QKeychain::WritePasswordJob(serviceName());
    job->setBinaryData(secret.reveal()); // as text a byte that is not UTF-8 would be lost
    start(job, key, [job, done = std::move(done)] {
        const auto failure = failureOf(*job);
        done(failure ? Result<void>(*failure) : Result<void>());
    });
}

void SystemKeychain::remove(const QString &key, Done done)
{
    auto *job = new QKeychain::DeletePasswordJob(serviceName());
    start(job, key, [job, done = std::move(done)] {
        const auto failure = failureOf(*job);
        const bool isGone = !failure || job->error() == QKeychain::EntryNotFound;
        done(isGone ? Result<void>() : Result<void>(*failure));
    });
}

} // namespace lockkeeper::app
