// SPDX-License-Identifier: GPL-3.0-or-later
#include "demo/demostack.h"

#include "core/clock.h"
#include "demo/childprocess.h"
#include "demo/demofolder.h"
#include "demo/nodes.h"
#include "demo/privateredis.h"
#include "demo/seeding.h"
#include "demo/troublemaker.h"
#include "demo/workercall.h"
#include "locks/lockfamily.h"
#include "redis/client.h"
#include "sessions/sessiondatabase.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QProcess>
#include <QTimer>

#include <functional>
#include <optional>
#include <vector>

namespace lockkeeper::demo {

namespace {

Q_LOGGING_CATEGORY(lcDemo, "lockkeeper.demo", QtWarningMsg)

constexpr std::chrono::seconds kRestartPause{2};
/// A slow machine is shown as it is after this.
constexpr std::chrono::seconds kLivelyLimit{5};
constexpr milliseconds kLivelyPoll{50};

} // namespace

/// All parts of a stack; kept alive by the flows that use them.
class DemoStack::Private final : public std::enable_shared_from_this<Private>
{
public:
    Private(Options options, std::function<void(Error)> tellEnd);
    ~Private() { stop(); }
    Private(const Private &) = delete;
    Private &operator=(const Private &) = delete;

    [[nodiscard]] Task<void> start();
    void stop();
    [[nodiscard]] redis::ServerAddress server() const { return m_server.address(); }
    [[nodiscard]] sessions::Dsn database() const;
    [[nodiscard]] const Options &options() const { return m_options; }

private:
    [[nodiscard]] Task<void> setUp();
    void serverEnded(const Error &error);
    [[nodiscard]] Result<void> startWorkers(const QList<KnownSession> &sessions);
    /// Ends when the workers have begun: whoever looks right away sees them at it.
    [[nodiscard]] QCoro::Task<> becomeLively(QList<KnownSession> sessions);
    void startJanitor();
    void keepRunning(const QStringList &arguments);
    void crashWith(const SessionId &session);
    [[nodiscard]] std::unique_ptr<QProcess> makeHelper() const;

