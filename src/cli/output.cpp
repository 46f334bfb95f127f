// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include <QCoreApplication>

#include <cerrno>
#include <csignal>
#include <sys/ioctl.h>
#include <unistd.h>

namespace lockkeeper::cli {

namespace {

bool wantsColour(int descriptor)
{
    return isatty(descriptor) == 1 && qEnvironmentVariableIsEmpty("NO_COLOR") &&
           qgetenv("TERM") != "dumb";
}

int terminalWidth()
{
    winsize size{};
    if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

/// @return 0, or the errno of the write that failed.
int writeAll(int descriptor, const QByteArray &bytes)
{
    qsizetype done = 0;
    while (done < bytes.size()) {
        const ssize_t count =
            ::write(descriptor, bytes.constData() + done, static_cast<size_t>(bytes.size() - done));
        if (count >= 0)
            done += count;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

} // namespace

Output::Output()
    : m_width(terminalWidth())
    , m_isColoured(wantsColour(STDOUT_FILENO))
    , m_areErrorsColoured(wantsColour(STDERR_FILENO))
{
    std::signal(SIGPIPE, SIG_IGN); // a reader that went away is an errno, see isBroken()
}

void Output::line(const QString &text, Tone tone)
{
    write(QString((m_isColoured ? painted(text, tone) : text) + u'\n').toUtf8());
}

void Output::table(const TextTable &table)
{
    write(table.rendered(m_width, m_isColoured).toUtf8());
}

void Output::json(const QByteArray &document)
{
    write(document + '\n');
}

void Output::note(const QString &text, Tone tone)
{
    writeError(text, tone);
}

void Output::warning(const QString &text)
{
    writeError(QCoreApplication::translate("cli", "warning: %1").arg(text), Tone::Warn);
}

void Output::error(const Error &error)
{
    writeError(QStringLiteral("lockkeeper-cli: ") + error.what, Tone::Bad);
    if (!error.hint.isEmpty())
        writeError(QStringLiteral("  ") + error.hint, Tone::Plain);
}

void Output::write(const QByteArray &bytes)
{
    if (m_isBroken)
        return;
    const int failure = writeAll(STDOUT_FILENO, bytes);
    m_isBroken = failure != 0;
    m_isIncomplete = m_isBroken && failure != EPIPE;
    if (m_isIncomplete)
        error({ErrorCode::Io,
               QCoreApplication::translate("cli", "the output could not be written: %1")
                   .arg(qt_error_string(failure)),
               {}});
}

void Output::writeError(const QString &text, Tone tone)
{
    const QString line = m_areErrorsColoured ? painted(text, tone) : text;
    writeAll(STDERR_FILENO, QString(line + u'\n').toUtf8());
}

} // namespace lockkeeper::cli
