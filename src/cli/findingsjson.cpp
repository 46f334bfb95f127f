// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/findingsjson.h"

namespace lockkeeper::cli {

namespace {

const char *wordFor(app::Finding::Kind kind)
{
    switch (kind) {
    case app::Finding::Kind::Lock:
        return "lock";
    case app::Finding::Kind::Cache:
        return "cache";
    case app::Finding::Kind::Stored:
        return "database";
    }
    Q_UNREACHABLE();
}

} // namespace

Json findingsJson(const QList<app::Finding> &findings)
{
    Json list = Json::array();
    for (const app::Finding &finding : findings) {
        Json one;
        one["session_id"] = jsonOfBytes(finding.session.bytes());
        one["kind"] = wordFor(finding.kind);
        one["after_ms"] = jsonOf(finding.after);
        one["same_owner"] = finding.isSameOwner;
        one["what"] = jsonOf(finding.text);
        list.push_back(std::move(one));
    }
    return list;
}

} // namespace lockkeeper::cli
