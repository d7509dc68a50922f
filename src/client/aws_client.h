#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "client/endpoint.h"
#include "crypto/sigv4_signer.h"
#include "http/client.h"
#include "runtime/reactor.h"
#include "runtime/tls_context.h"
#include "runtime/worker_pool.h"

namespace dyad::client {

struct ClientOptions {
  Endpoint endpoint;
  std::string region;
  crypto::Credentials credentials;
  /// https: PEM file of what is trusted; empty: what the system trusts.
  std::string ca_path;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string service;  ///< As it is signed for: "s3", "dynamodb", "sts".
  std::string method = "GET";
  std::string target = "/";
  Headers headers;  ///< Without Host and what signing adds.
  std::string body;
};

struct Answer {
  int status = 0;
  std::string etag;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

/// One connection, made when it must be, and kept as long as the server keeps it. One coroutine at
/// a time, on `reactor`, where it is destroyed too.
class AwsClient {
 public:
  static constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;
  static constexpr std::int64_t kConnectTimeoutMs = 5'000;

  /// `resolver`: where host names are looked up; null: numeric hosts and localhost only.
  AwsClient(Reactor& reactor, const Clock& clock, WorkerPool* resolver, ClientOptions options);

  /// Signed. Any answer of the server's is a value; an error leaves open whether the request was
  /// done. cancelled: nobody listens there, or the connection ended.
  Task<Result<Answer>> send(Request request);
  /// Neither signed nor anything else.
  Task<Result<Answer>> get_unsigned(std::string target);

  const ClientOptions& options() const { return options_; }

 private:
  Task<Result<>> ensure_connected();
  Task<Result<Answer>> exchange(http::Client::RequestLine line,
                                const std::vector<http::Header>& headers, std::string_view body);
  Task<Result<Answer>> receive();
  crypto::Sigv4Signer& signer_of(const std::string& service);

  Reactor& reactor_;
  const Clock& clock_;
  WorkerPool* resolver_;
  const ClientOptions options_;
  const std::string authority_;
  std::shared_ptr<TlsClientContext> tls_;
  std::map<std::string, crypto::Sigv4Signer> signers_;
  std::unique_ptr<http::Client> connection_;
};

}  // namespace dyad::client
