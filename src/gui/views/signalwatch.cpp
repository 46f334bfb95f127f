// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/views/signalwatch.h"

#include <QSocketNotifier>

#include <array>
#include <cerrno>
#include <csignal>
#include <sys/socket.h>
#include <unistd.h>

namespace lockkeeper::gui {

namespace {

// A signal handler may touch nothing but the like of these.
std::array<int, 2> sockets{-1, -1};

void writeSignal(int)
{
    const int saved = errno;
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(sockets[0], &byte, 1);
    errno = saved;
}

void handle(void (*handler)(int))
{
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, nullptr);
    sigaction(SIGINT, &action, nullptr);
}

} // namespace

SignalWatch::SignalWatch(QObject *parent)
    : QObject(parent)
{
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets.data()) != 0)
        return; // signals end the program as they do by themselves
    m_notifier = new QSocketNotifier(sockets[1], QSocketNotifier::Read, this);
    connect(m_notifier, &QSocketNotifier::activated, this, &SignalWatch::readSignal);
    handle(writeSignal);
}

SignalWatch::~SignalWatch()
{
    if (!m_notifier)
        return;
    handle(SIG_DFL);
    delete m_notifier;
    for (int &socket : sockets)
        ::close(std::exchange(socket, -1));
}

void SignalWatch::readSignal()
{
    std::array<char, 16> bytes{};
    if (::read(sockets[1], bytes.data(), bytes.size()) > 0)
        emit received();
}

} // namespace lockkeeper::gui
