// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "locks/owner.h"

#include <cstdint>

/// The containers in which the demo's owners pretend to run: their nodes stand in lock tokens.
namespace lockkeeper::demo {

/// Of the worker with this number, from 1.
[[nodiscard]] std::uint64_t workerNode(int number);

inline constexpr std::uint64_t kForgetfulNode = 0x0242'AC12'0027; ///< sets locks without lease
inline constexpr std::uint64_t kCrashingNode = 0x0242'AC12'0029;
inline constexpr std::uint64_t kSlowNode = 0x0242'AC12'0031;
inline constexpr std::uint64_t kTirelessNode = 0x0242'AC12'0032; ///< renews for hours
inline constexpr std::uint64_t kUnknownNode = 0x0242'AC12'0009;  ///< has no name

/// Names for all of them but the unknown one.
[[nodiscard]] locks::NodeNames namesOfNodes(int workers);

} // namespace lockkeeper::demo
