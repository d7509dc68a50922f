#include "gateway/s3_address.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "crypto/uri_encoding.h"
#include "protocol/service_error.h"

namespace dyad::gateway {
namespace {

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

/// The bucket in the host's name; the longest domain counts, so that s3.localhost is not a bucket
/// of localhost.
std::string_view bucket_of_host(std::string_view host, std::span<const std::string> domains) {
  std::string_view bucket;
  std::size_t longest = 0;
  for (const std::string& domain : domains) {
    if (equal_ignoring_case(host, domain) && domain.size() > longest) {
      bucket = {};
      longest = domain.size();
    }
    if (host.size() <= domain.size() + 1 || domain.size() <= longest) continue;
    const std::size_t dot = host.size() - domain.size() - 1;
    if (host[dot] != '.' || !equal_ignoring_case(host.substr(dot + 1), domain)) continue;
    bucket = host.substr(0, dot);
    longest = domain.size();
  }
  return bucket;
}

Result<std::string> decoded(std::string_view raw) {
  std::optional<std::string> text = crypto::uri_decoded(raw, false);
  if (!text)
    return fail(protocol::service_error("InvalidURI", 400, "Couldn't parse the specified URI."));
  return std::move(*text);
}

}  // namespace

Result<S3Address> s3_address(std::string_view host, std::string_view raw_path,
                             std::span<const std::string> domains) {
  S3Address address;
  if (raw_path.starts_with('/')) raw_path.remove_prefix(1);
  const std::string_view bucket = bucket_of_host(without_port(host), domains);
  if (!bucket.empty()) {
    address.virtual_host = true;
    address.bucket = bucket;
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
