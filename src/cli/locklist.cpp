// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/locklist.h"

#include "core/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <tuple>

namespace lockkeeper::cli {

namespace {

struct NamedColumn
{
    SortColumn column;
    const char *name;
};

constexpr std::array kColumns{
    NamedColumn{SortColumn::State, "state"}, NamedColumn{SortColumn::Session, "session"},
    NamedColumn{SortColumn::Title, "title"}, NamedColumn{SortColumn::User, "user"},
    NamedColumn{SortColumn::Ttl, "ttl"},     NamedColumn{SortColumn::Held, "held"},
    NamedColumn{SortColumn::Owner, "owner"}, NamedColumn{SortColumn::Size, "size"},
};

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

QString nothing()
{
    return QStringLiteral("—");
}

QString userText(const LockRow &row)
{
    if (row.session.user)
        return printable(row.session.user->bytes());
    return row.session.state == app::SessionState::Unknown ? QString() : nothing();
}

QString titleText(const LockRow &row)
{
    if (row.session.title && !row.session.title->isEmpty())
        return printable(row.session.title->toUtf8());
    switch (row.session.state) {
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
    Q_UNREACHABLE();
}

/// "41 s", "∞" for a lock that never expires, "?" where a foreign key does not say.
TextTable::Cell ttlCell(const LockRow &row)
{
    if (const auto ttl = row.lock.ttl(row.now))
        return {spanText(*ttl)};
    return row.lock.isForeign() ? TextTable::Cell{QStringLiteral("?")}
                                : TextTable::Cell{QStringLiteral("∞"), Tone::Bad};
}

QString cachedText(const LockRow &row)
{
    if (row.session.cachedBytes)
        return sizeText(*row.session.cachedBytes);
    return row.session.state == app::SessionState::Unknown ? QString() : tr("none");
}

/// "≥ 2 h" where we know a lower bound only.
QString heldText(const LockRow &row)
{
    const auto held = row.held();
    if (!held)
        return nothing();
    return row.lock.isAcquiredAtKnown ? spanText(*held) : QString(u"≥ " + spanText(*held));
}

QString ownerText(const LockRow &row)
{
    return row.owner ? row.owner->label : QString();
}

/// Never expiring locks first, then those that hold longest.
milliseconds ttlOrder(const LockRow &row)
{
    return -row.lock.ttl(row.now).value_or(milliseconds::max());
}

bool comesBefore(const LockRow &a, const LockRow &b, SortColumn column)
{
    switch (column) {
    case SortColumn::State:
        return a.diagnosis.state < b.diagnosis.state;
    case SortColumn::Session:
        return a.lock.session < b.lock.session;
    case SortColumn::Title:
        return titleText(a).compare(titleText(b), Qt::CaseInsensitive) < 0;
    case SortColumn::User:
        return userText(a) < userText(b);
    case SortColumn::Ttl:
        return ttlOrder(a) < ttlOrder(b);
    case SortColumn::Held:
        return a.lock.held(a.now) > b.lock.held(b.now);
    case SortColumn::Owner:
        return ownerText(a) < ownerText(b);
    case SortColumn::Size:
        return a.session.cachedBytes.value_or(-1) > b.session.cachedBytes.value_or(-1);
    }
    Q_UNREACHABLE();
}

Json ownerJson(const LockRow &row)
{
    const auto &owner = row.owner;
    Json json;
    json["kind"] = owner ? jsonOf(name(owner->kind)) : Json();
    json["label"] = owner ? jsonOf(owner->label) : Json();
    json["node_id"] = owner && !owner->nodeId.isEmpty() ? jsonOf(owner->nodeId) : Json();
    json["worker"] = owner && !owner->worker.isEmpty() ? jsonOf(owner->worker) : Json();
    json["called_at"] = owner ? jsonOrNull(owner->calledAt) : Json();
    json["queued_ms"] = jsonOrNull(row.queued());
    json["confidence"] = owner ? jsonOf(name(owner->confidence)) : Json();
    return json;
}

Json sessionJson(const app::SessionGlance &session)
{
    const bool isLookedAt = session.state != app::SessionState::Unknown;
    Json json;
    json["state"] = isLookedAt ? jsonOf(name(session.state)) : Json();
    json["cached"] =
        isLookedAt || session.cachedBytes ? Json(session.cachedBytes.has_value()) : Json();
    json["ttl_ms"] = jsonOrNull(session.cacheTtl);
    json["bytes"] = jsonOrNull(session.cachedBytes);
    json["title"] = jsonOrNull(session.title);
    json["user_id"] = session.user ? jsonOfBytes(session.user->bytes()) : Json();
    json["updated_at"] = jsonOrNull(session.updatedAt);
    json["messages"] = jsonOrNull(session.messages);
    return json;
}

} // namespace

std::optional<milliseconds> LockRow::held() const
{
    return lock.isForeign() ? std::nullopt : std::optional(lock.held(now));
}

std::optional<WallTime> LockRow::acquiredAt() const
{
    if (!lock.isAcquiredAtKnown)
        return std::nullopt;
    return wallNow + std::chrono::duration_cast<std::chrono::microseconds>(lock.acquiredAt - now);
}

std::optional<milliseconds> LockRow::queued() const
{
    const auto acquired = acquiredAt();
    return acquired && owner ? skews.queued(*owner, *acquired) : std::nullopt;
}

bool LockFilter::accepts(const LockRow &row) const
{
    if (olderThan && !(row.held() && *row.held() >= *olderThan))
        return false;
    if (!states.isEmpty() && !states.contains(row.diagnosis.state))
        return false;
    if (user && row.session.user != user)
        return false;
    return owner.isEmpty() ||
           (row.owner && (row.owner->label.contains(owner, Qt::CaseInsensitive) ||
                          row.owner->nodeId.contains(owner, Qt::CaseInsensitive) ||
                          printable(row.lock.token.bytes()).contains(owner, Qt::CaseInsensitive)));
}

std::optional<SortColumn> sortColumnFromName(const QString &name)
{
    for (const auto &column : kColumns) {
        if (name == QLatin1StringView(column.name))
            return column.column;
    }
    return std::nullopt;
}

QString sortColumnNames()
{
    QStringList names;
    for (const auto &column : kColumns)
        names.append(QLatin1StringView(column.name));
    return names.join(u", ");
}

void sortRows(QList<LockRow> &rows, SortColumn column)
{
    // Equals are told apart by how long they are held, then by their key: the same every time.
    std::ranges::sort(rows, [column](const LockRow &a, const LockRow &b) {
        if (comesBefore(a, b, column))
            return true;
        if (comesBefore(b, a, column))
            return false;
        const auto heldA = a.lock.held(a.now);
        const auto heldB = b.lock.held(b.now);
        return heldA != heldB ? heldA > heldB : a.lock.key < b.lock.key;
    });
}

TextTable::Cell stateCell(app::LockState state)
{
    const QString word = QString(name(state)).replace(u'_', u' ');
    switch (app::severityOf(state)) {
    case app::Severity::Bad:
        return {u"◆ " + word, Tone::Bad};
    case app::Severity::Warn:
        return {u"▲ " + word, Tone::Warn};
    case app::Severity::Odd:
        return {u"■ " + word, Tone::Odd};
    case app::Severity::Ok:
        return {u"● " + word, Tone::Ok};
    }
    Q_UNREACHABLE();
}

TextTable lockTable(const QList<LockRow> &rows)
{
    TextTable table({{tr("STATE")},
                     {tr("SESSION")},
                     {tr("TTL"), true},
                     {tr("HELD"), true},
                     {tr("OWNER"), false, true},
                     {tr("USER"), false, true},
                     {tr("CACHED"), true},
                     {tr("TITLE"), false, true}});
    for (const LockRow &row : rows) {
        table.add({stateCell(row.diagnosis.state),
                   {printable(row.lock.session.bytes()), Tone::Strong},
                   ttlCell(row),
                   {heldText(row)},
                   {row.lock.isForeign() ? row.lock.foreignReason : ownerText(row)},
                   {userText(row)},
                   {cachedText(row)},
                   {titleText(row)}});
    }
    return table;
}

Json lockJson(const LockRow &row, const app::Target &target)
{
    const locks::LockRecord &lock = row.lock;
    Json json;
    json["session_id"] = jsonOfBytes(lock.session.bytes());
    json["lock_key"] = jsonOfBytes(lock.key.bytes());
    json["family"] = jsonOf(target.family.name);
    json["server"] = jsonOf(target.server.place());
    json["token"] = lock.isForeign() ? Json() : jsonOf(printable(lock.token.bytes()));
    json["owner"] = ownerJson(row);
    json["acquired_at"] = jsonOrNull(row.acquiredAt());
    json["held_ms"] = jsonOrNull(row.held());
    json["ttl_ms"] = jsonOrNull(lock.ttl(row.now));
    json["lease_ms"] = jsonOf(lock.lease);
    json["renewals"] = Json(); // one snapshot cannot know
    json["state"] = jsonOf(name(row.diagnosis.state));
    json["reason"] = row.diagnosis.reason.isEmpty() ? Json() : jsonOf(row.diagnosis.reason);
    json["session"] = sessionJson(row.session);
    json["contended"] = lock.isContended ? Json(*lock.isContended) : Json();
    // Whoever waits asks ten times a second: if nobody asks, nobody waits.
    json["waiters"] = lock.isContended == false ? Json(0) : Json();
    return json;
}

} // namespace lockkeeper::cli
