#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace dyad::crypto {

template <std::size_t N>
using DigestBytes = std::array<char, N>;

template <std::size_t N>
std::string_view as_view(const DigestBytes<N>& digest) {
  return {digest.data(), N};
}

// Streaming digests. Each is a plain value of about a hundred bytes: making, copying and resetting
// one allocates nothing, so they live in coroutine frames, and a copy is a saved state (HMAC keeps
// two). finish() ends the message; after it only reset() or assignment is allowed. Not thread-safe.

class Md5 {
 public:
  static constexpr std::size_t kBytes = 16;
  Md5() { reset(); }
  void reset();
  void update(std::string_view bytes);
  DigestBytes<kBytes> finish();

 private:
  alignas(8) unsigned char state_[96];
};

class Sha1 {
 public:
  static constexpr std::size_t kBytes = 20;
  Sha1() { reset(); }
  void reset();
  void update(std::string_view bytes);
  DigestBytes<kBytes> finish();

 private:
  alignas(8) unsigned char state_[96];
};

class Sha256 {
 public:
  static constexpr std::size_t kBytes = 32;
  Sha256() { reset(); }
  void reset();
  void update(std::string_view bytes);
  DigestBytes<kBytes> finish();

 private:
  alignas(8) unsigned char state_[112];
};

class Sha512 {
 public:
  static constexpr std::size_t kBytes = 64;
  Sha512() { reset(); }
  void reset();
  void update(std::string_view bytes);
  DigestBytes<kBytes> finish();

 private:
  alignas(8) unsigned char state_[216];
};

DigestBytes<Md5::kBytes> md5(std::string_view bytes);
DigestBytes<Sha1::kBytes> sha1(std::string_view bytes);
DigestBytes<Sha256::kBytes> sha256(std::string_view bytes);
/// SHA-256 as 64 lower-case hexadecimal digits, the form SigV4 writes everywhere.
std::array<char, 64> sha256_hex(std::string_view bytes);

/// Lower-case hexadecimal without an allocation.
template <std::size_t N>
std::array<char, 2 * N> hex_of(const DigestBytes<N>& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 2 * N> text;
  for (std::size_t i = 0; i < N; ++i) {
    const auto byte = static_cast<unsigned char>(digest[i]);
    text[2 * i] = digits[byte >> 4];
    text[2 * i + 1] = digits[byte & 15];
  }
  return text;
}

/// Equality in a time that depends on the lengths alone, for signatures and tokens.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace dyad::crypto
