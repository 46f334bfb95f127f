// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/profilejson.h"

#include "app/jsonfields.h"
#include "core/text.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lockkeeper::app {

namespace {

constexpr int kVersion = 1;

constexpr std::array<std::string_view, 11> kFields{"name",     "environment", "color",  "redis",
                                                   "database", "ssh",         "rights", "families",
                                                   "nodes",    "thresholds",  "cap"};

std::string text(const QString &string)
{
    return string.toStdString();
}

/// A span as people write it, to be read back as the same.
std::string text(milliseconds span)
{
    const QString written = spanText(span);
    const Result<milliseconds> read = parseSpan(written);
    return text(read && *read == span ? written : QString(QString::number(span.count()) + u"ms"));
}

// Reading -----------------------------------------------------------------------------------

std::optional<locks::LockFamily> readFamily(const Json &json, JsonFields &profile)
{
    if (json.is_string()) {
        const QString name = QString::fromStdString(json.get_ref<const std::string &>());
        const Result<locks::LockFamily> builtIn = locks::builtInFamily(name);
        if (builtIn)
            return *builtIn;
        profile.refuse(builtIn.error().what, builtIn.error().hint);
        return std::nullopt;
    }
    if (!json.is_object()) {
        profile.refuse(
            QStringLiteral("a family is neither a name nor an object"),
            QStringLiteral("write \"chat\", \"copilot\" or an object with name, lock_prefix, "
                           "session_prefix, lease and cache_ttl"));
        return std::nullopt;
    }
    JsonFields fields(json, QStringLiteral("a family"));
    locks::LockFamily family;
    family.name = fields.string("name");
    family.lockPrefix = fields.string("lock_prefix").toUtf8();
    family.sessionPrefix = fields.string("session_prefix").toUtf8();
    fields.read("lease", family.lease);
    fields.read("cache_ttl", family.cacheTtl);
    if (fields.fault())
        profile.refuse(fields.fault()->what, fields.fault()->hint);
    return family;
}

void readFamilies(JsonFields &fields, Profile &profile)
{
    const Json *families = fields.find("families");
    if (!families)
        return;
    if (!families->is_array()) {
        fields.refuse(QStringLiteral("families is no list"),
                      QStringLiteral(R"(write it as ["chat", "copilot"])"));
        return;
    }
    for (const Json &one : *families) {
        if (const auto family = readFamily(one, fields))
            profile.families.append(*family);
    }
}

void readNodes(JsonFields &fields, Profile &profile)
{
    const Json *nodes = fields.find("nodes");
    if (!nodes)
        return;
    if (!nodes->is_object()) {
        fields.refuse(QStringLiteral("nodes is no object"),
                      QStringLiteral(R"(write it as {"0242ac110009": "api-3"})"));
        return;
    }
    for (const auto &entry : nodes->items()) {
        const QString written = QString::fromStdString(entry.key());
        const auto id = locks::nodeIdFromText(written);
        if (!id || !entry.value().is_string())
            fields.refuse(u"nodes: \"" + written + u"\" is no node id with a name",
                          QStringLiteral("a node id is 12 hexadecimal digits"));
        else
            profile.nodeNames.insert(
                *id, QString::fromStdString(entry.value().get_ref<const std::string &>()));
    }
}

void readThresholds(JsonFields &fields, Profile &profile)
{
    const Json *json = fields.find("thresholds");
    if (!json)
        return;
    if (!json->is_object()) {
        fields.refuse(QStringLiteral("thresholds is no object"),
                      QStringLiteral(R"(write it as {"renewing_long": "5m"})"));
        return;
    }
    JsonFields thresholds(*json, QStringLiteral("thresholds"));
    thresholds.read("held_long", profile.thresholds.heldLongShare);
    thresholds.read("renewing_long", profile.thresholds.renewingLong);
    thresholds.read("storm_per_minute", profile.thresholds.stormPerMinute);
    if (thresholds.fault())
        fields.refuse(thresholds.fault()->what, thresholds.fault()->hint);
}

/// A word that a guardrail depends on is never guessed.
template<typename Value>
void readWord(JsonFields &fields, const char *name, const QString &words, Value &into,
              std::optional<Value> (*parse)(const QString &))
{
    const QString word = fields.string(name);
    if (word.isEmpty()) {
        fields.refuse(QLatin1StringView(name) + u" is not given", u"write one of " + words);
        return;
    }
    if (const auto value = parse(word))
        into = *value;
    else
        fields.refuse(QLatin1StringView(name) + u": there is no \"" + word + u'"',
                      u"write one of " + words);
}

QByteArray unknownOf(const Json &object)
{
    Json unknown = Json::object();
    for (const auto &entry : object.items()) {
        if (std::ranges::find(kFields, entry.key()) == kFields.end())
            unknown[entry.key()] = entry.value();
    }
    return unknown.empty() ? QByteArray() : QByteArray::fromStdString(unknown.dump());
}

Result<Profile> readProfile(const Json &object, qsizetype place, const QString &where)
{
    if (!object.is_object())
        return Error{ErrorCode::Corrupt,
                     where + u": entry " + QString::number(place) + u" is no profile",
                     {}};
    const QString given = JsonFields(object, {}).string("name");
    JsonFields fields(object, where + u": the profile \"" +
                                  (given.isEmpty() ? QString::number(place) : given) + u'"');
    Profile profile;
    profile.name = fields.string("name");
    readWord(fields, "environment", QStringLiteral("development, staging, production"),
             profile.environment, &environmentFromName);
    profile.color = fields.string("color");
    profile.url = fields.string("redis");
    profile.database = fields.string("database");
    profile.ssh = fields.string("ssh");
    readWord(fields, "rights", QStringLiteral("read-only, stale-locks, operator"), profile.scope,
             &scopeFromName);
    readFamilies(fields, profile);
    readNodes(fields, profile);
    readThresholds(fields, profile);
    fields.read("cap", profile.cap);
    profile.unknownJson = unknownOf(object);
    if (fields.fault())
        return *fields.fault();
    if (const Result<void> valid = check(profile); !valid)
        return Error{valid.error().code, where + u": " + valid.error().what, valid.error().hint};
    return profile;
}

Error noJson(const QString &where, const QString &why)
{
    return {ErrorCode::Corrupt, where + u" is no JSON: " + why,
            QStringLiteral("mend it by hand, or move it away; nothing is written to it "
                           "meanwhile")};
}

Result<Json> readDocument(const QByteArray &json, const QString &where)
{
    if (json.trimmed().isEmpty()) {
        Json empty;
        empty["version"] = kVersion;
        empty["profiles"] = Json::array();
        return empty;
    }
    Json document;
    try {
        document = Json::parse(json.cbegin(), json.cend());
    } catch (const Json::parse_error &fault) {
        const auto end = json.cbegin() + std::min<qsizetype>(json.size(), qsizetype(fault.byte));
        return noJson(where, u"it cannot be read on from line " +
                                 QString::number(std::count(json.cbegin(), end, '\n') + 1));
    } catch (const Json::out_of_range &) {
        return noJson(where, QStringLiteral("a number in it is larger than any"));
    }
    const auto version = document.is_object() ? document.find("version") : document.end();
    const bool isKnown = document.is_object() && version != document.end() &&
                         version->is_number_integer() && version->get<qint64>() == kVersion;
    if (!isKnown || !document.contains("profiles") || !document["profiles"].is_array())
        return Error{ErrorCode::Corrupt,
                     where + u" is no file of profiles of version " + QString::number(kVersion),
                     QStringLiteral("a newer Lockkeeper may have written it; nothing is written "
                                    "to it meanwhile")};
    return document;
}

// Writing -----------------------------------------------------------------------------------

bool isNamed(const Json &object, const QString &name)
{
    return object.is_object() && JsonFields(object, {}).string("name") == name;
}

/// `before`: the families as they were written, of which fields that are not known stay.
Json familyJson(const locks::LockFamily &family, const Json &before)
{
    const auto known =
        std::ranges::find_if(before, [&](const Json &one) { return isNamed(one, family.name); });
    const Result<locks::LockFamily> builtIn = locks::builtInFamily(family.name);
    if (known == before.end() && builtIn && *builtIn == family)
        return text(family.name);
    Json json = known == before.end() ? Json::object() : *known;
    json["name"] = text(family.name);
    json["lock_prefix"] = family.lockPrefix.toStdString();
    json["session_prefix"] = family.sessionPrefix.toStdString();
    json["lease"] = text(family.lease);
    json["cache_ttl"] = text(family.cacheTtl);
    return json;
}

/// What is as if it were not written is not written.
void put(Json &json, const char *name, const Json &value, bool isDefault)
{
    if (isDefault)
        json.erase(name);
    else
        json[name] = value;
}

void writeThresholds(const Thresholds &thresholds, Json &profile)
{
    const Thresholds usual;
    Json json = profile.value("thresholds", Json::object());
    if (!json.is_object())
        json = Json::object();
    put(json, "held_long", thresholds.heldLongShare,
        thresholds.heldLongShare == usual.heldLongShare);
    put(json, "renewing_long", text(thresholds.renewingLong),
        thresholds.renewingLong == usual.renewingLong);
    put(json, "storm_per_minute", thresholds.stormPerMinute,
        thresholds.stormPerMinute == usual.stormPerMinute);
    put(profile, "thresholds", json, json.empty());
}

void write(const Profile &profile, Json &json)
{
    json["name"] = text(profile.name);
    json["environment"] = name(profile.environment).data();
    put(json, "color", text(profile.color), profile.color.isEmpty());
    json["redis"] = text(profile.url);
    put(json, "database", text(profile.database), profile.database.isEmpty());
    put(json, "ssh", text(profile.ssh), profile.ssh.isEmpty());
    json["rights"] = name(profile.scope).data();
    const Json before = json.value("families", Json::array());
    Json families = Json::array();
    for (const locks::LockFamily &family : profile.families)
        families.push_back(familyJson(family, before));
    put(json, "families", families, profile.families.isEmpty());
    Json nodes = Json::object();
    QStringList ids = profile.nodeNames.keys();
    ids.sort();
    for (const QString &id : ids)
        nodes[text(id)] = text(profile.nodeNames.value(id));
    put(json, "nodes", nodes, ids.isEmpty());
    writeThresholds(profile.thresholds, json);
    put(json, "cap", profile.cap, profile.cap == Guardrails::kDefaultCap);
}

QByteArray documentText(const Json &document)
{
    return QByteArray::fromStdString(document.dump(2, ' ', false, Json::error_handler_t::replace) +
                                     '\n');
}

} // namespace

