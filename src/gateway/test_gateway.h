#pragma once

// A gateway before a service that only keeps what it was sent, for tests: requests as text over a
// stream in memory, in simulated time.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/s3/put_object.h"
#include "auth/authorizer.h"
#include "crypto/digest.h"
#include "crypto/sigv4_signer.h"
#include "gateway/gateway.h"
#include "http/test_stream.h"
#include "protocol/service_error.h"
#include "runtime/simulation.h"

namespace dyad::gateway {

inline constexpr char kKeyId[] = "AKIAEXAMPLE";
inline constexpr char kSecret[] = "secret-of-the-example";
inline constexpr char kHost[] = "127.0.0.1:4566";

/// Keeps what a PutObject's body was, or why it could not be read.
struct FakeS3 {
  std::vector<std::string> stored;
  std::vector<std::string> failures;
  std::int64_t time_left_ms = 0;  ///< When the body was there.
  api::s3::PutObjectInput last;
};

inline Task<Result<api::s3::PutObjectOutput>> put_object(FakeS3& service,
                                                         api::RequestContext& context,
                                                         api::s3::PutObjectInput& input) {
  Result<std::string> body = co_await http::read_all(*context.body, 1u << 20);
  if (!body) {
    service.failures.push_back(body.error().message);
    co_return fail(std::move(body).error());
  }
  service.time_left_ms = (context.deadline.steady_us - context.clock->steady_us()) / 1000;
  service.stored.push_back(input.bucket + "/" + input.key + "=" + *body);
  service.last = input;
  api::s3::PutObjectOutput output;
  output.e_tag = "\"tag\"";
  co_return output;
}

inline std::vector<std::unique_ptr<api::OperationHandler>> fake_handlers(FakeS3& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(api::bind<api::s3::PutObject>(service, put_object));
  return handlers;
}

/// Allows pages of one origin, and says what it was asked.
class FakePolicy final : public api::CorsPolicy {
 public:
  Task<Result<api::CorsHeaders>> preflight(api::CorsRequest request) const override {
    if (request.origin != "http://page")
      co_return fail(protocol::service_error("AccessForbidden", 403, "not from there"));
    co_return said(request);
  }
  Task<api::CorsHeaders> allowed(api::CorsRequest request) const override {
    if (request.origin != "http://page") co_return api::CorsHeaders();
    co_return said(request);
  }

 private:
  static api::CorsHeaders said(const api::CorsRequest& request) {
    std::string asked = std::string(request.method) + " " + std::string(request.bucket);
    if (request.of_object) asked += " object";
    asked += " " + std::string(request.asked_method.value_or("none"));
    asked += " " + std::string(request.asked_headers.value_or("none"));
    return {{"X-Asked", asked}};
  }
};

inline auth::CredentialStore credentials() {
  auth::Credential root;
  root.access_key_id = kKeyId;
  root.secret_access_key = kSecret;
  root.principal.kind = auth::Principal::Kind::root;
  root.principal.account_id = "000000000000";
  return auth::CredentialStore(root);
}

struct Sent {
  std::string method = "GET";
  std::string target = "/";
  std::vector<crypto::Sigv4Signer::Header> headers;
  std::string body;
};

class GatewayTest : public testing::Test {
 protected:
  std::string exchange(std::string text) { return simulation_.run_until(run(std::move(text))); }

  Task<std::string> run(std::string text) { return run_on(gateway_, std::move(text)); }

