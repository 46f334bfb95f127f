// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"

#include "cli/ending.h"

#include <QSocketNotifier>

#include <array>
#include <unistd.h>

namespace lockkeeper::cli {

bool isInteractive()
{
    return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

Task<QString> ask(QString question, std::stop_token stop)
{
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
            answer.end(QString::fromUtf8(line).trimmed());
        notifier.setEnabled(!answer.hasEnded());
    });
    co_return co_await answer.future();
}

} // namespace lockkeeper::cli
