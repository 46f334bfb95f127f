// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/profileview.h"

#include "core/text.h"

#include <QCoreApplication>

namespace lockkeeper::cli {

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::cli", text);
}

Tone toneOf(app::Environment environment)
{
    switch (environment) {
    case app::Environment::Production:
        return Tone::Bad;
    case app::Environment::Staging:
        return Tone::Warn;
    case app::Environment::Development:
    case app::Environment::None:
        return Tone::Ok;
    }
    Q_UNREACHABLE();
}

QString familyText(const locks::LockFamily &family)
{
    return tr("%1: %2*, %3*, lease %4, cache %5")
        .arg(family.name, printable(family.lockPrefix), printable(family.sessionPrefix),
             spanText(family.lease), spanText(family.cacheTtl));
}

} // namespace

TextTable profileTable(const QList<app::Profile> &profiles)
{
    TextTable table({{tr("NAME")},
                     {tr("ENVIRONMENT")},
                     {tr("RIGHTS")},
                     {tr("REDIS"), false, true},
                     {tr("DATABASE"), false, true}});
    for (const app::Profile &profile : profiles)
        table.add({{profile.name, Tone::Strong},
                   {QString(name(profile.environment)), toneOf(profile.environment)},
                   {QString(name(profile.scope))},
                   {profile.url},
                   {profile.database.isEmpty() ? tr("none") : profile.database}});
    return table;
}

void printProfile(const app::Profile &profile, Output &output)
{
    const auto say = [&output](const QString &word, const QString &text) {
        output.line(word.leftJustified(12) + text);
    };
    output.line(profile.name, Tone::Strong);
    say(tr("environment"), QString(name(profile.environment)));
    say(tr("redis"), profile.url);
    say(tr("database"), profile.database.isEmpty() ? tr("none") : profile.database);
    say(tr("tunnel"), profile.ssh.isEmpty() ? tr("none") : profile.ssh);
    say(tr("rights"), QString(name(profile.scope)));
    say(tr("cap"), tr("%1 locks at once").arg(profile.cap));
    for (const locks::LockFamily &family : profile.families)
        say(tr("family"), familyText(family));
    QStringList nodes = profile.nodeNames.keys();
    nodes.sort();
    for (const QString &node : nodes)
        say(tr("node"), node + u' ' + profile.nodeNames.value(node));
    say(tr("thresholds"), tr("held long from %1 of the lease, renewing long from %2, storm from %3 "
                             "a minute")
                              .arg(profile.thresholds.heldLongShare)
                              .arg(spanText(profile.thresholds.renewingLong))
                              .arg(profile.thresholds.stormPerMinute));
}

QByteArray profilesDocument(const QList<app::Profile> &profiles)
{
    return app::writeProfiles(profiles).trimmed(); // as other documents, without the line's end
}

} // namespace lockkeeper::cli
