#include "crypto/chunk_signatures.h"

namespace dyad::crypto {

ChunkSignatures::ChunkSignatures(const HmacSha256& key, std::string_view amz_date,
                                 const CredentialScope& scope, std::string_view seed)
    : key_(key), previous_(seed) {
  date_and_scope_.append("\n").append(amz_date).append("\n").append(scope.text()).append("\n");
}

ChunkSignatures::Text ChunkSignatures::sign(std::string_view algorithm,
                                            std::initializer_list<std::string_view> rest) {
  std::string to_sign(algorithm);
  to_sign.append(date_and_scope_).append(previous_);
  for (const std::string_view line : rest) to_sign.append("\n").append(line);
  const Text text = hex_of(key_.sign(to_sign));
  previous_.assign(text.data(), text.size());
  return text;
}

ChunkSignatures::Text ChunkSignatures::next(const DigestBytes<Sha256::kBytes>& data_sha256) {
  // The line between is the hash of the chunk's headers, of which there never are any.
  constexpr std::string_view empty_sha256 =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const auto hash = hex_of(data_sha256);
  return sign("AWS4-HMAC-SHA256-PAYLOAD", {empty_sha256, {hash.data(), hash.size()}});
}

ChunkSignatures::Text ChunkSignatures::trailer(std::string_view trailers) {
  const auto hash = sha256_hex(trailers);
  return sign("AWS4-HMAC-SHA256-TRAILER", {{hash.data(), hash.size()}});
}

}  // namespace dyad::crypto
