#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "request_signer.h"
#include "sample_data.h"

namespace dyad::bench {

/// A request without its headers. Reused, so that building the next one allocates nothing.
struct HttpRequest {
  std::string_view method;
  std::string target;
  std::string body;
};

/// One kind of request, again and again. Stateless: one serves all connections.
class HttpWorkload {
 public:
  virtual ~HttpWorkload() = default;
  /// Of all its requests; host and region are the caller's to add.
  virtual RequestSigner::Form form() const = 0;
  /// The request for the item or object of that number; `random` chooses the payload.
  virtual void build(std::uint64_t number, std::uint64_t random, HttpRequest& out) const = 0;
  /// The answer is what it should be; else an error that shows it.
  virtual Result<> check(std::uint64_t number, int status, std::string_view body) const = 0;
};

// `pool` outlives the workload.
std::unique_ptr<HttpWorkload> make_get_item();
std::unique_ptr<HttpWorkload> make_put_item(const TextPool& pool, bool indexed);
std::unique_ptr<HttpWorkload> make_put_object(const TextPool& pool);
std::unique_ptr<HttpWorkload> make_get_object();

/// The form of a DynamoDB request.
RequestSigner::Form dynamodb_form(std::string_view operation);
RequestSigner::Form s3_form();

/// "status 400: {...}", as an error.
Error unexpected_answer(int status, std::string_view body);

}  // namespace dyad::bench
