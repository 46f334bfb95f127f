// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/signalwatcher.h"

#include <QSocketNotifier>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace lockkeeper {

namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
constexpr int kPatience = 3;

/// The only thing that a signal handler can reach.
std::atomic<int> writeEnd{-1};

void pass(int number)
{
    const int saved = errno; // of whatever was interrupted
    const auto byte = static_cast<char>(number);
    [[maybe_unused]] const ssize_t count = ::write(writeEnd.load(), &byte, 1);
    errno = saved;
}

/// Sets the handler of every signal; a SIGHUP that nohup had ignored stays so. Scripts start what
/// runs in the background with SIGINT ignored, and mean it when they send one.
void handle(void (*handler)(int))
{
    for (const int number : kSignals) {
        struct sigaction now = {};
        sigaction(number, nullptr, &now);
        if (number == SIGHUP && now.sa_handler == SIG_IGN)
            continue;
        struct sigaction action = {};
        action.sa_handler = handler;
        action.sa_flags = SA_RESTART;
        sigemptyset(&action.sa_mask);
        sigaction(number, &action, nullptr);
    }
}

} // namespace

SignalWatcher::SignalWatcher(QObject *parent)
    : QObject(parent)
{
    if (::pipe2(m_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return; // the signals then do what they do to every program
    writeEnd = m_pipe[1];
    auto *notifier = new QSocketNotifier(m_pipe[0], QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, &SignalWatcher::readAll);
    handle(pass);
}

SignalWatcher::~SignalWatcher()
{
    if (m_pipe[0] < 0)
        return;
    handle(SIG_DFL);
    writeEnd = -1;
    for (const int end : m_pipe)
        ::close(end);
}

void SignalWatcher::readAll()
{
    char number = 0;
    while (::read(m_pipe[0], &number, 1) == 1) {
        if (++m_count >= kPatience) {
            handle(SIG_DFL);
            ::raise(number);
        }
        emit received(number);
    }
}

} // namespace lockkeeper
