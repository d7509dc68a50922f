#include "gateway/access.h"

#include "gateway/address_rates.h"
#include "protocol/timestamps.h"

namespace dyad::gateway {

std::string ExchangeFacts::value_of(std::string_view key) const {
  const http::RequestHead& head = exchange_.request.head;
  const std::int64_t now_ms = exchange_.shared.clock.wall_ms();
  if (key == "aws:SourceIp") return address_of(exchange_.request.stream.peer_address());
  if (key == "aws:SecureTransport") return exchange_.request.stream.secure() ? "true" : "false";
  if (key == "aws:UserAgent") return std::string(head.value("user-agent"));
  if (key == "aws:Referer") return std::string(head.value("referer"));
  if (key == "aws:CurrentTime")
    return protocol::to_string(protocol::UtcMs{now_ms}, protocol::TimestampFormat::iso8601);
  if (key == "aws:EpochTime") return std::to_string(now_ms / 1000);
  if (key == "aws:RequestedRegion") return exchange_.shared.options.region;
  if (key == "aws:PrincipalArn") return principal_.arn;
  if (key == "aws:PrincipalAccount") return principal_.account_id;
  return {};
}

std::string s3_resource(std::string_view bucket, std::string_view key) {
  if (bucket.empty()) return "*";
  std::string arn("arn:aws:s3:::");
  arn.append(bucket);
  if (!key.empty()) arn.append("/").append(key);
  return arn;
}

}  // namespace dyad::gateway
