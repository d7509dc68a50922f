#include "services/dynamodb/cors_policy.h"

namespace dyad::dynamodb {
namespace {

constexpr std::string_view kMaxAgeSeconds = "172800";

class OpenPolicy final : public api::CorsPolicy {
 public:
  Task<Result<api::CorsHeaders>> preflight(api::CorsRequest request) const override {
    api::CorsHeaders headers = open();
    if (request.asked_headers)
      headers.emplace_back("Access-Control-Allow-Headers", *request.asked_headers);
    if (request.asked_method)
      headers.emplace_back("Access-Control-Allow-Methods", *request.asked_method);
    headers.emplace_back("Access-Control-Max-Age", kMaxAgeSeconds);
    co_return headers;
  }
  Task<api::CorsHeaders> allowed(api::CorsRequest) const override { co_return open(); }

 private:
  static api::CorsHeaders open() { return {{"Access-Control-Allow-Origin", "*"}}; }
};

}  // namespace

std::unique_ptr<api::CorsPolicy> make_cors_policy() {
  return std::make_unique<OpenPolicy>();
}

}  // namespace dyad::dynamodb
