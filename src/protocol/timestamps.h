#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/shape.h"

namespace dyad::protocol {

/// Appends `time` in one of the wire's formats; see TimestampFormat.
void append_timestamp(std::string& out, UtcMs time, TimestampFormat format);
std::string to_string(UtcMs time, TimestampFormat format);

/// None: not a moment in that format. iso8601 may lack the fraction or have more digits than three;
/// rfc822 means the IMF-fixdate of RFC 9110 and the two older forms that it obliges servers to
/// accept.
std::optional<UtcMs> parse_timestamp(std::string_view text, TimestampFormat format);

}  // namespace dyad::protocol
