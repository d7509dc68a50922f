#pragma once

#include <cstdint>
#include <string>

namespace dyad::cli {

// Numbers for people.

std::string grouped(std::uint64_t number);   ///< "1,234,567"
std::string human_bytes(double bytes);       ///< "12.3 GiB"
std::string human_duration(double seconds);  ///< "3 d 4 h", "4 min 5 s", "0.2 s"

}  // namespace dyad::cli
