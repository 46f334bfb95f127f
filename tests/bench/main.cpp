// SPDX-License-Identifier: GPL-3.0-or-later
// What Lockkeeper costs and how quick it is, each figure beside what people use today.
#include "benches.h"
#include "child.h"
#include "report.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QLoggingCategory>
#include <QTextStream>

using namespace lockkeeper::bench;

namespace {

struct Part
{
    const char *name;
    void (*measure)(Report &, const Scale &);
};

constexpr Part kParts[] = {
    {"snapshot", measureSnapshots}, {"change", measureChanges}, {"cpu", measureProcessor},
    {"window", measureWindow},      {"memory", measureMemory},  {"start", measureStart},
    {"expiry", measureExpiry},
};

} // namespace

int main(int argc, char **argv)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    QLoggingCategory::setFilterRules(QStringLiteral("lockkeeper.*=false\ndefault.warning=false"));
    if (const auto ended = actAsChild(QApplication::arguments()))
        return *ended;
    QCommandLineParser parser;
    QStringList names;
    for (const Part &part : kParts)
        names.append(QString::fromLatin1(part.name));
    parser.addHelpOption();
    const QCommandLineOption quick(QStringLiteral("quick"), QStringLiteral("Smaller keyspaces."));
    const QCommandLineOption keys(QStringLiteral("keys"),
                                  QStringLiteral("The largest keyspace to be measured."),
                                  QStringLiteral("number"));
    parser.addOptions({quick, keys});
    parser.addPositionalArgument(QStringLiteral("parts"),
                                 QStringLiteral("Which, of: ") + names.join(QStringLiteral(", ")),
                                 QStringLiteral("[parts…]"));
    parser.process(application);
    Scale scale;
    if (parser.isSet(quick))
        scale = {.keys = {100'000}, .middle = 100'000, .rows = 10'000, .otherTtls = 100'000};
    if (parser.isSet(keys))
        scale.keys.removeIf([&](int size) { return size > parser.value(keys).toInt(); });
    QTextStream out(stdout);
    Report report(out);
    out << machineText() << "\n";
    for (const Part &part : kParts) {
        const QStringList wanted = parser.positionalArguments();
        if (wanted.isEmpty() || wanted.contains(QString::fromLatin1(part.name)))
            part.measure(report, scale);
    }
    report.print();
    return 0;
}