const Profile *ProfileList::find(const QString &name) const
{
    const auto found = std::ranges::find(profiles, name, &Profile::name);
    return found == profiles.end() ? nullptr : &*found;
}

Result<ProfileList> readProfiles(const QByteArray &json, const QString &where)
{
    const Result<Json> document = readDocument(json, where);
    if (!document)
        return document.error();
    ProfileList list;
    qsizetype place = 0;
    for (const Json &object : (*document)["profiles"]) {
        const Result<Profile> profile = readProfile(object, ++place, where);
        if (!profile)
            list.faults.append(profile.error());
        else if (list.find(profile->name))
            list.faults.append({ErrorCode::InvalidInput,
                                where + u" has two profiles \"" + profile->name + u'"',
                                QStringLiteral("the first is used; rename the other")});
        else
            list.profiles.append(*profile);
    }
    return list;
}

QByteArray writeProfiles(const QList<Profile> &profiles)
{
    Json document = *readDocument({}, {});
    for (const Profile &profile : profiles)
        write(profile, document["profiles"].emplace_back(Json::object()));
    return documentText(document);
}

Result<QByteArray> withProfile(const QByteArray &json, const Profile &profile, const QString &where)
{
    Result<Json> document = readDocument(json, where);
    if (!document)
        return document.error();
    Json &profiles = (*document)["profiles"];
    const auto found = std::ranges::find_if(
        profiles, [&](const Json &object) { return isNamed(object, profile.name); });
    write(profile, found != profiles.end() ? *found : profiles.emplace_back(Json::object()));
    return documentText(*document);
}

Result<QByteArray> withoutProfile(const QByteArray &json, const QString &name, const QString &where)
{
    Result<Json> document = readDocument(json, where);
    if (!document)
        return document.error();
    Json &profiles = (*document)["profiles"];
    const auto found =
        std::ranges::find_if(profiles, [&](const Json &object) { return isNamed(object, name); });
    if (found == profiles.end())
        return Error{ErrorCode::NotFound, u"there is no profile \"" + name + u'"',
                     QStringLiteral("lockkeeper-cli profile list shows those that there are")};
    profiles.erase(found);
    return documentText(*document);
}

} // namespace lockkeeper::app
