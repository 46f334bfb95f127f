// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commandline.h"
#include "integration/cli/cliprogram.h"
#include "support/need.h"

#include <QRegularExpression>
#include <QStandardPaths>
#include <QTest>

using namespace lockkeeper;
using namespace lockkeeper::test;

namespace {

QByteArray sourceFile(const char *path)
{
    return readFile(qEnvironmentVariable("LK_SOURCE") + u'/' + QString::fromUtf8(path));
}

/// The options that a help text describes, those that all verbs have left out.
QStringList ownOptions(const QByteArray &help)
{
    static const QRegularExpression kOption(QStringLiteral("^  (--[a-z-]+)"),
                                            QRegularExpression::MultilineOption);
    const qsizetype common = help.indexOf("\nConnection and output");
    QStringList options;
    auto found = kOption.globalMatch(QString::fromUtf8(help.left(common)));
    while (found.hasNext())
        options.append(found.next().captured(1));
    return options;
}

/// The completion's words for the line that ends with the given words.
QStringList completed(const QStringList &line)
{
    QProcess bash;
    const QString script =
        QStringLiteral("source \"$LK_SOURCE/packaging/completions/lockkeeper-cli\"\n"
                       "COMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n"
                       "_lockkeeper_cli \"$1\" \"${COMP_WORDS[COMP_CWORD]}\" "
                       "\"${COMP_WORDS[COMP_CWORD - 1]}\"\n"
                       "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    bash.start(QStringLiteral("bash"),
               QStringList{QStringLiteral("-c"), script, QStringLiteral("bash")} + line);
    return QString::fromUtf8(ended(bash).out).split(u'\n', Qt::SkipEmptyParts);
}

} // namespace

/// What is written about the command line, in four places, against what it takes.
class TestCliHelp final : public QObject
{
    Q_OBJECT

private slots:
    void fitsATerminal();
    void isWholeInTheManual();
    void isWholeInTheCompletion();
    void hasAnExampleOfProfilesThatIsOne();
};

void TestCliHelp::fitsATerminal()
{
    const CliProgram cli;
    QStringList verbs = cli::CommandLine().verbs();
    verbs << QString() << QStringLiteral("session") << QStringLiteral("audit")
          << QStringLiteral("profile");
    for (const QString &verb : std::as_const(verbs)) {
        const CliRun run = cli.run(verb.split(u' ', Qt::SkipEmptyParts) + words("--help"));
        QCOMPARE(run.exitCode, 0);
        for (const QString &line : QString::fromUtf8(run.out).split(u'\n'))
            QVERIFY2(line.size() <= 100, qPrintable(verb + u": " + line));
    }
}

void TestCliHelp::isWholeInTheManual()
{
    const CliProgram cli;
    const QByteArray page = sourceFile("docs/cli.md") + sourceFile("docs/profiles.md");
    const QByteArray manual = sourceFile("packaging/man/lockkeeper-cli.1").replace("\\-", "-");
    QVERIFY(!page.isEmpty() && !manual.isEmpty());
    const auto isTold = [&](const QString &word) {
        const QByteArray inManual =
            word.startsWith(u"--") ? "Fl -" + word.mid(2).toUtf8() : word.toUtf8();
        QVERIFY2(page.contains(word.toUtf8()), qPrintable(word + u" is not in docs"));
        QVERIFY2(manual.contains(inManual), qPrintable(word + u" is not in the manual page"));
    };
    for (const QString &verb : cli::CommandLine().verbs()) {
        for (const QString &word : verb.split(u' '))
            isTold(word);
        for (const QString &option : ownOptions(cli.run(verb.split(u' ') + words("--help")).out))
            isTold(option);
    }
}

void TestCliHelp::isWholeInTheCompletion()
{
    LK_NEED_PROGRAM("bash");
    const CliProgram cli;
    const QString program = QStringLiteral("lockkeeper-cli");
    for (const QString &verb : cli::CommandLine().verbs()) {
        QStringList line{program};
        for (const QString &word : verb.split(u' ')) {
            const QStringList offered = completed(line + QStringList{QString()});
            QVERIFY2(offered.contains(word), qPrintable(verb + u": " + offered.join(u' ')));
            line.append(word);
        }
        QStringList wanted = ownOptions(cli.run(verb.split(u' ') + words("--help")).out);
        const QStringList offered = completed(line + words("--"));
        wanted << words("--url --profile --unlock --read-only --json --help");
        for (const QString &option : std::as_const(wanted))
            QVERIFY2(offered.contains(option), qPrintable(verb + u" misses " + option));
        // And no more than there is, common options aside.
        for (const QString &option : offered) {
            const bool isTaken = option == u"--" ||
                                 cli.run(words("--help")).out.contains(option.toUtf8()) ||
                                 wanted.contains(option);
            QVERIFY2(isTaken, qPrintable(verb + u" does not take " + option));
        }
    }
}

/// With every field that there is.
void TestCliHelp::hasAnExampleOfProfilesThatIsOne()
{
    const QByteArray page = sourceFile("docs/profiles.md");
    const qsizetype begin = page.indexOf("```json\n") + 8;
    const QByteArray example = page.mid(begin, page.indexOf("```", begin) - begin);
    const CliProgram cli;
    const QString file = writeFile(cli.path(QStringLiteral("example.json")), example);
    const CliRun run = cli.run(words("profile import") << file);
    QVERIFY2(run.exitCode == 0 && run.err.contains("1 added"), run.err.constData());
    const QJsonObject profile =
        cli.run(words("profile show api-prod --json")).object()[u"profiles"][0].toObject();
    for (const QString &field : profile.keys())
        QVERIFY2(page.contains(QByteArray("| `" + field.toUtf8() + "` |")), qPrintable(field));
    QVERIFY(profile.contains(u"families") && profile.contains(u"nodes"));
    QCOMPARE(profile[u"cap"].toInt(), 20);
}

QTEST_GUILESS_MAIN(TestCliHelp)
#include "tst_cli_help.moc"
