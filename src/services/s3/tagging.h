#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/s3/shapes.h"
#include "base/result.h"

namespace dyad::s3 {

/// "Categorizing your storage using tags": 10 tags an object, 50 a bucket, keys of 1 to 128 and
/// values of up to 256 UTF-16 units.
constexpr std::size_t kMaxObjectTags = 10;
constexpr std::size_t kMaxBucketTags = 50;
constexpr std::size_t kMaxTagKeyUnits = 128;
constexpr std::size_t kMaxTagValueUnits = 256;

using Tags = std::vector<std::pair<std::string, std::string>>;

/// The x-amz-tagging header: URL query parameters. InvalidArgument: not of that form, or a key
/// given twice; InvalidTag: a limit above or the reserved prefix "aws:"; BadRequest: too many.
Result<Tags> parse_tagging_header(std::string_view header);

/// Whose tags a document sets: the words of refusals differ.
enum class TagOwner { object, bucket, new_bucket };

/// The tags of a document: InvalidTag with <TagKey> (and <TagValue>), also for a key given twice;
/// BadRequest: too many.
Result<Tags> tags_of_set(std::vector<api::s3::Tag> set, TagOwner owner);
std::vector<api::s3::Tag> tag_set_of(const Tags& tags);

/// A text's length as Java, and so S3, counts it.
std::size_t utf16_units(std::string_view utf8);

}  // namespace dyad::s3
