#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad::protocol {

/// What stood in a request's path where the template has a label.
struct UriLabel {
  std::string_view name;  ///< "FunctionName"; of the template.
  std::string value;      ///< Decoded.
};

/// Matches a path as it came, still percent-encoded, against a model's template:
/// "/functions/{FunctionName}/code". A label stands for one segment that is not empty; "{Key+}",
/// only as the last one or before constant segments, for one or more. Source: Smithy specification,
/// "HTTP binding traits", uri patterns. not_found: no match; invalid_argument: a broken escape.
Result<std::vector<UriLabel>> match_uri_template(std::string_view uri_template,
                                                 std::string_view path);

}  // namespace dyad::protocol
