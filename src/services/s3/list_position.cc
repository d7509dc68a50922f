#include "services/s3/list_position.h"

#include "base/bytes.h"
#include "crypto/checksum.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

constexpr std::uint8_t kTokenVersion = 1;
constexpr std::size_t kTokenFrameBytes = 2 + 4;

std::string check_of(std::string_view bytes) {
  crypto::Checksum crc(crypto::ChecksumKind::crc32c);
  crc.update(bytes);
  return crc.finish();
}

}  // namespace

std::string make_continuation_token(TokenKind kind, std::string_view position) {
  std::string token;
  append_u8(token, kTokenVersion);
  append_u8(token, static_cast<std::uint8_t>(kind));
  token.append(position);
  token.append(check_of(token));
  return to_base64(token);
}

Result<std::string> parse_continuation_token(TokenKind kind, std::string_view token) {
  const std::optional<std::string> bytes = from_base64(token);
  const auto refused = [] {
    return fail(protocol::with_field(
        protocol::service_error(model::errors::kInvalidArgument,
                                "The continuation token provided is incorrect"),
        "ArgumentName", "continuation-token"));
  };
  if (!bytes || bytes->size() < kTokenFrameBytes) return refused();
  const std::string_view covered = std::string_view(*bytes).substr(0, bytes->size() - 4);
  if (std::string_view(*bytes).substr(covered.size()) != check_of(covered)) return refused();
  if (static_cast<std::uint8_t>(covered[0]) != kTokenVersion ||
      static_cast<TokenKind>(covered[1]) != kind)
    return refused();
  return std::string(covered.substr(2));
}

std::string position_after_key(std::string_view key) {
  std::string position(key);
  position.push_back('\0');
  return position;
}

std::optional<std::string_view> common_prefix_of(std::string_view key, std::string_view prefix,
                                                 std::string_view delimiter) {
  if (delimiter.empty() || !key.starts_with(prefix)) return std::nullopt;
  const std::size_t at = key.find(delimiter, prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  return key.substr(0, at + delimiter.size());
}

std::optional<std::string> position_of_start(std::string_view start_after, std::string_view prefix,
                                             std::string_view delimiter) {
  if (start_after.empty()) return std::string();
  const std::optional<std::string_view> group = common_prefix_of(start_after, prefix, delimiter);
  if (!group) return position_after_key(start_after);
  std::string end = prefix_end(*group);
  if (end.empty()) return std::nullopt;
  return end;
}

}  // namespace dyad::s3