    const Options m_options;
    const std::function<void(Error)> m_tellEnd;
    const locks::LockFamily m_family;
    std::shared_ptr<SystemClock> m_clock = std::make_shared<SystemClock>();
    DemoFolder m_folder;
    std::unique_ptr<QProcess> m_janitor;
    PrivateRedis m_server;
    std::shared_ptr<redis::Client> m_client;
    std::unique_ptr<sessions::SessionDatabase> m_database;
    std::shared_ptr<Troublemaker> m_troubles;
    std::vector<std::unique_ptr<QProcess>> m_workers;
    std::unique_ptr<QProcess> m_crasher;
    std::optional<Error> m_serverEnd; ///< why it runs no more, though nobody ended it
    bool m_isStarted = false;
    bool m_isStopped = false;
};

DemoStack::Private::Private(Options options, std::function<void(Error)> tellEnd)
    : m_options(std::move(options))
    , m_tellEnd(std::move(tellEnd))
{
    m_server.whenEnded([this](const Error &error) { serverEnded(error); });
}

Task<void> DemoStack::Private::start()
{
    const auto self = shared_from_this();
    Result<void> done = co_await setUp();
    if (m_isStopped)
        co_return Error{ErrorCode::Cancelled, QStringLiteral("the demo was ended"), {}};
    if (m_serverEnd)
        done = *m_serverEnd; // the cause of whatever else failed
    if (!done)
        stop();
    m_isStarted = done.has_value();
    co_return done;
}

void DemoStack::Private::serverEnded(const Error &error)
{
    if (m_isStopped)
        return;
    m_serverEnd = error;
    if (m_isStarted)
        m_tellEnd(error);
}

Task<void> DemoStack::Private::setUp()
{
    const Result<void> hasFolder = m_folder.create();
    if (!hasFolder)
        co_return hasFolder;
    const Result<void> answers = co_await m_server.start(m_folder.path(), m_folder.socketPath());
    if (!answers || m_isStopped)
        co_return answers;
    startJanitor();

    m_client = std::shared_ptr<redis::Client>(
        new redis::Client(server(), redis::Client::Options{}, *m_clock),
        [clock = m_clock](redis::Client *client) { delete client; }); // which uses it to the end
    const Result<void> connected = co_await m_client->open();
    if (!connected || m_isStopped)
        co_return connected;
    m_database = std::make_unique<sessions::SessionDatabase>(database());
    const Result<void> hasTables = co_await m_database->check();
    if (!hasTables || m_isStopped)
        co_return hasTables;
    const auto seeded =
        co_await seed(*m_client, *m_database, m_family, *m_clock, m_options.sessions);
    if (!seeded)
        co_return seeded.error();
    if (m_isStopped)
        co_return {};

    const Result<void> working = startWorkers(seeded->busy);
    if (!working)
        co_return working;
    m_troubles = Troublemaker::create(m_client, m_family, seeded->quiet);
    QObject::connect(m_troubles.get(), &Troublemaker::crashWanted, m_client.get(),
                     [this](const SessionId &session) { crashWith(session); });
    co_await m_troubles->start();
    co_await becomeLively(seeded->busy + seeded->quiet);
    co_return {};
}

void DemoStack::Private::stop()
{
    m_isStopped = true;
    if (m_troubles)
        m_troubles->stop();
    // SIGKILL, and reaped: nothing of theirs needs saving.
    for (const auto &worker : m_workers)
        worker->close();
    if (m_crasher)
        m_crasher->close();
    m_server.stop();
    if (m_client)
        m_client->close();
    m_folder.remove();
    if (m_janitor)
        m_janitor->close();
}

sessions::Dsn DemoStack::Private::database() const
{
    sessions::Dsn dsn;
    dsn.kind = sessions::Dsn::Kind::Sqlite;
    dsn.path = m_folder.databasePath();
    return dsn;
}

std::unique_ptr<QProcess> DemoStack::Private::makeHelper() const
{
    auto process = std::make_unique<QProcess>();
    process->setProgram(m_options.workerProgram.isEmpty() ? QCoreApplication::applicationFilePath()
                                                          : m_options.workerProgram);
    process->setStandardOutputFile(QProcess::nullDevice());
    process->setStandardErrorFile(m_folder.path() + QStringLiteral("/helpers.log"),
                                  QIODevice::Append);
    return process;
}

QCoro::Task<> DemoStack::Private::becomeLively(QList<KnownSession> sessions)
{
    redis::Command countLocks{{"EXISTS"}};
    for (const KnownSession &session : sessions)
        countLocks.words.append(m_family.lockKey(session.id).bytes());
    const qint64 enough = Troublemaker::kLocks + m_options.workers;
    const SteadyTime limit = m_clock->steady() + kLivelyLimit;
    while (!m_isStopped && m_clock->steady() < limit) {
        const auto locks = co_await m_client->send(countLocks);
        if (!locks || locks->integerValue() >= enough)
            co_return;
        const Result<void> waited = co_await after(kLivelyPoll, m_client.get());
        if (!waited)
            co_return;
    }
}

void DemoStack::Private::startJanitor()
{
    m_janitor = makeHelper();
    outliveParent(*m_janitor);
    m_janitor->setArguments(janitorCall(m_folder.path()));
    m_janitor->start(); // keeps the writing end of its standard input open while we live
}

Result<void> DemoStack::Private::startWorkers(const QList<KnownSession> &sessions)
{
    const QString list = m_folder.path() + QStringLiteral("/sessions.txt");
    const Result<void> written = writeSessionList(list, sessions);
    if (!written)
        return written;
    for (int number = 1; number <= m_options.workers; ++number)
        keepRunning(workerCall(m_folder.socketPath(), m_folder.databasePath(), list, number));
    return {};
}

void DemoStack::Private::keepRunning(const QStringList &arguments)
{
    auto helper = makeHelper();
    QProcess *worker = helper.get();
    endWithParent(*worker);
    worker->setStandardInputFile(QProcess::nullDevice());
    worker->setArguments(arguments);
    QObject::connect(worker, &QProcess::stateChanged, worker, [this, worker](auto state) {
        if (state != QProcess::NotRunning || m_isStopped)
            return;
        qCWarning(lcDemo).noquote() << "a demo worker ended:" << worker->errorString();
        QTimer::singleShot(kRestartPause, worker, [this, worker] {
            if (!m_isStopped)
                worker->start();
        });
    });
    worker->start();
    m_workers.push_back(std::move(helper));
}

void DemoStack::Private::crashWith(const SessionId &session)
{
    if (m_isStopped)
        return;
    m_crasher = makeHelper();
    endWithParent(*m_crasher);
    m_crasher->setStandardInputFile(QProcess::nullDevice());
    m_crasher->setArguments(
        crashCall(m_folder.socketPath(), m_folder.databasePath(), session.bytes()));
    m_crasher->start();
}

DemoStack::DemoStack(Options options, QObject *parent)
    : QObject(parent)
    , d(std::make_shared<Private>(std::move(options),
                                  [this](const Error &error) { emit serverEnded(error); }))
{}

DemoStack::~DemoStack()
{
    stop();
}

Task<void> DemoStack::start()
{
    return d->start();
}

void DemoStack::stop()
{
    d->stop();
}

redis::ServerAddress DemoStack::server() const
{
    return d->server();
}

sessions::Dsn DemoStack::database() const
{
    return d->database();
}

locks::NodeNames DemoStack::nodeNames() const
{
    return namesOfNodes(d->options().workers);
}

} // namespace lockkeeper::demo
