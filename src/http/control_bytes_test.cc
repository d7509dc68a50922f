#include "http/control_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace dyad::http {
namespace {

TEST(ControlBytes, EveryByteAtEveryPlaceBesideEveryNeighbour) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool control = byte < 0x20 || byte == 0x7f;
    for (const char beside : {' ', 'a', '~', '\x80', '\xff'}) {
      for (std::size_t at = 0; at < 19; ++at) {
        std::string text(19, beside);
        text[at] = static_cast<char>(byte);
        EXPECT_EQ(has_control(text), control) << byte << " at " << at;
      }
    }
  }
  EXPECT_FALSE(has_control(""));
}

}  // namespace
}  // namespace dyad::http
