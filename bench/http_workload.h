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
  /// Sent instead of `body` where it is not empty: one that several requests share.
  std::string_view shared_body;
  /// What is signed of the body: its SHA-256 in hex, or "UNSIGNED-PAYLOAD". Empty: is computed.
  std::string_view payload_hash;

  std::string_view content() const { return shared_body.empty() ? body : shared_body; }
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
  /// What a request brings, in the unit of its case.
  virtual std::uint64_t units() const { return 1; }
};

// `pool` outlives the workload.
std::unique_ptr<HttpWorkload> make_get_item();
enum class PutItemKind : std::uint8_t {
  plain,
  conditional,  ///< On attribute_exists(id), which holds.
  indexed,      ///< The table with the global index.
  streamed,     ///< The table with a stream.
};
std::unique_ptr<HttpWorkload> make_put_item(const TextPool& pool, PutItemKind kind);
/// 25 items of page `number / 4`, that quarter of it.
std::unique_ptr<HttpWorkload> make_batch_write_page(const TextPool& pool);
/// A page of kPageItems items of kPageItemBytes: the unit is an item.
std::unique_ptr<HttpWorkload> make_query_page();
std::unique_ptr<HttpWorkload> make_put_object(const TextPool& pool);
std::unique_ptr<HttpWorkload> make_get_object();
/// Objects without bytes, for listings: `bucket` outlives the workload.
std::unique_ptr<HttpWorkload> make_put_listed(std::string_view bucket);
std::unique_ptr<HttpWorkload> make_delete_listed(std::string_view bucket);

/// The form of a DynamoDB request.
RequestSigner::Form dynamodb_form(std::string_view operation);
RequestSigner::Form s3_form();

/// "status 400: {...}", as an error.
Error unexpected_answer(int status, std::string_view body);

}  // namespace dyad::bench
