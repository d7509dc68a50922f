#include "services/s3/ranges.h"

#include <algorithm>
#include <charconv>

#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

/// Digits only; a number above 2^64 counts as the largest. None: not a number.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty() ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? value : UINT64_MAX;
}

Error unsatisfiable(std::string_view header, std::uint64_t size_bytes) {
  Error error = protocol::with_field(protocol::service_error(model::errors::kInvalidRange),
                                     "RangeRequested", std::string(header));
  error = protocol::with_field(std::move(error), "ActualObjectSize", std::to_string(size_bytes));
  // RFC 9110, 15.5.17.
  return protocol::with_header(std::move(error), "Content-Range",
                               "bytes */" + std::to_string(size_bytes));
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size_bytes) {
  constexpr std::string_view unit = "bytes=";
  const std::optional<ByteRange> whole;
  if (!header.starts_with(unit)) return whole;
  const std::string_view spec = header.substr(unit.size());
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view first_text = spec.substr(0, dash);
  const std::optional<std::uint64_t> last = parse_position(spec.substr(dash + 1));
  if (!last && dash + 1 != spec.size()) return whole;

  if (first_text.empty()) {  // The last so many bytes.
    if (!last) return whole;
    const std::uint64_t length = std::min(*last, size_bytes);
    if (length == 0) return fail(unsatisfiable(header, size_bytes));
    return std::optional<ByteRange>(ByteRange{size_bytes - length, length});
  }
  const std::optional<std::uint64_t> first = parse_position(first_text);
  if (!first || (last && *last < *first)) return whole;
  if (*first >= size_bytes) return fail(unsatisfiable(header, size_bytes));
  const std::uint64_t end = last ? std::min(*last, size_bytes - 1) + 1 : size_bytes;
  return std::optional<ByteRange>(ByteRange{*first, end - *first});
}

std::string content_range(const ByteRange& range, std::uint64_t size_bytes) {
  return "bytes " + std::to_string(range.first) + "-" +
         std::to_string(range.first + range.length - 1) + "/" + std::to_string(size_bytes);
}

}  // namespace dyad::s3
