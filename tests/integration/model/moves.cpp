// SPDX-License-Identifier: GPL-3.0-or-later
#include "moves.h"

namespace lockkeeper::model {

Aim Aim::at(const Token &seenEarlier)
{
    Aim aim;
    aim.m_seen = seenEarlier;
    aim.m_inModel = seenEarlier;
    return aim;
}

Aim Aim::atWhatIsThere(std::optional<Token> found)
{
    Aim aim;
    aim.m_seen = std::move(found);
    aim.m_isLookDue = true;
    return aim;
}

bool Aim::look(const ModelSession &session)
{
    if (!isRead(session, m_seen))
        return false;
    if (session.lock)
        m_inModel = session.lock->token;
    m_isLookDue = false;
    return true;
}

// Acquire ---------------------------------------------------------------------------------

bool Acquire::move(ModelSession &session, const Span &when)
{
    isOver = true;
    if (!obtained)
        return session.lock.has_value();
    if (session.lock)
        return false;
    session.lock = ModelLock::since(when, *obtained, lease);
    if (isKept)
        session.lock = session.lock->kept();
    return true;
}

QString Acquire::text() const
{
    const QString by = isKept ? QStringLiteral("a guard") : QStringLiteral("a worker");
    return obtained ? by + QStringLiteral(" acquired %1 for %2 ms")
                               .arg(shortText(obtained))
                               .arg(lease.count())
                    : by + QStringLiteral(" did not get the lock");
}

// ActOnToken ------------------------------------------------------------------------------

bool ActOnToken::move(ModelSession &session, const Span &when)
{
    if (aim.isLookDue()) {
        isOver = !aim.seen();
        return aim.look(session);
    }
    if (hasActed) {
        isOver = true;
        return isRead(session, *current);
    }
    hasActed = true;
    isOver = isDone || !current;
    if (isDone != aim.isHit(session))
        return !isDone && isClockOut;
    if (isDone)
        apply(session, when);
    return true;
}

void ActOnToken::apply(ModelSession &session, const Span &when) const
{
    switch (act) {
    case Act::Release:
        session.lock.reset();
        return;
    case Act::Extend:
        session.lock->goneFrom += lease - kRounding;
        session.lock->goneBy += lease;
        return;
    case Act::Renew:
        session.lock = ModelLock::since(when, session.lock->token, lease);
        break;
    case Act::TakeOver:
        session.lock = ModelLock::since(when, replacement, lease);
        break;
    }
    if (isKept)
        session.lock = session.lock->kept();
}

QString ActOnToken::text() const
{
    static constexpr const char *kActs[] = {"release", "renewal", "extension", "take-over"};
    if (!aim.seen())
        return QStringLiteral("a %1 found no lock").arg(QLatin1String(kActs[int(act)]));
    QString text = QStringLiteral("%1 of %2: %3")
                       .arg(QLatin1String(kActs[int(act)]), shortText(aim.seen()),
                            isDone ? QStringLiteral("done") : QStringLiteral("not its token"));
    if (current)
        text += QStringLiteral(", it is ") + shortText(*current);
    if (isDone && act == Act::TakeOver)
        text += QStringLiteral(" by ") + shortText(replacement);
    return text;
}

// Strike ----------------------------------------------------------------------------------

bool Strike::move(ModelSession &session, const Span &when)
{
    isOver = true;
    if (!isRead(session, found))
        return false;
    session.lock.reset();
    if (replacement)
        session.lock = ModelLock::since(when, *replacement, lease);
    return true;
}

QString Strike::text() const
{
    return QStringLiteral("strike at %1, then it was %2")
        .arg(shortText(found), shortText(replacement));
}

// AwaitEnd --------------------------------------------------------------------------------

bool AwaitEnd::move(ModelSession &session, const Span &)
{
    isOver = true;
    return session.isHeldUnder(token) != isGone;
}

QString AwaitEnd::text() const
{
    return QStringLiteral("waited for the end of %1: %2")
        .arg(shortText(token), isGone ? QStringLiteral("gone") : QStringLiteral("renewed"));
}

// ForceRelease ----------------------------------------------------------------------------

bool ForceRelease::move(ModelSession &session, const Span &)
{
    switch (stage) {
    case Stage::Look:
        stage = aim.isLookDue() && !aim.seen() ? Stage::Over : Stage::Act;
        return !aim.isLookDue() || aim.look(session);
    case Stage::Act:
        stage = Stage::ReadBack;
        isDone = aim.isHit(session);
        if (isDone)
            session.lock.reset();
        return !told || isToldTruly();
    case Stage::ReadBack:
        stage = Stage::Over;
        if (!recorded.isEmpty() && recorded.startsWith(u"done") != isDone)
            return false;
        return !told || isRead(session, told->lockAfter);
    case Stage::Over:
        break;
    }
    return false;
}

bool ForceRelease::isToldTruly() const
{
    const QString step = isDone ? QStringLiteral("lock: deleted, its token was the one seen")
                                : QStringLiteral("lock: left alone");
    const auto failure = isDone ? std::nullopt : std::optional(ErrorCode::ChangedHands);
    return told->failure == failure && told->steps == QStringList(step);
}

QString ForceRelease::text() const
{
    QString text = QStringLiteral("force-release of ") + shortText(aim.seen());
    if (!told)
        return text + QStringLiteral(", whose operator died; recorded: ") + recorded;
    text += told->failure ? QString(u": " + codeName(*told->failure)) : QStringLiteral(": done");
    return text + QStringLiteral(", then it was ") + shortText(told->lockAfter);
}

// ReadThrough -----------------------------------------------------------------------------

bool ReadThrough::move(ModelSession &session, const Span &)
{
    switch (stage) {
    case Stage::Copy:
        stage = session.hasCopy ? Stage::Over : Stage::Row;
        return !session.hasCopy || isFound;
    case Stage::Row:
        stage = session.hasRow ? Stage::Cache : Stage::Over;
        return session.hasRow == isFound;
    case Stage::Cache:
        stage = Stage::Over;
        session.hasCopy = true;
        return true;
    case Stage::Over:
        break;
    }
    return false;
}

QString ReadThrough::text() const
{
    return isFound ? QStringLiteral("read: found") : QStringLiteral("read: not found");
}

// Rename and late write -------------------------------------------------------------------

bool Rename::move(ModelSession &session, const Span &)
{
    if (stage == Stage::Row) {
        stage = session.hasRow ? Stage::Copy : Stage::Over;
        return session.hasRow == isFound;
    }
    stage = Stage::Over;
    session.hasCopy = false;
    return true;
}

QString Rename::text() const
{
    return isFound ? QStringLiteral("rename: done") : QStringLiteral("rename: not found");
}

bool LateWrite::move(ModelSession &session, const Span &)
{
    (stage == Stage::Row ? session.hasRow : session.hasCopy) = true;
    stage = stage == Stage::Row ? Stage::Copy : Stage::Over;
    return true;
}

QString LateWrite::text() const
{
    return QStringLiteral("late write");
}

// Upsert ----------------------------------------------------------------------------------

bool Upsert::move(ModelSession &session, const Span &when)
{
    switch (stage) {
    case Stage::Lock:
        return lock(session, when);
    case Stage::ConfirmForRow:
        return confirm(session, when, Stage::Row);
    case Stage::Row:
        stage = Stage::ConfirmForCopy;
        session.hasRow = true;
        return true;
    case Stage::ConfirmForCopy:
        return confirm(session, when, Stage::Copy);
    case Stage::Copy:
        stage = Stage::Release;
        session.hasCopy = true;
        return true;
    case Stage::Release:
        return release(session);
    case Stage::Over:
        break;
    }
    return false;
}

bool Upsert::lock(ModelSession &session, const Span &when)
{
    const bool isObtained = !session.lock;
    stage = isObtained ? Stage::ConfirmForRow : Stage::Over;
    if (isObtained)
        session.lock = ModelLock::since(when, hiddenToken(id), lease);
    return isObtained != (failure == ErrorCode::LockTimeout);
}

bool Upsert::confirm(ModelSession &session, const Span &when, Stage next)
{
    isLost = !session.isHeldUnder(hiddenToken(id));
    stage = isLost ? Stage::Release : next;
    if (!isLost)
        session.lock = ModelLock::since(when, hiddenToken(id), lease);
    return !isLost || failure == ErrorCode::LeaseLost;
}

bool Upsert::release(ModelSession &session)
{
    stage = Stage::Over;
    if (session.isHeldUnder(hiddenToken(id)))
        session.lock.reset();
    return isLost == (failure == ErrorCode::LeaseLost);
}

QString Upsert::text() const
{
    return failure ? QString(u"upsert: " + codeName(*failure)) : QStringLiteral("upsert: written");
}

QString shortText(const std::optional<Token> &token)
{
    return token ? QString::fromUtf8(
                       token->bytes().first(std::min<qsizetype>(token->bytes().size(), 12)))
                 : QStringLiteral("nobody's");
}

} // namespace lockkeeper::model
