#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dyad::s3 {

// Where a listing goes on. A position is the first key (inclusive, any bytes) that the next page
// may tell: behind a key, the key and a zero byte; behind a common prefix, the end of all keys that
// begin with it, so that a listing never walks them.
//
// A token is stateless: base64 of version u8 | kind u8 | position | CRC32C over all before. The
// check finds what a client made up or cut; it keeps no secret, and a position can only be where a
// start-after could be as well.

enum class TokenKind : std::uint8_t { objects = 1, buckets = 2 };

std::string make_continuation_token(TokenKind kind, std::string_view position);
/// InvalidArgument: not a token of this kind.
Result<std::string> parse_continuation_token(TokenKind kind, std::string_view token);

/// The first position after `key`.
std::string position_after_key(std::string_view key);

/// The common prefix that `key`, which begins with `prefix`, is counted under: up to and with the
/// first delimiter behind the prefix. None: it stands for itself. An empty delimiter is none.
std::optional<std::string_view> common_prefix_of(std::string_view key, std::string_view prefix,
                                                 std::string_view delimiter);

/// Where a page begins, by StartAfter or a Marker; empty: at the beginning. A common prefix is told
/// only if it sorts behind `start_after` itself, as a key would be; what begins with it goes with
/// it. None: nothing is left.
std::optional<std::string> position_of_start(std::string_view start_after, std::string_view prefix,
                                             std::string_view delimiter);

}  // namespace dyad::s3
