#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/sigv4_signer.h"
#include "http/client.h"
#include "runtime/reactor.h"

namespace dyad::proof {

struct Answer {
  int status = 0;
  std::string body;
  std::string etag;
  bool ok() const { return status >= 200 && status < 300; }
};

/// One connection to a server, whose requests are signed. It connects when it must. One coroutine
/// at a time, on `reactor`.
class AwsClient {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  static constexpr std::size_t kMaxAnswerBytes = 64u << 20;

  AwsClient(Reactor& reactor, const Clock& clock, std::string address);

  /// An error leaves open whether the request was done.
  Task<Result<Answer>> s3(std::string_view method, std::string path, Headers headers,
                          std::string_view body);
  Task<Result<Answer>> dynamodb(std::string_view operation, std::string json);

 private:
  Task<Result<Answer>> exchange(crypto::Sigv4Signer& signer, std::string_view method,
                                std::string target, Headers headers, std::string_view body,
                                std::string_view payload_hash);
  Task<Result<>> ensure_connected();

  Reactor& reactor_;
  const Clock& clock_;
  const std::string address_;
  crypto::Sigv4Signer s3_signer_;
  crypto::Sigv4Signer dynamodb_signer_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace dyad::proof
