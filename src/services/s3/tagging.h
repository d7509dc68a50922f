#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dyad::s3 {

/// "Categorizing your storage using tags": 10 tags an object, keys of 1 to 128 and values of up to
/// 256 UTF-16 units.
constexpr std::size_t kMaxObjectTags = 10;
constexpr std::size_t kMaxTagKeyUnits = 128;
constexpr std::size_t kMaxTagValueUnits = 256;

using Tags = std::vector<std::pair<std::string, std::string>>;

/// The x-amz-tagging header: URL query parameters. InvalidArgument: not of that form, or a key
/// given twice; InvalidTag: a limit above or the reserved prefix "aws:"; BadRequest: too many.
Result<Tags> parse_tagging_header(std::string_view header);

}  // namespace dyad::s3
