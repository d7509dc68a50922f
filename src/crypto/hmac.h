#pragma once

#include <initializer_list>
#include <string_view>

#include "crypto/digest.h"

namespace dyad::crypto {

/// HMAC-SHA256 (RFC 2104) under one key. The two key blocks are hashed once, at construction; each
/// message then starts from copies of those states, which halves the cost of a short message.
/// Immutable, so thread-safe.
class HmacSha256 {
 public:
  explicit HmacSha256(std::string_view key);

  DigestBytes<Sha256::kBytes> sign(std::string_view message) const;
  /// The pieces one after the other are the message.
  DigestBytes<Sha256::kBytes> sign(std::initializer_list<std::string_view> pieces) const;

 private:
  Sha256 inner_;
  Sha256 outer_;
};

/// HMAC-SHA1, for S3's old signature version 2 only.
DigestBytes<Sha1::kBytes> hmac_sha1(std::string_view key, std::string_view message);

}  // namespace dyad::crypto
