// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/startoptions.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QProcessEnvironment>

namespace lockkeeper::gui {

namespace {

constexpr int kUsage = 2;

QString tr(const char *text)
{
    return QCoreApplication::translate("lockkeeper::gui::options", text);
}

QList<QCommandLineOption> options()
{
    const auto with = [](const char *name, const QString &what, const QString &value = {}) {
        return QCommandLineOption(QString::fromLatin1(name), what, value);
    };
    return {
        with("url",
             tr("Redis: redis://, rediss://, redis+unix://, redis+sentinel:// or redis+cluster://"),
             tr("URL")),
        with("db", tr("Session database: postgresql://… or sqlite:///path"), tr("DSN")),
        with("family", tr("Family of locks: chat (as if not given) or copilot"), tr("NAME")),
        with("lock-prefix", tr("Prefix of the lock keys"), tr("PREFIX")),
        with("session-prefix", tr("Prefix of the cached sessions"), tr("PREFIX")),
        with("lease", tr("Lease of the locks, such as 60s"), tr("DURATION")),
        with("read-only", tr("Look, but change nothing")),
        with("profile", tr("Open a saved connection, with its guardrails"), tr("NAME")),
        with("demo", tr("Start a private server with simulated workers")),
        with("theme", tr("light, dark, or as the system"), tr("light|dark|system")),
        with("screenshot", tr("Save a picture of the window to FILE and quit"), tr("FILE"))};
}

QString helpText(const QString &program, const QList<QCommandLineOption> &all)
{
    QString text = tr("Usage: %1 [options]\n\n"
                      "Watches the session locks of a chat back end, and releases or deletes what "
                      "is stuck.\nWithout --url and --db the environment is asked: LOCKKEEPER_URL, "
                      "LOCKKEEPER_DB,\nelse REDIS_HOST or REDIS_CLUSTER_HOST with their _PORT, "
                      "REDIS_PASSWORD, DATABASE_URL.\n\n")
                       .arg(program);
    const auto line = [&text](const QString &option, const QString &what) {
        text += u"  " + option.leftJustified(28) + u' ' + what + u'\n';
    };
    for (const QCommandLineOption &option : all)
        line(u"--" + option.names().constFirst() +
                 (option.valueName().isEmpty() ? QString() : QString(u' ' + option.valueName())),
             option.description());
    line(QStringLiteral("--help"), tr("This text"));
    line(QStringLiteral("--version"), tr("The version"));
    return text + tr("\nThe same from a terminal: lockkeeper-cli --help\n");
}

app::TargetInput inputFrom(const QCommandLineParser &parser)
{
    const auto given = [&parser](const char *name) {
        const QString option = QString::fromLatin1(name);
        return parser.isSet(option) ? std::optional(parser.value(option)) : std::nullopt;
    };
    app::TargetInput input;
    input.url = given("url").value_or(QString());
    input.database = given("db").value_or(QString());
    input.family = given("family").value_or(QString());
    input.lockPrefix = given("lock-prefix");
    input.sessionPrefix = given("session-prefix");
    input.lease = given("lease");
    input.isReadOnly = given("read-only").has_value();
    return input;
}

} // namespace

StartRequest readArguments(int argc, char **argv, const QString &version)
{
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments.append(QString::fromLocal8Bit(argv[i]));
    const QList<QCommandLineOption> all = options();
    QCommandLineParser parser;
    parser.addOptions(all);
    const QCommandLineOption help(QStringList{QStringLiteral("h"), QStringLiteral("help")});
    const QCommandLineOption versionOption(
        QStringList{QStringLiteral("v"), QStringLiteral("version")});
    parser.addOption(help);
    parser.addOption(versionOption);

    StartRequest request;
    const bool isUnderstood = parser.parse(arguments);
    if (isUnderstood && parser.isSet(help)) {
        request.text = helpText(QStringLiteral("lockkeeper"), all);
        return request;
    }
    if (isUnderstood && parser.isSet(versionOption)) {
        request.text = u"lockkeeper " + version + u'\n';
        return request;
    }
    const QString theme = parser.value(QStringLiteral("theme"));
    const auto appearance =
        Appearance::fromName(theme.isEmpty() ? QStringLiteral("system") : theme);
    QString error = isUnderstood ? QString() : parser.errorText();
    if (error.isEmpty() && !parser.positionalArguments().isEmpty())
        error = tr("\"%1\" is not understood").arg(parser.positionalArguments().constFirst());
    if (error.isEmpty() && !appearance)
        error = tr("--theme takes light, dark or system, not \"%1\"").arg(theme);
    for (const char *name : {"url", "db", "family", "profile"}) {
        const QString option = QString::fromLatin1(name);
        if (error.isEmpty() && parser.isSet(option) && parser.value(option).isEmpty())
            error = tr("--%1 must not be empty").arg(option);
    }
    if (error.isEmpty() && parser.isSet(QStringLiteral("profile")) &&
        (parser.isSet(QStringLiteral("url")) || parser.isSet(QStringLiteral("demo"))))
        error = tr("--profile brings its own server");
    if (!error.isEmpty()) {
        request.text = u"lockkeeper: " + error + u"\n" + tr("Try lockkeeper --help") + u'\n';
        request.exitCode = kUsage;
        return request;
    }
    const QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    request.options.input = inputFrom(parser);
    request.options.profile = parser.value(QStringLiteral("profile"));
    request.options.isDemo = parser.isSet(QStringLiteral("demo"));
    request.options.isTargetGiven = app::isServerGiven(request.options.input, environment);
    request.options.appearance = *appearance;
    request.options.screenshotFile = parser.value(QStringLiteral("screenshot"));
    return request;
}

} // namespace lockkeeper::gui
