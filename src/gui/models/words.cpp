// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/models/words.h"

#include "core/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>

#include <algorithm>

namespace lockkeeper::gui {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::gui::words", text);
}

QString nothing()
{
    return QStringLiteral("—");
}

} // namespace

QString failureHead(const app::ActionReport &report)
{
    if (report.isPartlyDone)
        return tr("Partly done");
    const bool isUnknown = report.failure && report.failure->code == ErrorCode::OutcomeUnknown;
    return isUnknown ? tr("Outcome not known") : tr("Not done");
}

QString failureWord(const app::ActionReport &report)
{
    if (!report.failure || report.isPartlyDone)
        return report.failure ? tr("partly done") : tr("done");
    switch (report.failure->code) {
    case ErrorCode::ChangedHands:
    case ErrorCode::LeaseLost:
        return tr("changed hands");
    case ErrorCode::LockTimeout:
        return tr("lock not obtained in time");
    case ErrorCode::NotFound:
        return tr("not in the database");
    case ErrorCode::NotPermitted:
        return tr("not permitted");
    case ErrorCode::Cancelled:
        return tr("cancelled");
    case ErrorCode::OutcomeUnknown:
        return tr("outcome not known");
    case ErrorCode::CannotConnect:
    case ErrorCode::ConnectionLost:
    case ErrorCode::TimedOut:
        return tr("no connection");
    case ErrorCode::Database:
        return tr("the database failed");
    case ErrorCode::InvalidInput:
    case ErrorCode::Refused:
    case ErrorCode::Protocol:
    case ErrorCode::PasswordNeeded:
    case ErrorCode::WrongPassword:
    case ErrorCode::Untrusted:
    case ErrorCode::Corrupt:
    case ErrorCode::Io:
        return tr("not done");
    }
    Q_UNREACHABLE();
}

QString stateWord(app::LockState state)
{
    switch (state) {
    case app::LockState::Foreign:
        return tr("foreign");
    case app::LockState::NoExpiry:
        return tr("no expiry");
    case app::LockState::Reappeared:
        return tr("reappeared");
    case app::LockState::RenewingLong:
        return tr("renewing long");
    case app::LockState::Storm:
        return tr("storm");
    case app::LockState::Contended:
        return tr("contended");
    case app::LockState::Orphan:
        return tr("orphan");
    case app::LockState::HeldLong:
        return tr("held long");
    case app::LockState::Healthy:
        return tr("healthy");
    }
    return {};
}

QString endWord(locks::HoldEnd end)
{
    switch (end) {
    case locks::HoldEnd::Released:
        return tr("released");
    case locks::HoldEnd::Expired:
        return tr("expired");
    case locks::HoldEnd::Replaced:
        return tr("replaced");
    case locks::HoldEnd::ForceReleased:
        return tr("force-released");
    case locks::HoldEnd::TakenOver:
        return tr("taken over");
    case locks::HoldEnd::Flushed:
        return tr("flushed");
    }
    return {};
}

QString stateWord(const LockRow &row)
{
    return row.gone ? endWord(*row.gone) : stateWord(row.state);
}

QString ttlText(const LockRow &row, SteadyTime now)
{
    if (row.gone)
        // Nothing is gone "0 s ago".
        return tr("gone %1 ago")
            .arg(agoText(std::max(std::chrono::duration_cast<milliseconds>(now - row.goneAt),
                                  milliseconds(1000))));
    if (row.record.isForeign())
        return QStringLiteral("?");
    const auto ttl = row.record.ttl(now);
    if (!ttl)
        return QStringLiteral("∞");
    return spanText(std::max(*ttl, milliseconds(0)));
}

QString heldText(const LockRow &row, SteadyTime now)
{
    if (row.record.isForeign())
        return nothing();
    const QString span = spanText(row.record.held(row.gone ? row.goneAt : now));
    return row.record.isAcquiredAtKnown ? span : QStringLiteral("≥ ") + span;
}

