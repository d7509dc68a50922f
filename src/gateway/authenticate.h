#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "auth/credentials.h"
#include "base/result.h"
#include "crypto/sigv4.h"
#include "gateway/shared.h"
#include "protocol/form_data.h"

namespace dyad::gateway {

/// Who sent a request, as its signature proves.
struct Authenticated {
  const auth::Principal* principal = nullptr;
  /// In the query: parameters then stand for headers.
  bool presigned = false;
  std::string signed_headers;  ///< Version 4: the list, as sent.
  /// S3: what is known of the body, to be held against it as it streams.
  crypto::PayloadKind payload = crypto::PayloadKind::unsigned_payload;
  std::string payload_hash;  ///< payload == hashed: in hexadecimal.
  /// Streaming kinds: where the chain of chunk signatures begins.
  std::optional<crypto::HmacSha256> signing_key;
  crypto::CredentialScope scope;
  std::string amz_date;
  std::string seed_signature;
};

/// Checks signatures for one reactor. All errors are service errors, with the fields that S3 adds.
class Authenticator {
 public:
  explicit Authenticator(const GatewayShared& shared) : shared_(shared) {}

  /// Who a request says it is from, before its signature is checked.
  struct Claim {
    crypto::Sigv4Claim signature;
    const auth::Credential* credential = nullptr;
  };
  /// awsJson and query services: version 4, over the body's hash. What can be refused by the head
  /// alone is refused by claim(), before memory is taken for the body.
  Result<Claim> claim(const crypto::RequestView& request, std::string_view service);
  Result<const auth::Principal*> authenticate_buffered(const crypto::RequestView& request,
                                                       const Claim& claim, std::string_view body);

  /// S3: version 4 in header or query, version 2 likewise unless it is refused. `virtual_bucket`:
  /// empty for path style. No signature at all is an anonymous principal.
  Result<Authenticated> authenticate_s3(const crypto::RequestView& request,
                                        std::string_view virtual_bucket);

  /// A POST form: its policy is what is signed, with version 4 or, unless that is refused, 2. No
  /// policy and no signature is an anonymous principal.
  Result<const auth::Principal*> authenticate_form(std::span<const protocol::FormField> fields);

 private:
  Result<Authenticated> authenticate_version_2(const crypto::RequestView& request,
                                               crypto::AuthScheme scheme,
                                               std::string_view virtual_bucket);
  Result<const auth::Credential*> find(std::string_view access_key, std::string_view token,
                                       crypto::SignatureStyle style);

  const GatewayShared& shared_;
  crypto::Sigv4Verifier verifier_;
  const auth::Principal anonymous_;
  std::int64_t last_unknown_key_log_ms_ = 0;
};

/// An error of a signature or of a chunked body as its service answers it; others stay as they are.
Error to_service_error(Error error);

}  // namespace dyad::gateway