  Task<std::string> run_on(Gateway& gateway, std::string text) {
    auto [server, client] = http::TestStream::pair();
    http::Connection connection(std::move(server), gateway, simulation_.clock(), options_,
                                head_memory_);
    Completion<bool> over;
    const auto serve = [](http::Connection& c, Completion<bool>& done) -> Task<void> {
      co_await c.run();
      c.abort();  // What the end of the connection does to a socket.
      done.set(true);
    };
    Executor::current()->spawn(serve(connection, over));
    const std::string_view all(text);
    const std::string_view pieces[] = {all.substr(0, all.size() - 1)};
    (void)co_await client->write(pieces, Deadline::never());
    co_await SleepUntil(simulation_.clock().steady_us() + pause_ms_ * 1000);
    const std::string_view last_byte[] = {all.substr(all.size() - 1)};
    (void)co_await client->write(last_byte, Deadline::never());
    (void)co_await client->shutdown(Deadline::never());
    std::string answer;
    char buffer[4096];
    while (true) {
      const auto got = co_await client->read(buffer, Deadline::never());
      if (!got || *got == 0) break;
      answer.append(buffer, *got);
    }
    (void)co_await over;
    co_return answer;
  }

  static std::string text_of(const Sent& sent) {
    std::string text = sent.method + " " + sent.target + " HTTP/1.1\r\nHost: " + kHost + "\r\n";
    for (const auto& header : sent.headers) text += header.name + ": " + header.value + "\r\n";
    if (!sent.body.empty() || sent.method == "PUT" || sent.method == "POST")
      text += "Content-Length: " + std::to_string(sent.body.size()) + "\r\n";
    return text + "\r\n" + sent.body;
  }

  /// Adds version 4 headers over what is there.
  crypto::Sigv4Signer::Signed sign(Sent& sent, std::string_view payload_hash,
                                   const char* service = "s3", const char* secret = kSecret) {
    const bool s3 = std::string_view(service) == "s3";
    crypto::Sigv4Signer signer({kKeyId, secret, ""},
                               s3 ? crypto::SignatureStyle::s3 : crypto::SignatureStyle::other,
                               "us-east-1", service);
    std::vector<crypto::HeaderView> views = {{"Host", kHost}};
    for (const auto& header : sent.headers) views.push_back({header.name, header.value});
    const std::size_t question = sent.target.find('?');
    crypto::RequestView view;
    view.method = sent.method;
    view.path = std::string_view(sent.target).substr(0, question);
    if (question != std::string::npos)
      view.query = std::string_view(sent.target).substr(question + 1);
    view.headers = views;
    auto signed_headers = signer.sign(view, payload_hash, simulation_.clock().wall_ms());
    for (const auto& header : signed_headers.headers) sent.headers.push_back(header);
    return signed_headers;
  }

  static std::string hash_of(std::string_view body) {
    const auto hex = crypto::sha256_hex(body);
    return std::string(hex.data(), hex.size());
  }
  static Sent put(std::string body) {
    Sent sent;
    sent.method = "PUT";
    sent.target = "/photos/a%20b.jpg";
    sent.body = std::move(body);
    return sent;
  }

  Simulation simulation_{1};
  std::int64_t pause_ms_ = 0;  ///< Before the last byte that is sent.
  FakeS3 fake_;
  auth::RootOnlyAuthorizer authorizer_;
  auth::CredentialStore credentials_ = credentials();
  ServiceHandlers s3_{fake_handlers(fake_), std::make_unique<FakePolicy>()};
  ServiceHandlers none_{{}};
  ServiceHandlers open_{{}, std::make_unique<FakePolicy>()};
  Metrics metrics_;
  http::MemoryBudget body_memory_{8u << 20};
  AddressRates rates_{simulation_.clock(), 0, 0};
  GatewayShared shared_{{},
                        simulation_.clock(),
                        simulation_.random(),
                        credentials_,
                        authorizer_,
                        s3_,
                        open_,
                        none_,
                        metrics_,
                        body_memory_,
                        rates_};
  Gateway gateway_{shared_,
                   [](const protocol::Operation&) { return protocol::JsonCodec::Hooks(); }};
  http::ConnectionOptions options_;
  http::MemoryBudget all_heads_{1u << 20};
  http::LocalBudget head_memory_{all_heads_};
};

inline bool has(const std::string& answer, std::string_view text) {
  return answer.find(text) != std::string::npos;
}

}  // namespace dyad::gateway
