#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "runtime/task.h"

namespace dyad::http {

/// How a body is packed (RFC 9110, section 8.4.1).
enum class ContentCoding : std::uint8_t { identity, gzip, deflate };

/// "gzip", "deflate"; empty for identity.
std::string_view name_of(ContentCoding coding);

/// What an Accept-Encoding asks for: the coding of the highest weight, of equal ones the first.
/// Follows DynamoDB where that departs from RFC 9110: identity counts for nothing, a weight above 1
/// is 1, one that is no number is 1 too, of several in one entry the first counts.
ContentCoding choose_coding(std::string_view accept_encoding);

/// Packs `body`, which the caller keeps, with the fastest compression. Lets others on the executor
/// go on after each kCodingStepBytes.
Task<std::string> pack(std::string_view body, ContentCoding coding);

/// Unpacks gzip, also of several members. invalid_argument: it is not, or is cut short. too_large:
/// more than `max_bytes` would come out; no more memory than that is taken. Yields as pack does.
/// What follows the last member and is none is passed over.
Task<Result<std::string>> unpack_gzip(std::string_view body, std::size_t max_bytes);

/// Input of one step; about half a millisecond of work.
constexpr std::size_t kCodingStepBytes = 64 * 1024;

}  // namespace dyad::http
