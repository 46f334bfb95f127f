// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/signalwatcher.h"

#include <QSocketNotifier>

#include <array>
#include <atomic>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

namespace lockkeeper::cli {

namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
constexpr int kPatience = 3;

/// The only thing that a signal handler can reach.
std::atomic<int> writeEnd{-1};

void handle(int number)
{
    const auto byte = static_cast<char>(number);
    [[maybe_unused]] const ssize_t count = ::write(writeEnd.load(), &byte, 1);
}

} // namespace

SignalWatcher::SignalWatcher(QObject *parent)
    : QObject(parent)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return; // the signals then do what they do to every program
    m_readEnd = ends[0];
    writeEnd = ends[1];
    auto *notifier = new QSocketNotifier(m_readEnd, QSocketNotifier::Read, this);
    connect(notifier, &QSocketNotifier::activated, this, &SignalWatcher::readOne);
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = SA_RESTART;
    for (const int number : kSignals)
        sigaction(number, &action, nullptr);
}

SignalWatcher::~SignalWatcher()
{
    if (m_readEnd < 0)
        return;
    for (const int number : kSignals)
        std::signal(number, SIG_DFL);
    ::close(m_readEnd);
    ::close(writeEnd.exchange(-1));
}

void SignalWatcher::readOne()
{
    char byte = 0;
    if (::read(m_readEnd, &byte, 1) != 1)
        return;
    if (++m_count >= kPatience) {
        std::signal(byte, SIG_DFL);
        ::raise(byte);
    }
    emit received(byte);
}

} // namespace lockkeeper::cli
