// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sshtunnel.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QPointer>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStandardPaths>
#include <QTcpServer>

#include <algorithm>
#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lockkeeper::app {

using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcTunnel, "lockkeeper.tunnel")

/// Another program may take a port between our look and ssh's.
constexpr int kTries = 5;
/// From SIGTERM to SIGKILL.
constexpr auto kGrace = 1s;

Error notInstalled()
{
    return {ErrorCode::NotFound, QStringLiteral("an SSH tunnel needs ssh, which is not installed"),
            QStringLiteral("install it, on Debian or Ubuntu by "
                           "\"sudo apt install openssh-client\"")};
}

Error closedError(const TunnelSpec &spec)
{
    return {ErrorCode::Cancelled, u"the SSH tunnel by " + spec.toString() + u" was closed", {}};
}

/// ssh reads "/path" as a unix socket, and colons as ends of names.
std::optional<Error> badForward(const QList<SshTunnel::Forward> &forwards)
{
    const auto isBad = [](const SshTunnel::Forward &forward) {
        return forward.port == 0 || forward.host.isEmpty() ||
               std::any_of(forward.host.cbegin(), forward.host.cend(), [](QChar c) {
                   return c.isSpace() || !c.isPrint() || c == u'/' || c == u'[' || c == u']';
               });
    };
    if (forwards.isEmpty())
        return Error{ErrorCode::InvalidInput, QStringLiteral("an SSH tunnel to nowhere"), {}};
    if (std::any_of(forwards.begin(), forwards.end(), isBad))
        return Error{ErrorCode::InvalidInput,
                     QStringLiteral("an SSH tunnel leads to a host and a port only"),
                     QStringLiteral("name the server by host and port, not by a socket's path")};
    return std::nullopt;
}

/// Different ones that were free a moment ago; fewer than asked for where there are no more.
QList<quint16> freePorts(qsizetype count)
{
    std::vector<std::unique_ptr<QTcpServer>> held;
    QList<quint16> ports;
    for (qsizetype i = 0; i < count; ++i) {
        held.push_back(std::make_unique<QTcpServer>());
        if (held.back()->listen(QHostAddress::LocalHost))
            ports.append(held.back()->serverPort());
    }
    return ports;
}

bool hasAskpass(const QProcessEnvironment &environment)
{
    const auto isSet = [&](const char *name) {
        return !environment.value(QString::fromLatin1(name)).isEmpty();
    };
    return isSet("SSH_ASKPASS") && (isSet("DISPLAY") || isSet("WAYLAND_DISPLAY")) &&
           environment.value(QStringLiteral("SSH_ASKPASS_REQUIRE")) != u"never";
}

/// Runs in the child, before ssh does.
void prepareChild(pid_t parent, bool mayAsk)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) // it ended between fork and prctl: nobody would tell us
        ::_exit(1);
    if (mayAsk) {
        // It stays in the terminal's foreground, to ask there; but Ctrl-C is for the program, which
        // may have something to end in order through the tunnel. ssh keeps what is ignored so.
        for (const int number : {SIGINT, SIGQUIT, SIGHUP})
            static_cast<void>(::signal(number, SIG_IGN));
    } else {
        ::setsid(); // no terminal: neither its Ctrl-C nor a prompt on it
    }
}

} // namespace

SshTunnel::SshTunnel(TunnelSpec spec, QObject *parent)
    : SshTunnel(std::move(spec), Options{}, parent)
{}

SshTunnel::SshTunnel(TunnelSpec spec, Options options, QObject *parent)
    : QObject(parent)
    , m_spec(std::move(spec))
    , m_options(std::move(options))
{
    m_limit.setSingleShot(true);
    connect(&m_limit, &QTimer::timeout, this, [this] {
        const Error error = tooSlow();
        letChildGo();
        endOpening(error);
    });
}

SshTunnel::~SshTunnel()
{
    close();
}

Task<QList<quint16>> SshTunnel::open(QList<Forward> forwards)
{
    const QPointer<SshTunnel> self(this);
    const TunnelSpec spec = m_spec;
    if (m_state != State::Closed)
        co_return Error{ErrorCode::InvalidInput,
                        u"the SSH tunnel by " + spec.toString() + u" is open already",
                        {}};
    if (const auto error = badForward(forwards))
        co_return *error;
    const QString program = QStandardPaths::findExecutable(QStringLiteral("ssh"));
    if (program.isEmpty())
        co_return notInstalled();
    for (int tries = 1;; ++tries) {
        const QList<quint16> ports = freePorts(forwards.size());
        if (ports.size() < forwards.size())
            co_return Error{ErrorCode::Io,
                            QStringLiteral("no port of this machine is free for an SSH tunnel"),
                            {}};
        const quint64 launch = ++m_launches;
        const Result<void> launched = co_await startChild(program, forwards, ports);
        const bool isNewest = self && m_launches == launch;
        if (launched && isNewest && m_state == State::Open)
            co_return ports;
        if (launched) // closed, in whatever way, before this flow went on
            co_return closedError(spec);
        if (!isNewest || m_state != State::Closed || tries == kTries || !m_words.isTaken(ports))
            co_return launched.error();
    }
}

QFuture<Result<void>> SshTunnel::startChild(const QString &program, const QList<Forward> &forwards,
                                            const QList<quint16> &ports)
{
    m_opening = std::make_unique<QPromise<Result<void>>>();
    m_opening->start();
    auto future = m_opening->future();
    m_state = State::Opening;
    m_words = {};
    makeChild();
    m_limit.start(asks() ? m_options.askingLimit : m_options.limit);
    m_child->start(program, arguments(forwards, ports));
    return future;
}

