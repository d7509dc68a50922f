#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dyad::gateway {

/// What the name in a request's Host header tells.
struct HostName {
  enum class Service : std::uint8_t { untold, s3, s3_control, dynamodb, sts };
  Service service = Service::untold;
  std::string bucket;  ///< In lower case; empty: none in the name.
};

/// Reads host names as AWS builds them, under domains of one's own as well. Sources: "Virtual
/// hosting of general purpose buckets" and "Dual-stack endpoints" (S3 user guide), "Account-based
/// endpoints" (DynamoDB), the endpoint of S3 Control, which puts the account before the host.
class HostNames {
 public:
  /// `domains`: where a bucket may stand before the bare domain, too ("photos.localhost"). Amazon's
  /// own domains are known besides, and there a bucket stands before "s3" only.
  explicit HostNames(std::vector<std::string> domains);

  /// `host` as it came: with or without a port, in any case, an address, or empty. `path` decides
  /// what twelve digits before "s3" are: a bucket, unless the path is S3 Control's.
  HostName parse(std::string_view host, std::string_view path) const;

 private:
  struct Domain {
    std::string name;
    bool bare_buckets;
  };
  std::vector<Domain> domains_;  ///< The longest first.
};

}  // namespace dyad::gateway
