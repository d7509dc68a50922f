#include <fmt/format.h>

#include <iterator>

#include "http_workload.h"

namespace dyad::bench {
namespace {

/// An object without bytes put, or deleted, by number.
class Listed final : public HttpWorkload {
 public:
  Listed(std::string_view bucket, bool deletes) : bucket_(bucket), deletes_(deletes) {}

  RequestSigner::Form form() const override { return s3_form(); }

  void build(std::uint64_t number, std::uint64_t, HttpRequest& out) const override {
    out.method = deletes_ ? "DELETE" : "PUT";
    out.target.clear();
    fmt::format_to(std::back_inserter(out.target), "/{}/album-{:08}/photo-{:010}.jpg", bucket_,
                   number / kKeysOfPrefix, number);
    out.body.clear();
  }

  Result<> check(std::uint64_t, int status, std::string_view body) const override {
    if (status != (deletes_ ? 204 : 200)) return unexpected_answer(status, body);
    return {};
  }

 private:
  const std::string_view bucket_;
  const bool deletes_;
};

}  // namespace

std::unique_ptr<HttpWorkload> make_put_listed(std::string_view bucket) {
  return std::make_unique<Listed>(bucket, false);
}
std::unique_ptr<HttpWorkload> make_delete_listed(std::string_view bucket) {
  return std::make_unique<Listed>(bucket, true);
}

}  // namespace dyad::bench
