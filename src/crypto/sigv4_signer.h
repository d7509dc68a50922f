#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/canonical_request.h"
#include "crypto/request_view.h"
#include "crypto/signing_key.h"

namespace dyad::crypto {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< Empty: long-lived credentials.
};

/// The client's side of SigV4: for the command line, the load generator and tests. Keeps the day's
/// signing key, so it is not thread-safe.
class Sigv4Signer {
 public:
  Sigv4Signer(Credentials credentials, SignatureStyle style, std::string region,
              std::string service);

  struct Header {
    std::string name;
    std::string value;
  };
  struct Signed {
    std::vector<Header> headers;  ///< To be added to the request.
    std::string signature;        ///< The seed of a chunked body.
  };
  /// Signs every header of `request` (host must be among them). `payload_hash`: 64 hexadecimal
  /// digits, UNSIGNED-PAYLOAD or one of the STREAMING- values. `request` must not have the headers
  /// that signing adds: x-amz-date, x-amz-security-token, authorization, for S3 also
  /// x-amz-content-sha256.
  Signed sign(const RequestView& request, std::string_view payload_hash, std::int64_t now_ms);

  /// The query, without '?', that makes `request` (host at least among its headers) good for
  /// `expires_s` seconds. Keeps the parameters that are there.
  std::string presign(const RequestView& request, std::string_view payload_hash,
                      std::int64_t expires_s, std::int64_t now_ms);

  /// For chunk signatures: the key and scope of the day of `now_ms`.
  const HmacSha256& key(std::int64_t now_ms);
  CredentialScope scope(std::int64_t now_ms) const;

 private:
  std::string signature_of(const RequestView& request, std::string_view signed_headers,
                           std::string_view payload_hash, std::string_view amz_date);

  Credentials credentials_;
  SignatureStyle style_;
  std::string region_;
  std::string service_;
  SigningKeyCache keys_{2};  // Yesterday's and today's.
};

}  // namespace dyad::crypto
