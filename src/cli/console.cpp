// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"

#include "cli/ending.h"

#include <QSocketNotifier>

#include <array>
#include <optional>
#include <termios.h>
#include <unistd.h>

namespace lockkeeper::cli {

namespace {

/// Hides what is typed, as long as it lives.
class HiddenTyping
{
public:
    HiddenTyping()
        : m_isHidden(::tcgetattr(STDIN_FILENO, &m_before) == 0)
    {
        termios hidden = m_before;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        hidden.c_lflag |= ECHONL; // the end of the line is shown
        if (m_isHidden)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    ~HiddenTyping()
    {
        if (m_isHidden)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
    }
    HiddenTyping(const HiddenTyping &) = delete;
    HiddenTyping &operator=(const HiddenTyping &) = delete;

private:
    termios m_before{};
    bool m_isHidden;
};

} // namespace

bool isInteractive()
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

Task<QString> ask(QString question, std::stop_token stop, Echo echo)
{
    std::optional<HiddenTyping> hidden;
    if (echo == Echo::Off)
        hidden.emplace();
    const QByteArray prompt = question.toUtf8() + ' ';
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, prompt.constData(), static_cast<size_t>(prompt.size()));

    Ending<QString> answer;
    const auto stopped = endOnStop(stop, answer);
    QSocketNotifier notifier(STDIN_FILENO, QSocketNotifier::Read);
    QByteArray line;
    QObject::connect(&notifier, &QSocketNotifier::activated, &notifier, [&] {
        std::array<char, 256> buffer{};
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count > 0)
            line.append(buffer.data(), count);
        if (count <= 0)
            answer.end(Error{ErrorCode::Cancelled, QStringLiteral("no answer"), {}});
        else if (line.endsWith('\n'))
            answer.end(QString::fromUtf8(line.chopped(1))); // blanks may belong to a password
        notifier.setEnabled(!answer.hasEnded());
    });
    co_return co_await answer.future();
}

} // namespace lockkeeper::cli
