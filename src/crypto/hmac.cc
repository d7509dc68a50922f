#include "crypto/hmac.h"

#include <cstring>

namespace dyad::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;  // Of SHA-1 and SHA-256 alike.

/// The key block xored with RFC 2104's pad byte; a key longer than a block is hashed first.
template <class Digest>
std::array<char, kBlockBytes> padded_key(std::string_view key, unsigned char pad) {
  std::array<char, kBlockBytes> block{};
  if (key.size() > kBlockBytes) {
    Digest digest;
    digest.update(key);
    const auto hashed = digest.finish();
    std::memcpy(block.data(), hashed.data(), hashed.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  for (char& c : block) c = static_cast<char>(c ^ pad);
  return block;
}

template <class Digest>
Digest keyed(std::string_view key, unsigned char pad) {
  const auto block = padded_key<Digest>(key, pad);
  Digest digest;
  digest.update({block.data(), block.size()});
  return digest;
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key)
    : inner_(keyed<Sha256>(key, 0x36)), outer_(keyed<Sha256>(key, 0x5c)) {}

DigestBytes<Sha256::kBytes> HmacSha256::sign(std::string_view message) const {
  return sign({message});
}

DigestBytes<Sha256::kBytes> HmacSha256::sign(std::initializer_list<std::string_view> pieces) const {
  Sha256 inner = inner_;
  for (const std::string_view piece : pieces) inner.update(piece);
  const auto hashed = inner.finish();
  Sha256 outer = outer_;
  outer.update(as_view(hashed));
  return outer.finish();
}

DigestBytes<Sha1::kBytes> hmac_sha1(std::string_view key, std::string_view message) {
  Sha1 inner = keyed<Sha1>(key, 0x36);
  inner.update(message);
  const auto hashed = inner.finish();
  Sha1 outer = keyed<Sha1>(key, 0x5c);
  outer.update(as_view(hashed));
  return outer.finish();
}

}  // namespace dyad::crypto
