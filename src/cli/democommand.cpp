// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/democommand.h"

#include "cli/context.h"
#include "cli/ending.h"
#include "cli/jsonvalues.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

void DemoCommand::declare(CLI::App &app)
{
    addExamples(app, tr("lockkeeper-cli demo\n"
                        "lockkeeper-cli --demo list       (a demo of its own for one verb)"));
}

QCoro::Task<int> DemoCommand::run(Context &context)
{
    const Result<void> started = co_await context.startDemo();
    if (!started)
        co_return context.fail(started.error());
    Output &output = context.output();
    const QString url = context.demo().server().displayUrl();
    const QString database = context.demo().database().displayText();
    if (context.isJson()) {
        Json json;
        json["url"] = jsonOf(url);
        json["db"] = jsonOf(database);
        output.json(lineText(json));
    } else {
        output.line(u"export LOCKKEEPER_URL='" + url + u'\'');
        output.line(u"export LOCKKEEPER_DB='" + database + u'\'');
        output.note(
            tr("Paste these two lines into another terminal, then try: lockkeeper-cli list\n"
               "The demo runs until you press Ctrl+C, and leaves nothing behind."));
    }
    Ending<void> over;
    const auto stopped = endOnStop(context.stop(), over);
    static_cast<void>(co_await over.future());
    co_return code(ExitCode::Done);
}

} // namespace lockkeeper::cli
