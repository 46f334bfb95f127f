// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/postgresserver.h"

#include "support/childprocess.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QThread>

#include <csignal>
#include <pwd.h>
#include <unistd.h>

namespace lockkeeper::test {

namespace {

constexpr int kLimitMs = 60'000;

/// Where Debian keeps initdb and postgres, which are in nobody's PATH; the newest release of them.
QString programFolder()
{
    QDir releases(QStringLiteral("/usr/lib/postgresql"));
    const QStringList names = releases.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    for (auto name = names.crbegin(); name != names.crend(); ++name) {
        const QString folder = releases.filePath(*name + QStringLiteral("/bin"));
        if (QFile::exists(folder + QStringLiteral("/initdb")))
            return folder;
    }
    const QString initdb = QStandardPaths::findExecutable(QStringLiteral("initdb"));
    return initdb.isEmpty() ? QString() : QFileInfo(initdb).path();
}

/// Who runs the server when we are root.
const passwd *serverUser()
{
    const passwd *user = ::getpwnam("postgres");
    return user ? user : ::getpwnam("nobody");
}

/// The program, run as somebody who is not root.
QStringList unprivileged(const QStringList &command)
{
    if (::geteuid() != 0)
        return command;
    const passwd *user = serverUser();
    return QStringList{QStringLiteral("setpriv"), QStringLiteral("--reuid=%1").arg(user->pw_uid),
                       QStringLiteral("--regid=%1").arg(user->pw_gid),
                       QStringLiteral("--clear-groups"),
                       // Changing the user drops the signal that dieWithParent() asked for.
                       QStringLiteral("--pdeathsig=QUIT")} +
           command;
}

QString sessionTable(const QString &schema, PostgresServer::Release release)
{
    QString sql = QStringLiteral(R"(CREATE TABLE "%1"."ChatSession" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
        "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
        "userId" TEXT,
        "title" TEXT,
        "credentials" JSONB NOT NULL DEFAULT '{}',
        "successfulAgentRuns" JSONB NOT NULL DEFAULT '{}',
        "successfulAgentSchedules" JSONB NOT NULL DEFAULT '{}',
        "totalPromptTokens" INTEGER NOT NULL DEFAULT 0,
        "totalCompletionTokens" INTEGER NOT NULL DEFAULT 0)")
                      .arg(schema);
    if (release == PostgresServer::Release::Newer)
        sql += QStringLiteral(R"(,
        "metadata" JSONB NOT NULL DEFAULT '{}',
        "chatStatus" TEXT NOT NULL DEFAULT 'idle',
        "organizationId" TEXT,
        "teamId" TEXT,
        "isPinned" BOOLEAN NOT NULL DEFAULT false)");
    return sql + QStringLiteral(");");
}

QString messageTable(const QString &schema, PostgresServer::Release release)
{
    QString sql = QStringLiteral(R"(CREATE TABLE "%1"."ChatMessage" (
        "id" TEXT NOT NULL PRIMARY KEY,
        "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
        "sessionId" TEXT NOT NULL REFERENCES "%1"."ChatSession" ("id") ON DELETE CASCADE,
        "role" TEXT NOT NULL,
        "content" TEXT,
        "name" TEXT,
        "toolCallId" TEXT,
        "refusal" TEXT,
        "toolCalls" JSONB,
        "functionCall" JSONB,
        "sequence" INTEGER NOT NULL)")
                      .arg(schema);
    if (release == PostgresServer::Release::Newer)
        sql += QStringLiteral(R"(,
        "durationMs" INTEGER,
        "metadata" JSONB)");
    return sql + QStringLiteral(R"();
        CREATE UNIQUE INDEX "ChatMessage_sessionId_sequence_key"
            ON "%1"."ChatMessage" ("sessionId", "sequence");)")
                     .arg(schema);
}

} // namespace

PostgresServer::PostgresServer()
    : m_folder(QStringLiteral("/tmp/lk-pg-XXXXXX"))
{
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    dieWithParent(m_process);
}

PostgresServer::~PostgresServer()
{
    stop();
}

bool PostgresServer::isInstalled()
{
    return !programFolder().isEmpty() &&
           !QStandardPaths::findExecutable(QStringLiteral("psql")).isEmpty();
}

std::optional<QString> PostgresServer::runProgram(const QString &program,
                                                  const QStringList &arguments)
{
    QProcess process;
    dieWithParent(process);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    const bool isDone = process.waitForFinished(kLimitMs);
    const QString output = QString::fromUtf8(process.readAll()).trimmed();
    if (isDone && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return output;
    m_reason = program + u": " + (output.isEmpty() ? process.errorString() : output);
    return std::nullopt;
}

bool PostgresServer::start()
{
    if (!m_folder.isValid()) {
        m_reason = m_folder.errorString();
        return false;
    }
    if (::geteuid() == 0) {
        const QByteArray folder = QFile::encodeName(m_folder.path());
        if (::chown(folder.constData(), serverUser()->pw_uid, serverUser()->pw_gid) != 0) {
            m_reason = QStringLiteral("cannot give the data folder to another user");
            return false;
        }
    }
    QStringList command = unprivileged(
        {programFolder() + QStringLiteral("/initdb"), QStringLiteral("-D"),
         m_folder.filePath(QStringLiteral("data")), QStringLiteral("-U"), QStringLiteral("lk"),
         QStringLiteral("-A"), QStringLiteral("trust"), QStringLiteral("-N"),
         QStringLiteral("--locale=C.UTF-8"), QStringLiteral("-E"), QStringLiteral("UTF8"),
         QStringLiteral("--no-instructions")});
    const QString program = command.takeFirst();
    return runProgram(program, command) && launch();
}

bool PostgresServer::launch()
{
    const QString socket = QStringLiteral("unix_socket_directories=") + m_folder.path();
    QStringList command =
        unprivileged({programFolder() + QStringLiteral("/postgres"), QStringLiteral("-D"),
                      m_folder.filePath(QStringLiteral("data"))});
    for (const QString &setting :
         {QStringLiteral("listen_addresses="), socket, QStringLiteral("fsync=off"),
          QStringLiteral("max_connections=40"), QStringLiteral("shared_buffers=16MB")})
        command += {QStringLiteral("-c"), setting};
    const QString program = command.takeFirst();
    m_process.start(program, command);
    QElapsedTimer waited;
    waited.start();
    while (waited.elapsed() < kLimitMs) {
        if (m_process.state() == QProcess::NotRunning || m_process.waitForFinished(10)) {
            m_reason = QStringLiteral("postgres ended: ") + QString::fromUtf8(m_process.readAll());
            return false;
        }
        if (sql(QStringLiteral("postgres"), QStringLiteral("SELECT 1")) == u"1")
            return true;
        QThread::msleep(10);
    }
    stop();
    m_reason = QStringLiteral("postgres does not answer in ") + m_folder.path();
    return false;
}

void PostgresServer::stop()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    // SIGQUIT is its "immediate" shutdown; a killed one would leave its shared memory behind.
    ::kill(static_cast<pid_t>(m_process.processId()), SIGQUIT);
    if (!m_process.waitForFinished(kLimitMs)) {
        m_process.kill();
        m_process.waitForFinished(kLimitMs);
    }
}

bool PostgresServer::restart()
{
    stop();
    return launch();
}

QString PostgresServer::dsn(const QString &database, const QString &schema,
                            const QString &user) const
{
    const QString text =
        QStringLiteral("postgresql://%1@/%2?host=%3").arg(user, database, m_folder.path());
    return schema.isEmpty() ? text : QString(text + u"&schema=" + schema);
}

bool PostgresServer::createChatDatabase(const QString &database, Release release,
                                        const QString &schema)
{
    const QString created =
        sql(QStringLiteral("postgres"), QStringLiteral("CREATE DATABASE \"%1\"").arg(database));
    if (created != u"CREATE DATABASE") {
        m_reason = created;
        return false;
    }
    const QString made =
        sql(database, QStringLiteral("CREATE SCHEMA IF NOT EXISTS \"%1\";").arg(schema) +
                          sessionTable(schema, release) + messageTable(schema, release));
    m_reason = made;
    return made.endsWith(u"CREATE INDEX");
}

QString PostgresServer::sql(const QString &database, const QString &statements)
{
    const std::optional<QString> answer = runProgram(
        QStringLiteral("psql"), {QStringLiteral("-X"), QStringLiteral("-At"), QStringLiteral("-v"),
                                 QStringLiteral("ON_ERROR_STOP=1"), QStringLiteral("-h"),
                                 m_folder.path(), QStringLiteral("-U"), QStringLiteral("lk"),
                                 QStringLiteral("-d"), database, QStringLiteral("-c"), statements});
    return answer.value_or(m_reason);
}

} // namespace lockkeeper::test
