#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/overload/load.h"

namespace dyad::proof {

/// A group of items is written by one TransactWriteItems and read by one BatchGetItem: requests
/// that cost the server far more than they cost who sends them, so that one thread is enough for
/// several times what the server can do.
constexpr std::uint32_t kGroupItems = 16;

/// Of groups 0 to `groups` - 1 of `table`, in turns, signed now with the pair of every server of a
/// test (test/support/server_process.h); good for a quarter of an hour.
std::vector<WireRequest> writes_and_reads(const std::string& address, const std::string& table,
                                          std::uint32_t groups);
/// Of those groups that are `chosen`.
std::vector<WireRequest> reads_of(const std::string& address, const std::string& table,
                                  const std::vector<bool>& chosen);

}  // namespace dyad::proof
