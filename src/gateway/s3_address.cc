#include "gateway/s3_address.h"

#include <optional>

#include "crypto/uri_encoding.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

Result<std::string> decoded(std::string_view raw) {
  std::optional<std::string> text = crypto::uri_decoded(raw, false);
  if (!text)
    return fail(protocol::service_error("InvalidURI", 400, "Couldn't parse the specified URI."));
  return std::move(*text);
}

}  // namespace

Result<S3Address> s3_address(std::string_view host_bucket, std::string_view raw_path) {
  S3Address address;
  if (raw_path.starts_with('/')) raw_path.remove_prefix(1);
  if (!host_bucket.empty()) {
    address.virtual_host = true;
    address.bucket = host_bucket;
    DYAD_TRY_ASSIGN(address.key, decoded(raw_path));
    return address;
  }
  const std::size_t slash = raw_path.find('/');
  DYAD_TRY_ASSIGN(address.bucket, decoded(raw_path.substr(0, slash)));
  if (slash != std::string_view::npos) {
    DYAD_TRY_ASSIGN(address.key, decoded(raw_path.substr(slash + 1)));
  }
  return address;
}

}  // namespace dyad::gateway
