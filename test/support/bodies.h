#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"

namespace dyad::proof {

/// Bytes that say whose they are and follow from that alone: "name version size " and noise. So a
/// body found later is whole exactly if it equals make_body() of what its head says.
inline std::string make_body(std::string_view name, std::uint64_t version, std::size_t size_bytes) {
  std::string body(name);
  body += " " + std::to_string(version) + " " + std::to_string(size_bytes) + " ";
  if (body.size() >= size_bytes) return body;
  std::uint64_t seed = version * 0x9e3779b97f4a7c15ull + size_bytes;
  for (const unsigned char c : name) seed = (seed ^ c) * 0x100000001b3ull;
  SeededRandom noise(seed);
  const std::size_t head = body.size();
  body.resize(size_bytes);
  noise.fill({reinterpret_cast<std::uint8_t*>(body.data()) + head, size_bytes - head});
  return body;
}

/// The version that `body` says it is, if it is whole and of that name; 0: it is not.
inline std::uint64_t version_of_body(std::string_view name, std::string_view body) {
  if (!body.starts_with(name) || body.size() <= name.size() + 1) return 0;
  const std::string head(body.substr(name.size() + 1, 40));
  char* end = nullptr;
  const std::uint64_t version = std::strtoull(head.c_str(), &end, 10);
  const std::size_t size_bytes = std::strtoull(end, nullptr, 10);
  // A lie about the size must not cost memory.
  if (size_bytes > body.size() + 64) return 0;
  return make_body(name, version, size_bytes) == body ? version : 0;
}

}  // namespace dyad::proof