QString titleText(const LockRow &row)
{
    const app::SessionGlance &glance = *row.glance;
    if (glance.title && !glance.title->isEmpty())
        return *glance.title;
    switch (glance.state) {
    case app::SessionState::Unknown:
        return {};
    case app::SessionState::CacheCorrupt:
        return tr("(corrupt cache entry)");
    case app::SessionState::None:
        return nothing();
    case app::SessionState::Ok:
    case app::SessionState::CacheMismatch:
    case app::SessionState::RunningWithoutLock:
    case app::SessionState::CacheOnly:
    case app::SessionState::DbOnly:
        return tr("(no title)");
    }
    return {};
}

QString userText(const LockRow &row)
{
    if (row.glance->user)
        return printable(row.glance->user->bytes());
    return row.glance->state == app::SessionState::Unknown ? QString() : nothing();
}

QString ownerText(const LockRow &row)
{
    return row.record.isForeign() ? nothing() : splitLabel(row.owner->label).name;
}

OwnerLabel splitLabel(const QString &label)
{
    const qsizetype bracket = label.indexOf(QStringLiteral(" ("));
    if (bracket <= 0 || !label.endsWith(u')'))
        return {label, {}};
    return {label.left(bracket), label.mid(bracket + 2).chopped(1)};
}

QString waitersText(const LockRow &row)
{
    if (row.gone || row.record.isForeign())
        return {};
    if (!row.record.isContended)
        return QStringLiteral("?");
    if (!*row.record.isContended)
        return QStringLiteral("0");
    return row.record.waiters ? QString::number(*row.record.waiters) : tr("yes");
}

QString cachedText(const LockRow &row)
{
    if (row.glance->cachedBytes)
        return sizeText(*row.glance->cachedBytes);
    return row.glance->state == app::SessionState::Unknown ? QString() : tr("none");
}

QString agoText(milliseconds span)
{
    using std::chrono::floor;
    using std::chrono::seconds;
    const auto whole = floor<seconds>(span);
    if (whole < seconds(60))
        return tr("%1 s").arg(whole.count());
    return spanText(whole);
}

QString unbroken(QString text)
{
    static const QRegularExpression gap(
        QStringLiteral("(?<=[0-9]) (?=(s|min|h|d|B|[KMGT]B)\\b)| (?=ago\\b)"));
    return text.replace(gap, QString(QChar::Nbsp));
}

QString counted(qsizetype count, const QString &one, const QString &many)
{
    return count == 1 ? one : many.arg(QLocale().toString(count));
}

QString timeOfDay(WallTime time)
{
    const auto ms = std::chrono::floor<milliseconds>(time).time_since_epoch().count();
    return QDateTime::fromMSecsSinceEpoch(ms).toString(QStringLiteral("HH:mm:ss.zzz"));
}

QString secondOf(WallTime time)
{
    return timeOfDay(time).section(u'.', 0, 0);
}

QString addressText(const QByteArray &address)
{
    if (address.isEmpty())
        return tr("a script");
    // There MONITOR tells no client from another.
    return address.startsWith("unix:") ? tr("over the unix socket") : printable(address);
}

QString eventSentence(const locks::LockEvent &event)
{
    using Kind = locks::LockEvent::Kind;
    switch (event.kind) {
    case Kind::Snapshot:
        return tr("held when watching began");
    case Kind::Synced:
        return tr("the list equals the server");
    case Kind::Acquired:
        return tr("acquired");
    case Kind::Renewed:
        return event.ttl ? tr("renewed to %1").arg(spanText(*event.ttl))
                         : tr("renewed, never expires");
    case Kind::Ended:
        break;
    }
    if (!event.held)
        return endWord(event.end);
    const QString held = spanText(*event.held);
    if (event.end == locks::HoldEnd::Expired)
        return tr("expired after %1: never released").arg(held);
    return tr("%1 after %2").arg(endWord(event.end), held);
}

QString writeSentence(const locks::UnlockedWrite &write)
{
    return write.isSure ? tr("its cached copy was written while nobody held the lock")
                        : tr("its cached copy was written, it seems, while nobody held the lock");
}

} // namespace lockkeeper::gui
