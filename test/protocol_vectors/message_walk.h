#pragma once

#include <optional>
#include <string>

#include "protocol/shape.h"

namespace simdjson::dom {
class element;
}

namespace dyad::vectors {

// A vector tells a message as JSON: members by the model's names, blobs as text, moments as
// seconds. These walk such a value beside a message.

/// Where the message differs from `expected`, in words; none: nowhere. Members that `expected` does
/// not name must be absent or empty.
std::optional<std::string> difference(const simdjson::dom::element& expected,
                                      const protocol::Shape& shape, const void* value);

/// Fills the new message at `out`; false: `source` does not fit the shape.
bool fill(const simdjson::dom::element& source, const protocol::Shape& shape, void* out);

}  // namespace dyad::vectors
