// SPDX-License-Identifier: GPL-3.0-or-later
#include "integration/cli/terminal.h"

#include "support/childprocess.h"

#include <QTest>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

namespace lockkeeper::test {

Terminal::Terminal()
    : m_keyboard(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC))
{
    ::grantpt(m_keyboard);
    ::unlockpt(m_keyboard);
    m_name = ::ptsname(m_keyboard);
    m_screen = ::open(m_name.constData(), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

Terminal::~Terminal()
{
    ::close(m_screen);
    ::close(m_keyboard);
}

bool Terminal::hasEcho() const
{
    termios now{};
    return ::tcgetattr(m_screen, &now) == 0 && (now.c_lflag & ECHO) != 0;
}

void Terminal::type(const QByteArray &keys)
{
    QCOMPARE(::write(m_keyboard, keys.constData(), static_cast<size_t>(keys.size())), keys.size());
}

QByteArray Terminal::text()
{
    pollfd ready{m_keyboard, POLLIN, 0};
    while (::poll(&ready, 1, 0) == 1) {
        char buffer[4096];
        const ssize_t count = ::read(m_keyboard, buffer, sizeof buffer);
        if (count <= 0)
            break;
        m_text.append(buffer, count);
    }
    return m_text;
}

std::unique_ptr<QProcess> startOn(const Terminal &terminal, const CliProgram &cli,
                                  const QStringList &arguments)
{
    auto process = std::make_unique<QProcess>();
    process->setProcessEnvironment(cli.environment());
    process->setStandardInputFile(terminal.name());
    process->setStandardErrorFile(terminal.name());
    dieWithParent(*process);
    process->start(qEnvironmentVariable("LK_BIN") + QStringLiteral("/lockkeeper-cli"), arguments);
    return process;
}

} // namespace lockkeeper::test