void SshTunnel::makeChild()
{
    m_child = new QProcess(this);
    m_child->setStandardInputFile(QProcess::nullDevice());
    m_child->setStandardOutputFile(QProcess::nullDevice());
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (!m_options.mayAsk && asks()) // rather than on a terminal that we were started from
        environment.insert(QStringLiteral("SSH_ASKPASS_REQUIRE"), QStringLiteral("force"));
    m_child->setProcessEnvironment(environment);
    m_child->setChildProcessModifier(
        [parent = ::getpid(), mayAsk = m_options.mayAsk] { prepareChild(parent, mayAsk); });
    connect(m_child, &QProcess::readyReadStandardError, this, &SshTunnel::hear);
    connect(m_child, &QProcess::finished, this, &SshTunnel::hearOfEnd);
    // From the event loop: start() fails before it returns.
    connect(
        m_child, &QProcess::errorOccurred, this,
        [this](QProcess::ProcessError error) {
            if (error != QProcess::FailedToStart || m_child == nullptr)
                return;
            const Error failure{ErrorCode::Io, u"cannot start ssh: " + m_child->errorString(), {}};
            letChildGo();
            endOpening(failure);
        },
        Qt::QueuedConnection);
}

QStringList SshTunnel::arguments(const QList<Forward> &forwards, const QList<quint16> &ports) const
{
    // -v: only then ssh tells that its forwards are open, whatever LogLevel is configured.
    QStringList all{QStringLiteral("-N"), QStringLiteral("-v")};
    const auto set = [&all](const QString &option) { all << QStringLiteral("-o") << option; };
    set(QStringLiteral("ExitOnForwardFailure=yes"));
    set(QStringLiteral("ServerAliveInterval=15"));
    set(QStringLiteral("ServerAliveCountMax=3"));
    set(QStringLiteral("ConnectTimeout=15"));
    set(QStringLiteral("ControlMaster=no"));
    set(QStringLiteral("ControlPath=none"));
    if (!asks())
        set(QStringLiteral("BatchMode=yes"));
    all << m_options.extraArguments;
    if (m_spec.port)
        all << QStringLiteral("-p") << QString::number(*m_spec.port);
    for (qsizetype i = 0; i < forwards.size(); ++i) {
        const Forward &to = forwards[i];
        const QString host = to.host.contains(u':') ? QString(u'[' + to.host + u']') : to.host;
        all << QStringLiteral("-L")
            << QStringLiteral("127.0.0.1:%1:").arg(ports[i]) + host + u':' +
                   QString::number(to.port);
    }
    return all << QStringLiteral("--") << m_spec.destination;
}

bool SshTunnel::asks() const
{
    return m_options.mayAsk || hasAskpass(QProcessEnvironment::systemEnvironment());
}

void SshTunnel::hear()
{
    m_words.take(m_child->readAllStandardError());
    if (m_state != State::Opening || !m_words.areForwardsOpen())
        return;
    m_limit.stop();
    m_state = State::Open;
    qCInfo(lcTunnel).noquote() << "SSH tunnel by" << m_spec.toString() << "is open";
    endOpening({});
}

void SshTunnel::hearOfEnd()
{
    const QPointer<SshTunnel> self(this);
    hear(); // what it said last; whoever is told that it is open may close it
    if (!self || m_child == nullptr)
        return;
    Error error = tunnelFailure(m_spec.toString(), m_words.said());
    const bool wasOpen = m_state == State::Open;
    letChildGo();
    if (!wasOpen) {
        endOpening(std::move(error));
        return;
    }
    const QString last = lastWords().isEmpty() ? QStringLiteral("ssh ended") : lastWords();
    error = {ErrorCode::ConnectionLost,
             u"the SSH tunnel by " + m_spec.toString() + u" ended: " + last,
             QStringLiteral("connect again")};
    qCInfo(lcTunnel).noquote() << error.what;
    emit closed(error);
}

// The promise is taken first: whoever is told may open anew, or destroy this object.
void SshTunnel::endOpening(Result<void> result)
{
    const std::unique_ptr<QPromise<Result<void>>> promise = std::exchange(m_opening, nullptr);
    if (!promise)
        return;
    promise->addResult(std::move(result));
    promise->finish();
}

void SshTunnel::close()
{
    letChildGo();
    endOpening(closedError(m_spec));
}

/// Nobody waits for its end: it stays with the application until then, which kills it at the last.
void SshTunnel::letChildGo()
{
    m_limit.stop();
    m_state = State::Closed;
    QProcess *child = std::exchange(m_child, nullptr);
    if (child == nullptr)
        return;
    child->disconnect(this);
    child->setParent(QCoreApplication::instance());
    if (child->state() == QProcess::NotRunning) {
        child->deleteLater();
        return;
    }
    connect(child, &QProcess::finished, child, &QObject::deleteLater);
    child->terminate();
    QTimer::singleShot(kGrace, child, &QProcess::kill);
}

Error SshTunnel::tooSlow() const
{
    const auto limit = asks() ? m_options.askingLimit : m_options.limit;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit).count();
    const QString words =
        lastWords().isEmpty() ? QString() : QString(u"; ssh said: " + lastWords());
    return {ErrorCode::TimedOut,
            u"the SSH tunnel by " + m_spec.toString() +
                QStringLiteral(" was not open within %1 s").arg(seconds) + words,
            u"see whether \"ssh " + m_spec.toString() + u"\" works in a terminal"};
}

QString SshTunnel::lastWords() const
{
    return m_words.said().isEmpty() ? QString() : m_words.said().last();
}

qint64 SshTunnel::pid() const
{
    return m_child == nullptr ? 0 : m_child->processId();
}

} // namespace lockkeeper::app
