// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire.h"

#include <array>
#include <charconv>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lockkeeper::bench {

namespace {

long long numberIn(std::string_view text)
{
    long long number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

Wire::Wire(const std::string &socketPath)
    : m_socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socketPath.c_str(), sizeof address.sun_path - 1);
    if (::connect(m_socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        ::close(m_socket);
        m_socket = -1;
    }
}

Wire::~Wire()
{
    if (m_socket >= 0)
        ::close(m_socket);
}

void Wire::add(const std::vector<std::string_view> &words)
{
    m_out += '*' + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
        m_out += '$' + std::to_string(word.size()) + "\r\n";
        m_out += word;
        m_out += "\r\n";
    }
}

void Wire::flush()
{
    std::size_t sent = 0;
    while (sent < m_out.size()) {
        const auto written =
            ::send(m_socket, m_out.data() + sent, m_out.size() - sent, MSG_NOSIGNAL);
        if (written <= 0)
            break;
        sent += static_cast<std::size_t>(written);
    }
    m_out.clear();
}

Wire::Value Wire::call(const std::vector<std::string_view> &words)
{
    add(words);
    flush();
    return next();
}

bool Wire::receive(std::chrono::milliseconds limit)
{
    pollfd ready{m_socket, POLLIN, 0};
    if (m_socket < 0 || ::poll(&ready, 1, static_cast<int>(limit.count())) <= 0)
        return false;
    std::array<char, 64 * 1024> buffer;
    const auto count = ::recv(m_socket, buffer.data(), buffer.size(), 0);
    if (count <= 0)
        return false;
    m_in.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

bool Wire::line(std::string_view &line, std::chrono::milliseconds limit)
{
    for (;;) {
        const auto end = m_in.find("\r\n", m_read);
        if (end != std::string::npos) {
            line = std::string_view(m_in).substr(m_read, end - m_read);
            m_read = end + 2;
            return true;
        }
        if (!receive(limit))
            return false;
    }
}

Wire::Value Wire::next(std::chrono::milliseconds limit)
{
    if (m_read == m_in.size() || m_read > 1'000'000) {
        m_in.erase(0, m_read);
        m_read = 0;
    }
    Value value;
    std::string_view head;
    if (!line(head, limit) || head.empty())
        return value;
    value.type = head[0];
    if (value.type == '+' || value.type == '-') {
        value.text = head.substr(1);
        return value;
    }
    value.number = numberIn(head.substr(1));
    if (value.type == '$' && value.number >= 0) {
        const auto size = static_cast<std::size_t>(value.number);
        while (m_in.size() < m_read + size + 2) {
            if (!receive(limit))
                return {};
        }
        value.text = m_in.substr(m_read, size);
        m_read += size + 2;
    } else if (value.type == '*') {
        const long long count = value.number; // the rest of m_in moves no more: see above
        for (long long i = 0; i < count; ++i)
            value.elements.push_back(next(limit));
    }
    return value;
}

} // namespace lockkeeper::bench
