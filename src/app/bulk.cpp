// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bulk.h"

#include "core/text.h"

#include <QUuid>

#include <algorithm>

namespace lockkeeper::app {

namespace {

bool isDelete(BulkDeed deed)
{
    return deed == BulkDeed::Delete || deed == BulkDeed::TakeOverAndDelete;
}

QString countText(qsizetype number)
{
    return number == 1 ? QStringLiteral("1 lock") : QString(QString::number(number) + u" locks");
}

ActNote noteOf(const BulkRequest &request, const BulkItem &item, const QString &batch)
{
    ActNote note;
    note.reason = request.reason;
    note.batch = batch;
    // The number of all of them was typed in the place of each id.
    note.typed = printable(item.session.bytes());
    note.row = item.row;
    return note;
}

DeleteRequest deleteOf(const BulkRequest &request, const BulkItem &item, const QString &batch)
{
    DeleteRequest removal;
    removal.session = item.session;
    removal.user = request.user;
    removal.wait = request.wait;
    if (request.deed == BulkDeed::TakeOverAndDelete)
        removal.takeOver = item.seen;
    removal.note = noteOf(request, item, batch);
    removal.stop = request.stop;
    return removal;
}

QCoro::Task<ActionReport> act(Actions &actions, BulkRequest request, BulkItem item, QString batch)
{
    switch (request.deed) {
    case BulkDeed::Release: {
        const ReleaseRequest release{item.session, item.seen, noteOf(request, item, batch)};
        co_return co_await actions.release(release);
    }
    case BulkDeed::TakeOver: {
        const TakeOverRequest takeOver{item.session, item.seen, noteOf(request, item, batch)};
        co_return co_await actions.takeOver(takeOver);
    }
    case BulkDeed::Delete:
    case BulkDeed::TakeOverAndDelete:
        break;
    }
    co_return co_await actions.remove(deleteOf(request, item, batch));
}

QCoro::Task<Preview> preview(Actions &actions, BulkRequest request, BulkItem item)
{
    switch (request.deed) {
    case BulkDeed::Release: {
        const ReleaseRequest release{item.session, item.seen, noteOf(request, item, {})};
        co_return co_await actions.previewRelease(release);
    }
    case BulkDeed::TakeOver: {
        const TakeOverRequest takeOver{item.session, item.seen, noteOf(request, item, {})};
        co_return co_await actions.previewTakeOver(takeOver);
    }
    case BulkDeed::Delete:
    case BulkDeed::TakeOverAndDelete:
        break;
    }
    const DeleteRequest removal = deleteOf(request, item, QString());
    co_return co_await actions.previewDelete(removal);
}

} // namespace

int BulkReport::done() const
{
    return static_cast<int>(std::ranges::count_if(outcomes, [](const BulkOutcome &outcome) {
        return outcome.report && outcome.report->isDone();
    }));
}

int BulkReport::notReached() const
{
    return static_cast<int>(std::ranges::count_if(
        outcomes, [](const BulkOutcome &outcome) { return !outcome.report; }));
}

int BulkPreview::refused() const
{
    return static_cast<int>(std::ranges::count_if(
        items, [](const BulkPreviewItem &one) { return one.preview.refusal.has_value(); }));
}

int BulkPreview::alive() const
{
    return static_cast<int>(std::ranges::count_if(
        items, [](const BulkPreviewItem &one) { return one.preview.isOwnerAlive; }));
}

std::optional<Error> bulkRefusal(const BulkRequest &request, const Guardrails &guardrails,
                                 bool isConfirmed)
{
    const qsizetype count = request.items.size();
    if (count == 0)
        return Error{ErrorCode::NotFound,
                     QStringLiteral("no lock was chosen: there is nothing to do"),
                     QStringLiteral("those that were meant may have ended: look at the list "
                                    "again")};
    const int cap = request.raisedCap.value_or(guardrails.cap);
    if (count > cap)
        return Error{ErrorCode::NotPermitted,
                     countText(count) + u" are over the cap of " + QString::number(cap) +
                         u": nothing was touched",
                     u"choose fewer, or raise the cap to " + QString::number(count) +
                         u" for this once if you mean all of them"};
    const QString phrase = bulkPhrase(request, guardrails);
    if (isConfirmed && !phrase.isEmpty() && request.typed != phrase)
        return Error{
            ErrorCode::NotPermitted,
            request.typed.isEmpty()
                ? QStringLiteral("not confirmed: in production a delete of several sessions "
                                 "is confirmed by typing how many they are")
                : QString(u"not confirmed: \"" + request.typed +
                          u"\" is not how many sessions are to be deleted"),
            u"type " + phrase};
    return std::nullopt;
}

QString bulkPhrase(const BulkRequest &request, const Guardrails &guardrails)
{
    return guardrails.isProduction() && isDelete(request.deed)
               ? QString::number(request.items.size())
               : QString();
}

QCoro::Task<BulkPreview> previewBulk(Actions &actions, BulkRequest request)
{
    BulkPreview whole;
    whole.refusal = bulkRefusal(request, actions.guardrails(), false);
    if (whole.refusal)
        co_return whole;
    whole.refusal = actions.window().refusal(); // what would be done is shown all the same
    whole.phrase = bulkPhrase(request, actions.guardrails());
    for (const BulkItem &item : request.items) {
        if (request.stop.stop_requested())
            break;
        const Preview one = co_await preview(actions, request, item);
        whole.items.append({item, one});
    }
    co_return whole;
}

QCoro::Task<BulkReport> runBulk(Actions &actions, BulkRequest request,
                                std::function<void(const BulkProgress &)> tell)
{
    BulkReport report;
    report.batch = QUuid::createUuid().toString(QUuid::WithoutBraces);
    for (const BulkItem &item : request.items)
        report.outcomes.append({item, std::nullopt});
    report.refusal = bulkRefusal(request, actions.guardrails(), true);
    if (!report.refusal)
        report.refusal = actions.window().refusal();
    if (report.refusal)
        co_return report;
    for (int i = 0; i < report.outcomes.size() && !request.stop.stop_requested(); ++i) {
        report.outcomes[i].report = co_await act(actions, request, request.items[i], report.batch);
        if (tell)
            tell({i + 1, static_cast<int>(report.outcomes.size()), report.outcomes[i]});
    }
    co_return report;
}

QString verbOf(BulkDeed deed)
{
    switch (deed) {
    case BulkDeed::Release:
        return QStringLiteral("release");
    case BulkDeed::TakeOver:
        return QStringLiteral("take over");
    case BulkDeed::Delete:
        return QStringLiteral("delete");
    case BulkDeed::TakeOverAndDelete:
        return QStringLiteral("take over and delete");
    }
    Q_UNREACHABLE();
}

} // namespace lockkeeper::app
