// SPDX-License-Identifier: GPL-3.0-or-later
#include "workbench.h"

#include "support/await.h"

#include <QFile>
#include <QJsonDocument>
#include <QPointer>
#include <QTest>

namespace lockkeeper::test {

Workbench::Workbench(RedisServer::Options options)
    : server(std::move(options))
{}

Workbench::~Workbench()
{
    // Its last flows may still write into the folder that goes next.
    endWorkspace();
}

void Workbench::endWorkspace()
{
    if (!m_workspace)
        return;
    const QPointer<FlowGroup> flows(&m_workspace->flows());
    m_workspace.reset();
    static_cast<void>(QTest::qWaitFor([&] { return flows.isNull(); }, 30'000));
}

bool Workbench::start()
{
    if (!server.start()) {
        m_reason = server.reason();
        return false;
    }
    target.name = QStringLiteral("bench");
    target.server = server.address();
    if (!target.database) {
        target.database.emplace();
        target.database->path = m_folder.filePath(QStringLiteral("chat.db"));
        target.createsDatabase = true;
    }
    auditFolder = m_folder.filePath(QStringLiteral("audit"));
    return reopen();
}

bool Workbench::reopen()
{
    endWorkspace();
    m_workspace = makeWorkspace();
    const auto opened = await(m_workspace->open());
    if (!opened)
        m_reason = opened.error().what;
    return opened.has_value();
}

std::unique_ptr<app::Workspace> Workbench::makeWorkspace() const
{
    return std::make_unique<app::Workspace>(target, clock, auditFolder);
}

bool Workbench::addSession(const char *id, const char *user)
{
    sessions::ChatSession session;
    session.id = SessionId(id);
    session.user = UserId(user);
    session.title = QStringLiteral("A title");
    session.startedAt = session.updatedAt = clock.wall();
    for (const char *content : {"a question", "an answer"}) {
        sessions::ChatMessage message;
        message.role = QStringLiteral("user");
        message.content = QString::fromLatin1(content);
        session.messages.append(message);
    }
    const auto stored = await(m_workspace->store()->upsert(session));
    if (!stored)
        m_reason = stored.error().what;
    return stored.has_value();
}

void Workbench::lock(const char *id, const char *token, milliseconds lease)
{
    server.redis({"SET", target.family.lockKey(SessionId(id)).bytes(), token, "PX",
                  QByteArray::number(qint64(lease.count()))});
}

QByteArray Workbench::tokenOf(const char *id)
{
    return server.redis({"GET", target.family.lockKey(SessionId(id)).bytes()}).toByteArray();
}

bool Workbench::isCached(const char *id)
{
    const QByteArray key = target.family.cacheKey(SessionId(id)).bytes();
    return server.redis({"EXISTS", key}).toLongLong() == 1;
}

bool Workbench::isStored(const char *id)
{
    sessions::SessionDatabase database(*target.database);
    const auto found = await(database.load(SessionId(id)));
    return found && found->has_value();
}

QStringList Workbench::auditWords() const
{
    QStringList words;
    for (const QJsonObject &line : auditLines()) {
        const QString phase = line[u"phase"].toString();
        words.append(phase == u"intent" ? phase : line[u"outcome"].toString());
    }
    return words;
}

QList<QJsonObject> Workbench::auditLines() const
{
    QFile file(app::AuditLog(auditFolder, clock).currentFile());
    QList<QJsonObject> lines;
    if (!file.open(QIODevice::ReadOnly))
        return lines;
    while (!file.atEnd())
        lines.append(QJsonDocument::fromJson(file.readLine()).object());
    return lines;
}

app::DeleteRequest deleteOf(const char *id)
{
    app::DeleteRequest request;
    request.session = SessionId(id);
    request.note.reason = QStringLiteral("ticket 4711");
    return request;
}

} // namespace lockkeeper::test
