// SPDX-License-Identifier: GPL-3.0-or-later
#include "windowfixture.h"

#include "gui/views/detailspane.h"
#include "sessions/sessiondatabase.h"
#include "support/await.h"

#include <QApplication>
#include <QDir>
#include <QSignalSpy>
#include <QTest>

namespace lockkeeper::test {

WindowFixture::WindowFixture(RedisServer &redis)
    : server(redis)
    , appearance(*qApp)
    , secrets(app::SecretStore::Keychain::None)
    , host(clock, folder.filePath(QStringLiteral("audit")), &secrets)
    , window(host, secrets, appearance, clock)
{
    window.show();
    window.activateWindow();
}

WindowFixture::~WindowFixture()
{
    QSignalSpy finished(&host, &gui::WorkspaceHost::finished);
    window.close();
    host.close();
    if (finished.isEmpty())
        finished.wait(20'000);
}

app::Target WindowFixture::target() const
{
    app::Target target;
    target.name = QStringLiteral("test");
    target.server = login.value_or(server.address());
    target.guardrails = guardrails;
    const auto dsn = sessions::parseDsn(u"sqlite://" + folder.filePath(QStringLiteral("chat.db")));
    if (dsn)
        target.database = *dsn;
    return target;
}

void WindowFixture::addSession(const SessionId &id, const QString &title, const QString &user)
{
    sessions::ChatSession session;
    session.id = id;
    session.title = title;
    session.user = UserId(user.toUtf8());
    session.startedAt = session.updatedAt = clock.wall();
    for (const char *text : {"the secret question", "the secret answer"}) {
        sessions::ChatMessage message;
        message.role = QStringLiteral("user");
        message.content = QString::fromLatin1(text);
        session.messages.append(message);
    }
    sessions::SessionDatabase database(*target().database);
    const auto saved = await(database.save(session, 0));
    QVERIFY2(saved, saved ? "" : qPrintable(saved.error().what));
}

void WindowFixture::lock(const SessionId &id, const QByteArray &token, int ms)
{
    QCOMPARE(server.redis({"SET", locks::LockFamily().lockKey(id).bytes(), token, "NX", "PX",
                           QByteArray::number(ms)}),
             QVariant(QByteArray("OK")));
}

void WindowFixture::lockMany(int count)
{
    const QByteArray script =
        "for i = 1, ARGV[1] do redis.call('SET', KEYS[1] .. i, 'cccc', 'PX', 600000) end";
    server.redis({"EVAL", script, "1", locks::LockFamily().lockKey(SessionId("many-")).bytes(),
                  QByteArray::number(count)});
}

QByteArray WindowFixture::tokenOf(const SessionId &id)
{
    return server.redis({"GET", locks::LockFamily().lockKey(id).bytes()}).toByteArray();
}

bool WindowFixture::isStored(const SessionId &id)
{
    sessions::SessionDatabase database(*target().database);
    const auto stored = await(database.load(id));
    return stored && stored->has_value();
}

bool WindowFixture::open(bool isReadOnly)
{
    sessions::SessionDatabase database(*target().database);
    if (!await(database.check())) // which makes the file
        return false;
    app::Target wanted = target();
    wanted.isReadOnly = isReadOnly;
    host.open(Result<app::Target>(wanted));
    return QTest::qWaitFor(
        [this] { return host.workspace() && host.workspace()->monitor().feed().isTrusted; },
        20'000);
}

bool WindowFixture::select(const SessionId &id)
{
    const LockKey key = locks::LockFamily().lockKey(id);
    if (!QTest::qWaitFor([&] { return model().rowOf(key) >= 0; }, 20'000))
        return false;
    table().selectLock(key);
    return QTest::qWaitFor([this] { return window.details().isLoaded(); }, 20'000);
}

QList<QByteArray> WindowFixture::auditLines() const
{
    QList<QByteArray> lines;
    const QDir audit(folder.filePath(QStringLiteral("audit")));
    for (const QString &name : audit.entryList({QStringLiteral("*.jsonl")}, QDir::Files)) {
        QFile file(audit.filePath(name));
        if (file.open(QIODevice::ReadOnly))
            lines += file.readAll().trimmed().split('\n');
    }
    return lines;
}

} // namespace lockkeeper::test
