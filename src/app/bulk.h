// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/actions.h"

#include <QByteArray>
#include <QList>
#include <QString>

#include <functional>
#include <optional>
#include <stop_token>

namespace lockkeeper::app {

/// What is done to each of many locks.
enum class BulkDeed { Release, TakeOver, Delete, TakeOverAndDelete };

/// One of many: guarded by the token that was seen of it, and by no other.
struct BulkItem
{
    SessionId session;
    Token seen;
    std::optional<locks::LockRecord> row; ///< as the operator saw it
};

/// Many acts that are asked for at once.
struct BulkRequest
{
    BulkDeed deed = BulkDeed::Release;
    QList<BulkItem> items;
    std::optional<UserId> user; ///< of a delete: only sessions of theirs
    QString reason;
    /// The number of items, where the guardrails ask for it: see bulkPhrase().
    QString typed;
    std::optional<int> raisedCap; ///< raised for this once, knowingly; nullopt: the profile's
    milliseconds wait = std::chrono::seconds(10); ///< of each delete for its lock
    std::stop_token stop;                         ///< between two items, and while one waits
};

/// How one item ended; or did not begin.
struct BulkOutcome
{
    BulkItem item;
    std::optional<ActionReport> report; ///< nullopt: it was not reached
};

/// What became of all of them.
struct BulkReport
{
    std::optional<Error> refusal; ///< none was begun
    QList<BulkOutcome> outcomes;  ///< in the order of the items
    QString batch;                ///< as the audit log calls it

    [[nodiscard]] int done() const;
    [[nodiscard]] int notReached() const;
    /// Done is done; what was refused or failed, or was not reached, is not.
    [[nodiscard]] bool isAllDone() const { return done() == outcomes.size(); }
};

/// Where it stands, told after each item.
struct BulkProgress
{
    int through = 0;
    int of = 0;
    const BulkOutcome &newest;
};

/// What one item would do, as things stand.
struct BulkPreviewItem
{
    BulkItem item;
    Preview preview;
};

/// What all of them would do.
struct BulkPreview
{
    std::optional<Error> refusal; ///< of all: over the cap, read-only
    QList<BulkPreviewItem> items;
    QString phrase; ///< what has to be typed to confirm it; empty: nothing

    [[nodiscard]] int refused() const;
    [[nodiscard]] int alive() const; ///< whose worker seems to be alive
};

/// Why it would not be begun at all: nothing to do, over the cap, or not confirmed.
[[nodiscard]] std::optional<Error> bulkRefusal(const BulkRequest &request,
                                               const Guardrails &guardrails, bool isConfirmed);
/// In production a delete of many is confirmed by their number; empty: nothing is to be typed.
[[nodiscard]] QString bulkPhrase(const BulkRequest &request, const Guardrails &guardrails);

/// `actions` is kept alive by whoever starts the flow.
[[nodiscard]] QCoro::Task<BulkPreview> previewBulk(Actions &actions, BulkRequest request);
/// One item after the other, each with its own intent and outcome in the audit log; one that is
/// refused or fails does not keep the next from its turn. It goes on until all are through, or
/// `request.stop`; then those that were not reached are said to be.
[[nodiscard]] QCoro::Task<BulkReport> runBulk(Actions &actions, BulkRequest request,
                                              std::function<void(const BulkProgress &)> tell);

/// The result list, for files: one line an item, with its outcome and steps.
[[nodiscard]] QByteArray bulkCsv(const BulkReport &report);
[[nodiscard]] QByteArray bulkJson(const BulkReport &report);

/// "release", "take over", "delete", "take over and delete".
[[nodiscard]] QString verbOf(BulkDeed deed);

} // namespace lockkeeper::app
