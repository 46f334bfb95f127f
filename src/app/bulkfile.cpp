// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bulk.h"
#include "app/csv.h"
#include "core/text.h"

#include <nlohmann/json.hpp>

namespace lockkeeper::app {

namespace {

using Json = nlohmann::ordered_json;

QString outcomeOf(const BulkOutcome &outcome)
{
    return outcome.report ? outcomeText(*outcome.report) : QStringLiteral("not reached");
}

std::string text(const QString &string)
{
    return string.toStdString();
}

Json textsJson(const QStringList &texts)
{
    Json array = Json::array();
    for (const QString &one : texts)
        array.push_back(text(one));
    return array;
}

} // namespace

QByteArray bulkCsv(const BulkReport &report)
{
    QByteArray csv = "session_id,token,outcome,steps,warnings,verification,batch\r\n";
    for (const BulkOutcome &outcome : report.outcomes) {
        const ActionReport one = outcome.report.value_or(ActionReport());
        csv +=
            csvLine({printable(outcome.item.session.bytes()), printable(outcome.item.seen.bytes()),
                     outcomeOf(outcome), one.steps.join(u"; "), one.warnings.join(u"; "),
                     one.verification, report.batch});
    }
    return csv;
}

QByteArray bulkJson(const BulkReport &report)
{
    Json items = Json::array();
    for (const BulkOutcome &outcome : report.outcomes) {
        const ActionReport one = outcome.report.value_or(ActionReport());
        Json item;
        item["session_id"] = text(printable(outcome.item.session.bytes()));
        item["token"] = text(printable(outcome.item.seen.bytes()));
        item["done"] = outcome.report && one.isDone();
        item["outcome"] = text(outcomeOf(outcome));
        item["steps"] = textsJson(one.steps);
        item["warnings"] = textsJson(one.warnings);
        item["verification"] = one.verification.isEmpty() ? Json() : Json(text(one.verification));
        items.push_back(std::move(item));
    }
    Json json;
    json["batch"] = text(report.batch);
    json["done"] = report.done();
    json["of"] = report.outcomes.size();
    json["not_reached"] = report.notReached();
    json["items"] = std::move(items);
    return QByteArray::fromStdString(json.dump(2, ' ', false, Json::error_handler_t::replace) +
                                     '\n');
}

} // namespace lockkeeper::app
