// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/historyview.h"

#include "cli/jsonvalues.h"
#include "core/text.h"
#include "locks/holdinsight.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace lockkeeper::cli {

namespace {

using locks::Hold;
using locks::HoldEnd;
using locks::HoldFigures;
using locks::SpanFigures;

constexpr std::array kEnds = {HoldEnd::Released,      HoldEnd::Expired,   HoldEnd::Replaced,
                              HoldEnd::ForceReleased, HoldEnd::TakenOver, HoldEnd::Flushed};
constexpr qsizetype kRows = 15; ///< of each table for people

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

/// Sessions that were written without their lock, those with most such writes first.
QList<SessionId> mostWritten(const locks::UnlockedWrites &writes)
{
    QList<SessionId> sessions = writes.sessions().keys();
    std::ranges::sort(sessions, [&writes](const SessionId &a, const SessionId &b) {
        const int countA = writes.of(a).all();
        const int countB = writes.of(b).all();
        return countA != countB ? countA > countB : a < b;
    });
    return sessions;
}

Json spanJson(const SpanFigures &figures)
{
    const auto orNull = [&](milliseconds span) { return figures.count ? jsonOf(span) : Json(); };
    Json json;
    json["measured"] = figures.count;
    json["p50"] = orNull(figures.p50);
    json["p90"] = orNull(figures.p90);
    json["p95"] = orNull(figures.p95);
    json["p99"] = orNull(figures.p99);
    json["max"] = orNull(figures.longest);
    return json;
}

void addFigures(Json &json, const HoldFigures &figures)
{
    json["holds"] = figures.holds;
    Json ended;
    for (const HoldEnd end : kEnds)
        ended[std::string(name(end).data())] = figures.endedBy(end);
    json["ended"] = ended;
    json["held_ms"] = spanJson(figures.held);
    json["waited_ms"] = spanJson(figures.waited);
}

Json ownerJson(const locks::Owner &owner)
{
    Json json;
    json["kind"] = jsonOf(name(owner.kind));
    json["label"] = jsonOf(owner.label);
    json["node_id"] = owner.nodeId.isEmpty() ? Json() : jsonOf(owner.nodeId);
    json["worker"] = owner.worker.isEmpty() ? Json() : jsonOf(owner.worker);
    return json;
}

Json holdJson(const Hold &hold, const locks::HoldInsight &insight)
{
    Json json;
    json["session_id"] = jsonOfBytes(hold.session.bytes());
    json["lock_key"] = jsonOfBytes(hold.key.bytes());
    json["token"] = jsonOfBytes(hold.token.bytes());
    json["owner"] = ownerJson(insight.ownerOf(hold));
    json["acquired_at"] = hold.isAcquiredAtKnown ? jsonOf(hold.acquiredAt) : Json();
    json["ended_at"] = jsonOf(hold.endedAt);
    json["held_ms"] = jsonOf(std::chrono::floor<milliseconds>(hold.endedAt - hold.acquiredAt));
    json["waited_ms"] = jsonOrNull(insight.waited(hold));
    json["end"] = jsonOf(name(hold.end));
    json["renewals"] = hold.renewals;
    return json;
}

/// null where it cannot be told.
Json unlockedJson(const locks::UnlockedWrites &writes)
{
    if (!writes.canTell() && writes.overall().all() == 0)
        return {};
    const auto figuresJson = [](Json json, const locks::UnlockedFigures &figures) {
        json["sure"] = figures.sure;
        json["likely"] = figures.likely;
        json["last_at"] = jsonOrNull(figures.last);
        return json;
    };
    Json json = figuresJson(Json::object(), writes.overall());
    json["sessions"] = Json::array();
    for (const SessionId &session : mostWritten(writes)) {
        Json entry;
        entry["session_id"] = jsonOfBytes(session.bytes());
        json["sessions"].push_back(figuresJson(entry, writes.of(session)));
    }
    return json;
}

Json historyJson(app::Workspace &workspace, std::optional<WallTime> since, WallTime until)
{
    const locks::HoldInsight &insight = workspace.insight();
    const locks::LockRegistry &registry = workspace.monitor().registry();
    Json json;
    json["server"] = jsonOf(workspace.target().server.place());
    json["family"] = jsonOf(workspace.target().family.name);
    json["since"] = jsonOrNull(since);
    json["until"] = jsonOf(until);
    json["held_now"] = registry.holdCount();
    json["is_cut"] = insight.statistics().isCut();
    json["overall"] = Json::object();
    addFigures(json["overall"], insight.statistics().overall());
    json["sessions"] = Json::array();
    for (const auto &entry : insight.statistics().sessions()) {
        Json session;
        session["session_id"] = jsonOfBytes(entry.session.bytes());
        addFigures(session, entry.figures);
        json["sessions"].push_back(session);
    }
    json["owners"] = Json::array();
    for (const auto &entry : insight.statistics().owners()) {
        Json owner = ownerJson(entry.owner);
        const auto skew = insight.skews().skewOf(entry.owner.nodeId);
        owner["clock_skew_ms"] = skew ? jsonOf(std::chrono::round<milliseconds>(*skew)) : Json();
        addFigures(owner, entry.figures);
        json["owners"].push_back(owner);
    }
    json["unlocked_writes"] = unlockedJson(workspace.unlockedWrites());
    json["holds"] = Json::array();
    for (const Hold &hold : registry.history().holds())
        json["holds"].push_back(holdJson(hold, insight));
    return json;
}

QString span(const SpanFigures &figures, milliseconds value)
{
    return figures.count > 0 ? spanText(value) : QStringLiteral("—");
}

/// "3 expired, 1 replaced": what is out of the ordinary.
QString oddEnds(const HoldFigures &figures)
{
    QStringList parts;
    for (const HoldEnd end : kEnds) {
        if (end != HoldEnd::Released && figures.endedBy(end) > 0)
            parts << QString::number(figures.endedBy(end)) + u' ' +
                         QString(name(end)).replace(u'_', u'-');
    }
    return parts.isEmpty() ? QStringLiteral("—") : parts.join(u", ");
}

TextTable figuresTable(const QString &what)
{
    return TextTable({{what, false, true},
                      {tr("HOLDS"), true},
                      {tr("HELD P50"), true},
                      {tr("P95"), true},
                      {tr("MAX"), true},
                      {tr("WAITED P50"), true},
                      {tr("P95"), true},
                      {tr("NOT RELEASED"), false, true}});
}

void addRow(TextTable &table, const QString &what, const HoldFigures &figures)
{
    const SpanFigures &held = figures.held;
    const SpanFigures &waited = figures.waited;
    table.add({{what, Tone::Strong},
               {QString::number(figures.holds)},
               {span(held, held.p50)},
               {span(held, held.p95)},
               {span(held, held.longest)},
               {span(waited, waited.p50)},
               {span(waited, waited.p95)},
               {oddEnds(figures)}});
}

void printFigures(const locks::HoldStatistics &statistics, Output &output)
{
    TextTable owners = figuresTable(tr("OWNER"));
    for (const auto &entry : statistics.owners().mid(0, kRows)) {
        const QString worker =
            entry.owner.worker.isEmpty() ? QString() : u" · worker " + entry.owner.worker;
        addRow(owners, entry.owner.label + worker, entry.figures);
    }
    output.line({});
    output.table(owners);
    TextTable sessions = figuresTable(tr("SESSION"));
    for (const auto &entry : statistics.sessions().mid(0, kRows))
        addRow(sessions, printable(entry.session.bytes()), entry.figures);
    output.line({});
    output.table(sessions);
}

void printUnlocked(const locks::UnlockedWrites &writes, Output &output)
{
    if (writes.overall().all() == 0)
        return;
    TextTable table(
        {{tr("WRITTEN WITHOUT LOCK"), false, true}, {tr("SURE"), true}, {tr("LIKELY"), true}});
    for (const SessionId &session : mostWritten(writes).mid(0, kRows)) {
        const locks::UnlockedFigures figures = writes.of(session);
        table.add({{printable(session.bytes()), Tone::Strong},
                   {QString::number(figures.sure)},
                   {QString::number(figures.likely)}});
    }
    output.line({});
    output.table(table);
}

void printText(app::Workspace &workspace, Output &output)
{
    const locks::HoldStatistics &statistics = workspace.insight().statistics();
    TextTable overall = figuresTable(tr("OVERALL"));
    addRow(overall, tr("all sessions"), statistics.overall());
    output.table(overall);
    if (statistics.overall().holds > 0)
        printFigures(statistics, output);
    printUnlocked(workspace.unlockedWrites(), output);
}

} // namespace

void printHistory(app::Workspace &workspace, std::optional<WallTime> since, Context &context)
{
    Output &output = context.output();
    const locks::HoldStatistics &statistics = workspace.insight().statistics();
    if (context.isJson()) {
        output.json(
            documentText(historyJson(workspace, since, workspace.client().serverTime().wall())));
        return;
    }
    printText(workspace, output);
    const qsizetype more = std::max(statistics.sessions().size(), statistics.owners().size());
    const qsizetype held = workspace.monitor().registry().holdCount();
    QString note = held == 1 ? tr("1 lock is held now") : tr("%1 locks are held now").arg(held);
    if (more > kRows)
        note += tr("; the busiest %1 of each are shown, --json has them all").arg(kRows);
    output.note(note);
}

} // namespace lockkeeper::cli
