#pragma once

#include <string>
#include <string_view>

#include "protocol/shape.h"

namespace dyad::protocol {

// Scalars as plain text, as XML elements, headers, query parameters and forms hold them.

/// Fills the scalar at `out`; false: the text is none of its kind.
bool parse_text_value(const Shape& shape, TimestampFormat format, std::string_view text, void* out);

/// Appends the scalar, not escaped.
void append_text_value(const Shape& shape, TimestampFormat format, const void* value,
                       std::string& out);

constexpr bool is_scalar(Kind kind) {
  return kind != Kind::list && kind != Kind::map && kind != Kind::structure &&
         kind != Kind::provided;
}

}  // namespace dyad::protocol
