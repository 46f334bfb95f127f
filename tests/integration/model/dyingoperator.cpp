// SPDX-License-Identifier: GPL-3.0-or-later
#include "dyingoperator.h"

#include "app/workspace.h"
#include "support/await.h"
#include "support/childprocess.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTimer>
#include <qcorosignal.h>

#include <csignal>
#include <cstdio>

namespace lockkeeper::model {

using sessions::RemoveStep;
using test::await;

namespace {

const QString kMode = QStringLiteral("--act-and-die");
constexpr int kOutside = -1;

// What the program says of itself.
constexpr const char *kRunning = "running\n";
constexpr const char *kActing = "acting\n";

void say(const char *what)
{
    static_cast<void>(std::fputs(what, stdout));
    static_cast<void>(std::fflush(stdout));
}

/// The arguments behind the mode, in their order.
enum Argument { Action, Step, Socket, Database, AuditFolder, Session, Seen, Reason, Count };

QStringList argumentsOf(const FatalAct &act)
{
    return {kMode,
            act.isDelete ? QStringLiteral("delete") : QStringLiteral("release"),
            QString::number(act.dieBefore ? int(*act.dieBefore) : kOutside),
            act.target.server.node.endpoint.path,
            act.target.database->path,
            act.auditFolder,
            QString::fromUtf8(act.session.bytes()),
            QString::fromUtf8(act.seen.value_or(Token()).bytes()),
            act.reason};
}

app::Target targetOf(const QStringList &arguments)
{
    app::Target target;
    target.name = QStringLiteral("model");
    target.server.node.endpoint.kind = Endpoint::Kind::Unix;
    target.server.node.endpoint.path = arguments[Socket];
    target.database.emplace();
    target.database->path = arguments[Database];
    target.family.lease = kLeaseOfTheDying;
    return target;
}

void act(app::Actions &actions, const QStringList &arguments)
{
    const SessionId session(arguments[Session].toUtf8());
    const Token seen(arguments[Seen].toUtf8());
    if (arguments[Action] == u"release") {
        static_cast<void>(await(actions.release({session, seen, arguments[Reason]})));
        return;
    }
    app::DeleteRequest request;
    request.session = session;
    request.wait = milliseconds::zero();
    request.note.reason = arguments[Reason];
    if (!seen.isEmpty())
        request.takeOver = seen;
    static_cast<void>(await(actions.remove(request)));
}

} // namespace

QCoro::Task<bool> actAndDie(FatalAct act)
{
    QProcess program;
    program.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    test::dieWithParent(program);
    const QByteArray cue = act.isKilledInAct ? kActing : kRunning;
    QObject::connect(&program, &QProcess::readyReadStandardOutput, &program, [&] {
        if (!act.dieBefore && program.readAllStandardOutput().contains(cue))
            QTimer::singleShot(act.killAfter, Qt::PreciseTimer, &program, &QProcess::kill);
    });
    program.start(QCoreApplication::applicationFilePath(), argumentsOf(act));
    co_await qCoro(&program, &QProcess::finished);
    co_return program.exitStatus() == QProcess::CrashExit;
}

std::optional<int> runAsDyingOperator(const QStringList &arguments)
{
    if (arguments.value(1) != kMode || arguments.size() != Count + 2)
        return std::nullopt;
    say(kRunning);
    const QStringList given = arguments.mid(2);
    const app::Target target = targetOf(given);
    const SystemClock clock;
    app::Workspace workspace(target, clock, given[AuditFolder]);
    if (!await(workspace.open()))
        return 1;
    sessions::SessionStore::Options options;
    options.beforeStep = [fatal = given[Step].toInt()](RemoveStep step) {
        if (int(step) == fatal)
            static_cast<void>(::raise(SIGKILL));
    };
    sessions::SessionStore store(workspace.locks(), workspace.cache(), *workspace.database(), clock,
                                 options);
    app::Actions actions({.locks = workspace.locks(),
                          .cache = workspace.cache(),
                          .database = workspace.database(),
                          .store = &store,
                          .audit = workspace.audit(),
                          .window = workspace.window(),
                          .held = workspace.held(),
                          .clock = clock,
                          .targetName = target.name,
                          .place = app::placeOf(target)});
    say(kActing);
    act(actions, given);
    return 0;
}

} // namespace lockkeeper::model
