// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/doctorcommand.h"

#include "cli/context.h"
#include "cli/jsonvalues.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <optional>

namespace lockkeeper::cli {

using Outcome = CheckupStage::Outcome;

namespace {

TextTable::Cell markOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Ok:
        return {QStringLiteral("●"), Tone::Ok};
    case Outcome::Warning:
        return {QStringLiteral("▲"), Tone::Warn};
    case Outcome::Failed:
        return {QStringLiteral("◆"), Tone::Bad};
    case Outcome::Skipped:
        return {QStringLiteral("○"), Tone::Faint};
    }
    Q_UNREACHABLE();
}

Json stageJson(const CheckupStage &stage)
{
    Json json;
    json["stage"] = jsonOf(stage.name);
    json["outcome"] = jsonOf(name(stage.outcome));
    json["detail"] = stage.detail.isEmpty() ? Json() : jsonOf(stage.detail);
    json["error"] = jsonOrNull(stage.error);
    json["took_ms"] = stage.outcome == Outcome::Skipped ? Json() : jsonOf(stage.took);
    return json;
}

QCoro::Task<QList<CheckupStage>> checkUp(app::Target target, Context &context)
{
    Checkup checkup(target, context.clock(), context.stop());
    co_return co_await checkup.run();
}

/// Why the stage failed, if for want of a password.
std::optional<Error> lackingPassword(const QList<CheckupStage> &stages, const QString &name)
{
    const auto stage = std::ranges::find(stages, name, &CheckupStage::name);
    const bool isLacking =
        stage != stages.end() && stage->error && stage->error->code == ErrorCode::PasswordNeeded;
    return isLacking ? stage->error : std::nullopt;
}

} // namespace

void DoctorCommand::declare(CLI::App &app)
{
    addExamples(app,
                tr("lockkeeper-cli doctor --url redis://localhost:6379/0\n"
                   "lockkeeper-cli doctor --json\n"
                   "\n"
                   "Changes nothing but keys of its own (lockkeeper:canary:…) that expire within\n"
                   "seconds. The exit code is that of the first stage that failed:\n"
                   "6 connection or login, 7 rights, 1 the rest."));
}

QCoro::Task<int> DoctorCommand::run(Context &context)
{
    Result<app::Target> target = co_await context.target();
    if (!target)
        co_return context.fail(target.error());
    QList<CheckupStage> stages = co_await checkUp(*target, context);
    if (const auto lacking = lackingPassword(stages, QStringLiteral("auth"))) {
        if (const Result<Secret> given = co_await context.password(*lacking)) {
            target->server.node.password = *given;
            stages = co_await checkUp(*target, context);
        }
    }
    if (const auto lacking = lackingPassword(stages, QStringLiteral("database"))) {
        if (const Result<Secret> given = co_await context.password(*lacking)) {
            target->database->password = *given;
            stages = co_await checkUp(*target, context);
        }
    }
    print(stages, *target, context);
    if (context.stop().stop_requested())
        co_return code(ExitCode::Failed);
    const auto failed = std::ranges::find(stages, Outcome::Failed, &CheckupStage::outcome);
    co_return code(failed == stages.end() ? ExitCode::Done : failed->exitCode);
}

void DoctorCommand::print(const QList<CheckupStage> &stages, const app::Target &target,
                          Context &context)
{
    Output &output = context.output();
    if (context.isJson()) {
        Json json;
        json["server"] = jsonOf(target.server.displayUrl());
        json["database"] = target.database ? jsonOf(target.database->displayText()) : Json();
        json["family"] = jsonOf(target.family.name);
        json["ok"] =
            std::ranges::find(stages, Outcome::Failed, &CheckupStage::outcome) == stages.end();
        json["stages"] = Json::array();
        for (const CheckupStage &stage : stages)
            json["stages"].push_back(stageJson(stage));
        output.json(documentText(json));
        return;
    }
    for (const CheckupStage &stage : stages) {
        const TextTable::Cell mark = markOf(stage.outcome);
        const QString what = stage.error ? stage.error->what : stage.detail;
        output.line(mark.text + u' ' + stage.name.leftJustified(17) + what, mark.tone);
        if (stage.error && !stage.error->hint.isEmpty())
            output.line(QString(19, u' ') + stage.error->hint);
    }
}

} // namespace lockkeeper::cli
