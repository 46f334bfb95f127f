// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/redisserver.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <chrono>
#include <memory>
#include <optional>

namespace lockkeeper::test {

/// What a run of lockkeeper-cli left.
struct CliRun
{
    int exitCode = -1;
    QByteArray out;
    QByteArray err;

    [[nodiscard]] QJsonObject object() const;
    [[nodiscard]] QJsonArray array() const;
};

/// lockkeeper-cli, with an environment and a state folder of its own.
class CliProgram
{
public:
    /// The address every call gets in LOCKKEEPER_URL; empty: none.
    explicit CliProgram(QString url = {});

    void setEnvironment(const QString &name, const QString &value);
    [[nodiscard]] const QProcessEnvironment &environment() const { return m_environment; }
    /// LOCKKEEPER_DB: an SQLite file in a temporary folder; the program creates it.
    void useSqlite();
    [[nodiscard]] QString sqlitePath() const
    {
        return m_folder.filePath(QStringLiteral("chat.db"));
    }
    [[nodiscard]] QString auditFolder() const
    {
        return m_folder.filePath(QStringLiteral("state/lockkeeper/audit"));
    }
    /// A file of that name in the program's own temporary folder.
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    /// Where the saved connections are.
    [[nodiscard]] QString profilesPath() const
    {
        return path(QStringLiteral("config/lockkeeper/profiles.json"));
    }
    /// The lines of the audit log.
    [[nodiscard]] QList<QJsonObject> audit() const;

    /// Runs it to its end; standard input is no terminal.
    [[nodiscard]] CliRun run(const QStringList &arguments) const;
    /// The same, with the file as its standard output.
    [[nodiscard]] CliRun runInto(const QString &file, const QStringList &arguments) const;
    /// The same, with the file as its standard input.
    [[nodiscard]] CliRun runFrom(const QString &file, const QStringList &arguments) const;
    /// Starts it; whoever gets it ends it.
    [[nodiscard]] std::unique_ptr<QProcess> start(const QStringList &arguments) const;

private:
    [[nodiscard]] std::unique_ptr<QProcess> prepared() const;
    static void start(QProcess &process, const QStringList &arguments);

    QTemporaryDir m_folder;
    QProcessEnvironment m_environment;
};

/// Writes the file. @return its path, for where a path is wanted.
QString writeFile(const QString &path, const QByteArray &text);
/// All of the file; empty where there is none.
[[nodiscard]] QByteArray readFile(const QString &path);

/// Waits for its end, and says what it left.
[[nodiscard]] CliRun ended(QProcess &process);

/// Words as arguments.
[[nodiscard]] QStringList words(const char *text);

/// The next line of a running program that is a JSON object with `event` (any, when empty); an
/// empty object when none comes.
[[nodiscard]] QJsonObject nextEvent(QProcess &process, const QString &event = {});

/// What `list` has to say of one session; an empty object when it does not list it.
[[nodiscard]] QJsonObject rowOf(const QJsonArray &list, const QString &session);

/// The token of a version-1 UUID, as redis-py would have made it that long ago.
[[nodiscard]] QByteArray freshToken(std::chrono::milliseconds ago = {});

[[nodiscard]] QByteArray lockKey(const QByteArray &session);
[[nodiscard]] QByteArray cacheKey(const QByteArray &session);

} // namespace lockkeeper::test
