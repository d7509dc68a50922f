#include "services/s3/cors_policy.h"

#include "services/s3/bucket_name.h"
#include "services/s3/bucket_table.h"
#include "services/s3/cors_match.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using Properties = std::shared_ptr<const BucketProperties>;

Error bad_request(std::string message) {
  return protocol::service_error("BadRequest", 400, std::move(message));
}

Error forbidden(std::string reason, std::string_view method, std::string_view resource_type) {
  Error error = protocol::service_error("AccessForbidden", 403, "CORSResponse: " + reason);
  error = protocol::with_field(std::move(error), "Method", std::string(method));
  return protocol::with_field(std::move(error), "ResourceType", std::string(resource_type));
}

/// A header that names what the actual request will send counts, whatever the method is; S3 takes
/// such a GET for a preflight, too.
CorsQuestion question_of(const api::CorsRequest& request) {
  CorsQuestion question;
  question.origin = request.origin;
  question.method = request.asked_method.value_or(request.method);
  if (request.asked_headers) question.headers = named_headers(*request.asked_headers);
  return question;
}

Result<> check_asked(const api::CorsRequest& request) {
  const std::string method(request.asked_method.value_or("null"));
  if (!is_cors_method(method))
    return fail(bad_request("Invalid Access-Control-Request-Method: " + method));
  if (!request.asked_headers) return {};
  for (const std::string_view name : named_headers(*request.asked_headers))
    if (!is_header_token(name))
      return fail(bad_request("Access-Control-Request-Headers \"" + std::string(name) +
                              "\" contains invalid character."));
  return {};
}

class BucketCorsPolicy final : public api::CorsPolicy {
 public:
  explicit BucketCorsPolicy(S3Service& service) : service_(service) {}

  Task<Result<api::CorsHeaders>> preflight(api::CorsRequest request) const override {
    if (request.origin.empty())
      co_return fail(bad_request("Insufficient information. Origin request header needed."));
    const std::string_view told_method = request.asked_method.value_or(request.method);
    DYAD_CO_TRY_ASSIGN(const Properties bucket, co_await find(request));
    if (!bucket) co_return fail(forbidden("Bucket not found", told_method, "BUCKET"));
    if (bucket->cors.empty())
      co_return fail(forbidden("CORS is not enabled for this bucket.", told_method, "BUCKET"));
    DYAD_CO_TRY(check_asked(request));
    const CorsQuestion question = question_of(request);
    const CorsRule* rule = match_cors(bucket->cors, question);
    if (rule == nullptr)
      co_return fail(forbidden(
          "This CORS request is not allowed. This is usually because the evalution of Origin, "
          "request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
          "not whitelisted by the resource's CORS spec.",
          told_method, request.of_object ? "OBJECT" : "BUCKET"));
    co_return cors_headers(*rule, question);
  }

  Task<api::CorsHeaders> allowed(api::CorsRequest request) const override {
    const Result<Properties> bucket = co_await find(request);
    // What goes wrong here goes wrong for the request itself too, and is told there.
    if (!bucket || !*bucket || (*bucket)->cors.empty()) co_return api::CorsHeaders();
    const CorsQuestion question = question_of(request);
    const CorsRule* rule = match_cors((*bucket)->cors, question);
    if (rule == nullptr) co_return api::CorsHeaders();
    co_return cors_headers(*rule, question);
  }

 private:
  /// Null: there is no such bucket.
  Task<Result<Properties>> find(const api::CorsRequest& request) const {
    if (!is_valid_bucket_name(request.bucket)) co_return Properties();
    const Result<table::TableRef> table =
        co_await service_.tables().find(bucket_table_name(request.bucket), request.deadline);
    if (!table && table.error().code == ErrorCode::not_found) co_return Properties();
    if (!table) co_return fail(table.error());
    co_return service_.bucket_properties().of(**table);
  }

  S3Service& service_;
};

}  // namespace

std::unique_ptr<api::CorsPolicy> make_cors_policy(S3Service& service) {
  return std::make_unique<BucketCorsPolicy>(service);
}

}  // namespace dyad::s3
