#pragma once

#include <array>
#include <string>
#include <string_view>

#include "crypto/hmac.h"
#include "crypto/signing_key.h"

namespace dyad::crypto {

/// The chain of signatures over the chunks of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body: each
/// covers the one before it, the first the request's own ("seed") signature. A plain value; both
/// sides use it.
class ChunkSignatures {
 public:
  using Text = std::array<char, 64>;  ///< Hexadecimal.

  /// `amz_date`, `scope` and `seed` are the request's, `key` its signing key.
  ChunkSignatures(const HmacSha256& key, std::string_view amz_date, const CredentialScope& scope,
                  std::string_view seed);

  /// The signature of the next chunk, whose data has this SHA-256; the chain goes on from it.
  Text next(const DigestBytes<Sha256::kBytes>& data_sha256);
  /// The signature of the trailer: `trailers` is "name:value\n" for each header, in the order sent.
  Text trailer(std::string_view trailers);

 private:
  Text sign(std::string_view algorithm, std::initializer_list<std::string_view> rest);

  HmacSha256 key_;
  std::string date_and_scope_;
  std::string previous_;
};

}  // namespace dyad::crypto
