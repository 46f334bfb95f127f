// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace lockkeeper::bench {

/// The least that can talk to Redis: a blocking socket and a parser, without event loop and without
/// Qt. What is measured beside Lockkeeper stands on it.
class Wire
{
public:
    struct Value
    {
        char type = '_'; ///< as on the wire; '_' when nothing came
        std::string text;
        long long number = 0; ///< of an integer; -1 for nil
        std::vector<Value> elements;
    };

    explicit Wire(const std::string &socketPath);
    ~Wire();
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;

    /// Adds a command to what flush() sends.
    void add(const std::vector<std::string_view> &words);
    void flush();
    /// The next reply or message; type '_' when none came in time or the connection is gone.
    [[nodiscard]] Value next(std::chrono::milliseconds limit = std::chrono::seconds(30));
    /// One command and its reply.
    Value call(const std::vector<std::string_view> &words);

private:
    [[nodiscard]] bool receive(std::chrono::milliseconds limit);
    [[nodiscard]] bool line(std::string_view &line, std::chrono::milliseconds limit);

    int m_socket = -1;
    std::string m_out;
    std::string m_in;
    std::size_t m_read = 0; ///< of m_in
};

} // namespace lockkeeper::bench
