#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/client.h"
#include "http_workload.h"
#include "key_choice.h"
#include "phase.h"
#include "request_signer.h"
#include "runtime/reactor.h"

namespace dyad::bench {

/// Where a server listens and who asks it.
struct Target {
  std::string address;  ///< "127.0.0.1:4566".
  std::string region = "us-east-1";
  crypto::Credentials credentials;
};

/// The answer to one request, read whole. Reused, with its memory.
struct HttpAnswer {
  int status = 0;
  std::string buffer;  ///< Longer than the body, as a rule.
  std::size_t body_bytes = 0;
  std::string etag;  ///< Empty: there is none.

  std::string_view body() const { return std::string_view(buffer).substr(0, body_bytes); }
};

/// One keep-alive connection that signs and sends, and reads the answer before it sends again.
class HttpConnection {
 public:
  /// `form` without host and region.
  static Task<Result<std::unique_ptr<HttpConnection>>> open(Reactor& reactor, Target target,
                                                            RequestSigner::Form form);
  HttpConnection(std::unique_ptr<Stream> stream, const Clock& clock, const Target& target,
                 RequestSigner::Form form);

  Task<Result<>> exchange(const HttpRequest& request, HttpAnswer& answer);
  /// The same, for a long answer: its body is counted and thrown away, but for the last piece.
  Task<Result<std::uint64_t>> exchange_long(const HttpRequest& request, HttpAnswer& answer);

 private:
  Task<Result<>> send_and_receive(const HttpRequest& request, HttpAnswer& answer);

  const Clock& clock_;
  RequestSigner signer_;
  http::Client client_;
};

/// A workload on a connection of its own.
class HttpDriver final : public Driver {
 public:
  /// `workload` and `keys` outlive it.
  HttpDriver(std::unique_ptr<HttpConnection> connection, const HttpWorkload& workload,
             KeyChoice& keys)
      : connection_(std::move(connection)), workload_(workload), keys_(keys) {}

  Task<Result<>> operate() override;
  std::uint64_t units() const override { return workload_.units(); }

 private:
  std::unique_ptr<HttpConnection> connection_;
  const HttpWorkload& workload_;
  KeyChoice& keys_;
  HttpRequest request_;
  HttpAnswer answer_;
};

}  // namespace dyad::bench
