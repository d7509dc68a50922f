#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hmac.h"
#include "crypto/sigv4_signer.h"
#include "http/message.h"

namespace dyad::bench {

/// Signs request after request of one form: the headers are the same in all of them but for their
/// signature, so that a signature costs three hashes and no allocation. What is signed is what
/// boto3 signs.
class RequestSigner {
 public:
  struct Form {
    crypto::SignatureStyle style = crypto::SignatureStyle::other;
    std::string region;
    std::string service;  ///< "dynamodb", "s3".
    std::string host;     ///< "127.0.0.1:4566".
    /// Signed as they are; lower-case names, neither host nor what signing adds.
    std::vector<crypto::Sigv4Signer::Header> headers;
  };
  RequestSigner(crypto::Credentials credentials, Form form);

  RequestSigner(const RequestSigner&) = delete;
  RequestSigner& operator=(const RequestSigner&) = delete;

  /// All headers of the request, Content-Length excepted; valid until the next call.
  std::span<const http::Header> sign(std::string_view method, std::string_view target,
                                     std::string_view body, std::int64_t now_ms);
  /// The same, of a body whose hash is known ("UNSIGNED-PAYLOAD" for S3 too). `hash` is among the
  /// headers: it outlives their use.
  std::span<const http::Header> sign_hashed(std::string_view method, std::string_view target,
                                            std::string_view hash, std::int64_t now_ms);

 private:
  void new_second(std::int64_t now_ms);

  const std::string access_key_id_;
  const Form form_;
  crypto::Sigv4Signer keys_;
  std::string signed_headers_;

  // Of the current second.
  std::int64_t second_ = -1;
  std::string amz_date_;
  crypto::CredentialScope scope_;
  crypto::HmacSha256 key_;

  std::string payload_hash_;
  std::string canonical_;
  std::string to_sign_;
  std::string authorization_;
  std::size_t authorization_start_ = 0;  ///< Up to the signature.
  std::vector<http::Header> headers_;
  std::optional<std::size_t> hash_header_;  ///< Its place among them.
};

}  // namespace dyad::bench
