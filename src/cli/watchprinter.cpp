// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/watchprinter.h"

#include "cli/jsonvalues.h"
#include "core/text.h"
#include "locks/owner.h"

#include <QCoreApplication>
#include <QDateTime>

namespace lockkeeper::cli {

using locks::HoldEnd;
using locks::LockEvent;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QString localTime(WallTime time)
{
    const auto ms = std::chrono::floor<milliseconds>(time).time_since_epoch().count();
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz"));
}

Tone toneOf(const LockEvent &event)
{
    switch (event.kind) {
    case LockEvent::Kind::Snapshot:
    case LockEvent::Kind::Synced:
    case LockEvent::Kind::Renewed:
        return Tone::Faint;
    case LockEvent::Kind::Acquired:
        return Tone::Ok;
    case LockEvent::Kind::Ended:
        break;
    }
    switch (event.end) {
    case HoldEnd::Released:
        return Tone::Plain;
    case HoldEnd::Expired:
        return Tone::Warn;
    case HoldEnd::Replaced:
    case HoldEnd::Flushed:
        return Tone::Bad;
    case HoldEnd::ForceReleased:
    case HoldEnd::TakenOver:
        return Tone::Odd;
    }
    Q_UNREACHABLE();
}

Json eventJson(const LockEvent &event, const app::Target &target)
{
    Json json;
    json["event"] = jsonOf(name(event));
    json["at"] = jsonOf(event.at);
    json["lock_key"] = jsonOfBytes(event.key.bytes());
    json["session_id"] = jsonOfBytes(event.session.bytes());
    json["server"] = jsonOf(target.server.place());
    // A token may be empty; only a line that is about no lock has none.
    json["token"] = event.key.bytes().isEmpty() ? Json() : jsonOf(printable(event.token.bytes()));
    json["previous_token"] =
        event.previousToken ? jsonOf(printable(event.previousToken->bytes())) : Json();
    json["ttl_ms"] = jsonOrNull(event.ttl);
    json["held_ms"] = jsonOrNull(event.held);
    return json;
}

Json writeJson(const locks::UnlockedWrite &write, const app::Target &target)
{
    Json json;
    json["event"] = "unlocked_write";
    json["at"] = jsonOf(write.at);
    json["lock_key"] = jsonOfBytes(write.key.bytes());
    json["session_id"] = jsonOfBytes(write.session.bytes());
    json["server"] = jsonOf(target.server.place());
    json["cache_key"] = jsonOfBytes(target.family.cacheKey(write.session).bytes());
    json["ttl_ms"] = jsonOrNull(write.ttl);
    json["bytes"] = jsonOrNull(write.bytes);
    json["confidence"] = write.isSure ? "sure" : "likely";
    return json;
}

Json feedJson(const locks::FeedStatus &feed, const app::Target &target, WallTime at)
{
    Json json;
    json["event"] = "feed";
    json["at"] = jsonOf(at);
    json["server"] = jsonOf(target.server.place());
    json["feed"] = jsonOf(name(feed.kind));
    json["trusted"] = feed.isTrusted;
    json["reason"] = feed.reason.isEmpty() ? Json() : jsonOf(feed.reason);
    json["differences"] = feed.differences;
    return json;
}

} // namespace

WatchPrinter::WatchPrinter(Output &output, bool isJson, const app::Target &target,
                           const locks::LockRegistry &registry)
    : m_output(output)
    , m_isJson(isJson)
    , m_target(target)
    , m_registry(registry)
    , m_clock(registry.clock())
{}

void WatchPrinter::print(const LockEvent &event)
{
    if (m_isJson)
        m_output.json(lineText(eventJson(event, m_target)));
    else
        printText(event);
}

void WatchPrinter::print(const locks::UnlockedWrite &write)
{
    if (m_isJson) {
        m_output.json(lineText(writeJson(write, m_target)));
        return;
    }
    QString line = localTime(write.at) + u"  " +
                   QStringLiteral("unlocked_write").leftJustified(14) + u' ' +
                   printable(write.session.bytes()) + tr("  written while nobody held its lock");
    if (!write.isSure)
        line += tr(" (likely)");
    if (write.bytes)
        line += u"  " + sizeText(*write.bytes);
    m_output.line(line, Tone::Warn);
}

void WatchPrinter::printText(const LockEvent &event)
{
    QString line = localTime(event.at) + u"  " + QString(name(event)).leftJustified(14);
    if (event.kind == LockEvent::Kind::Synced) {
        const qsizetype held = m_registry.holdCount();
        line += (held == 1 ? tr("1 lock") : tr("%1 locks").arg(held)) +
                tr("; from here on, as it happens");
    } else {
        line += printable(event.session.bytes());
        if (!event.token.isEmpty())
            line += u"  " + ownerText(event.token);
        if (event.previousToken)
            line += tr("  after %1").arg(shortened(printable(event.previousToken->bytes())));
        if (event.ttl)
            line += tr("  ttl %1").arg(spanText(*event.ttl));
        else if (event.kind != LockEvent::Kind::Ended)
            line += tr("  never expires");
        if (event.held && event.kind != LockEvent::Kind::Acquired)
            line += (event.isHeldLeast ? tr("  held ≥ %1") : tr("  held %1"))
                        .arg(spanText(*event.held));
    }
    m_output.line(line, toneOf(event));
}

QString WatchPrinter::ownerText(const Token &token) const
{
    const locks::Owner owner = locks::decodeOwner(token, m_clock.wall(), m_target.nodeNames);
    if (owner.kind != locks::TokenKind::Uuid1) // other labels are the token
        return owner.label;
    return owner.label + u" (" + shortened(printable(token.bytes())) + u')';
}

void WatchPrinter::print(const locks::FeedStatus &feed)
{
    if (m_feed && m_feed->kind == feed.kind && m_feed->isTrusted == feed.isTrusted &&
        m_feed->reason == feed.reason)
        return; // only the progress of a scan
    m_feed = feed;
    const WallTime at = m_clock.wall();
    if (m_isJson) {
        m_output.json(lineText(feedJson(feed, m_target, at)));
        return;
    }
    QString trust = feed.isTrusted ? tr("trusted") : tr("not trusted: %1").arg(feed.reason);
    if (feed.isTrusted && !feed.reason.isEmpty())
        trust += u"; " + feed.reason;
    m_output.line(localTime(at) + u"  " + QStringLiteral("feed").leftJustified(14) +
                      QString(name(feed.kind)) + u", " + trust,
                  feed.isTrusted ? Tone::Faint : Tone::Warn);
}

} // namespace lockkeeper::cli
