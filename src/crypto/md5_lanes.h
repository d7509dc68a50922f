#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "crypto/digest.h"

namespace dyad::crypto {

// MD5 is one long chain: a core computes one message at 0.7 GB/s however wide its registers are.
// Independent messages fit side by side into the lanes of such registers, and take no longer
// together than one does.

/// One message of several and what follows in it.
struct Md5Lane {
  Md5* message = nullptr;
  std::string_view bytes;
};

/// The most that update_together() computes side by side.
constexpr std::size_t kMaxMd5Lanes = 16;
/// From so many messages on it is faster than one after the other; SIZE_MAX: never on this CPU.
std::size_t md5_lanes_worth();

/// message->update(bytes) for each; no message twice, at most kMaxMd5Lanes. Lanes of about the same
/// length keep each other busy longest.
void md5_update_together(std::span<const Md5Lane> lanes);

// For tests: whether the CPU has it, and by which registers. avx512vl: AVX2's, with the rotations
// and the functions of three operands that AVX-512 has for them too.
enum class Md5Registers : std::uint8_t { avx2, avx512vl, avx512 };
bool cpu_has(Md5Registers registers);
void md5_update_together(std::span<const Md5Lane> lanes, Md5Registers registers);

}  // namespace dyad::crypto
