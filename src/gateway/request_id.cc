#include "gateway/request_id.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace dyad::gateway {

std::string make_request_id(Random& random, std::size_t characters) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr std::size_t bits = 5;
  constexpr std::size_t characters_a_word = 64 / bits;
  // Random bytes cost the kernel's time: an id has up to 120 bits of them, which is enough, and the
  // rest of a longer one follows from these.
  std::uint64_t fresh[2];
  random.fill(std::span<std::uint8_t>(reinterpret_cast<std::uint8_t*>(fresh), sizeof fresh));
  SeededRandom more(fresh[0]);
  std::string id(characters, '\0');
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < characters; ++i) {
    const std::size_t words = i / characters_a_word;
    if (i % characters_a_word == 0)
      word = words < std::size(fresh) ? fresh[words] : more.next_u64();
    id[i] = alphabet[word % alphabet.size()];
    word >>= bits;
  }
  return id;
}

}  // namespace dyad::gateway
