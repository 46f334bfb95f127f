// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/waiterscommand.h"

#include "app/workspace.h"
#include "cli/console.h"
#include "cli/context.h"
#include "cli/jsonvalues.h"
#include "core/text.h"
#include "locks/owner.h"

#include <CLI/CLI.hpp>

namespace lockkeeper::cli {

namespace {

using namespace std::chrono_literals;

constexpr milliseconds kSpan = 150ms;
constexpr milliseconds kLongestSpan = 5s;

/// A span that may be shorter than a tenth of a second.
QString momentText(milliseconds span)
{
    return span < 1s ? QString::number(span.count()) + u" ms" : spanText(span);
}

Json waiterJson(const locks::Waiter &waiter, const app::Target &target, WallTime now)
{
    const locks::Owner who = locks::decodeOwner(waiter.token, now, target.nodeNames);
    Json json;
    json["address"] = jsonOfBytes(waiter.address);
    json["client_name"] = waiter.clientName.isEmpty() ? Json() : jsonOf(waiter.clientName);
    json["token"] = jsonOfBytes(waiter.token.bytes());
    json["label"] = jsonOf(who.label);
    json["called_at"] = jsonOrNull(who.calledAt);
    json["attempts"] = waiter.attempts;
    return json;
}

Json sampleJson(const locks::WaiterSample &sample, const app::Target &target, WallTime now)
{
    Json json;
    json["server"] = jsonOf(target.server.place());
    json["family"] = jsonOf(target.family.name);
    json["sampled_ms"] = jsonOf(sample.tally.span);
    json["commands_seen"] = sample.tally.lines;
    json["bytes_read"] = sample.tally.bytes;
    json["is_cut"] = sample.isCut || sample.tally.isCut;
    json["locks"] = Json::array();
    for (const locks::ContendedLock &lock : sample.locks) {
        Json entry;
        entry["session_id"] = jsonOfBytes(lock.session.bytes());
        entry["lock_key"] = jsonOfBytes(lock.key.bytes());
        entry["token"] = jsonOfBytes(lock.heldBy.bytes());
        entry["owner"] = jsonOf(locks::decodeOwner(lock.heldBy, now, target.nodeNames).label);
        const auto owner = sample.clients.constFind(lock.heldBy);
        const bool isSeen = owner != sample.clients.cend();
        entry["owner_address"] = isSeen ? jsonOfBytes(owner->address) : Json();
        entry["owner_client_name"] =
            isSeen && !owner->name.isEmpty() ? jsonOf(owner->name) : Json();
        entry["waiters"] = Json::array();
        for (const locks::Waiter &waiter : lock.waiters)
            entry["waiters"].push_back(waiterJson(waiter, target, now));
        json["locks"].push_back(entry);
    }
    return json;
}

} // namespace

void WaitersCommand::declare(CLI::App &app)
{
    addSpan(app, "--for", m_span, tr("Listen this long, at most 5 s (default 150ms)"));
    addFlag(app, "--yes", m_isConfirmed, tr("Do not ask"));
    addExamples(app, tr("lockkeeper-cli waiters\n"
                        "lockkeeper-cli waiters --for 300ms --yes --json"));
}

Task<void> WaitersCommand::agree(Context &context) const
{
    if (m_isConfirmed)
        co_return Result<void>();
    const QString cost = tr("MONITOR copies every command of every client to us: for %1 the server "
                            "may do half of its work, or less")
                             .arg(momentText(m_span.value_or(kSpan)));
    if (!isInteractive())
        co_return Error{ErrorCode::NotPermitted,
                        tr("not confirmed, and there is no terminal to ask on"),
                        cost + tr("; give --yes if it can bear that")};
    const Result<void> confirmed = co_await context.confirm(cost + tr(". Listen?"));
    if (!confirmed && confirmed.error().code == ErrorCode::NotPermitted)
        co_return Error{ErrorCode::NotPermitted, tr("not confirmed: nothing was sent"), {}};
    co_return confirmed;
}

QCoro::Task<int> WaitersCommand::run(Context &context)
{
    const milliseconds span = m_span.value_or(kSpan);
    if (span <= 0ms || span > kLongestSpan)
        co_return context.fail({ErrorCode::InvalidInput,
                                tr("--for: %1 is no time to listen").arg(spanText(span)),
                                tr("more than nothing, and at most 5 s")});
    const Result<app::Workspace *> connected = co_await context.connect();
    if (!connected)
        co_return context.fail(connected.error());
    const Result<void> asked = co_await (*connected)->rights().settled();
    const std::optional<Error> missing = (*connected)->rights().refusal(app::Deed::Sample);
    if (asked && missing)
        co_return context.fail(*missing);
    const Result<void> agreed = co_await agree(context);
    if (!agreed)
        co_return context.fail(agreed.error());
    const app::Target target = (*connected)->target();
    redis::MonitorTap::Budget budget;
    budget.span = span;
    const Result<locks::WaiterSample> sample = co_await (*connected)->sampleWaiters(budget);
    if (!sample)
        co_return context.fail(sample.error());
    print(*sample, target, context);
    co_return code(ExitCode::Done);
}

void WaitersCommand::print(const locks::WaiterSample &sample, const app::Target &target,
                           Context &context)
{
    Output &output = context.output();
    const WallTime now = context.clock().wall();
    if (context.isJson()) {
        output.json(documentText(sampleJson(sample, target, now)));
        return;
    }
    TextTable table({{tr("SESSION")},
                     {tr("HELD BY"), false, true},
                     {tr("WAITER")},
                     {tr("NAME"), false, true},
                     {tr("WHO"), false, true},
                     {tr("ASKS FOR"), true}});
    for (const locks::ContendedLock &lock : sample.locks) {
        const QString heldBy = locks::decodeOwner(lock.heldBy, now, target.nodeNames).label;
        for (const locks::Waiter &waiter : lock.waiters) {
            const locks::Owner who = locks::decodeOwner(waiter.token, now, target.nodeNames);
            const auto asked = who.calledAt ? std::chrono::floor<milliseconds>(now - *who.calledAt)
                                            : milliseconds(0);
            table.add({{printable(lock.session.bytes()), Tone::Strong},
                       {heldBy},
                       {waiter.address.isEmpty() ? tr("a script") : printable(waiter.address)},
                       {waiter.clientName.isEmpty() ? QStringLiteral("—") : waiter.clientName},
                       {who.label},
                       {who.calledAt ? spanText(std::max(asked, 0ms)) : QStringLiteral("—")}});
        }
    }
    if (!table.isEmpty())
        output.table(table);
    else
        output.note(tr("nobody waited for a held lock"));
    output.note(tr("listened for %1, %2 commands of all clients")
                    .arg(momentText(sample.tally.span))
                    .arg(sample.tally.lines));
    if (sample.isCut || sample.tally.isCut)
        output.warning(tr("there was more to see than is kept: some waiters may be missing"));
}

} // namespace lockkeeper::cli
