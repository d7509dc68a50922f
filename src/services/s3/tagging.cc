#include "services/s3/tagging.h"

#include <algorithm>

#include "crypto/uri_encoding.h"
#include "services/s3/s3_errors.h"
#include "table/utf8.h"

namespace dyad::s3 {
namespace {

Error malformed(std::string_view header) {
  return invalid_argument("x-amz-tagging", header,
                          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
                          "URL query parameters without tag name duplicates.");
}

Error invalid_tag(std::string message, std::string_view key) {
  return protocol::with_field(protocol::service_error("InvalidTag", 400, std::move(message)),
                              "TagKey", std::string(key));
}

Error reserved_key(std::string_view key, TagOwner owner) {
  switch (owner) {
    case TagOwner::object:
      return invalid_tag("Your TagKey cannot be prefixed with aws:", key);
    case TagOwner::bucket:
      return invalid_tag("System tags cannot be added/updated by requester", key);
    case TagOwner::new_bucket:
      break;
  }
  return protocol::service_error(
      "InvalidTag", 400,
      "User-defined tag keys can't start with \"aws:\". This prefix is reserved for system tags. "
      "Remove \"aws:\" from your tag keys and try again.");
}

/// "Unicode letters, numbers, white space and _ . : / = + - @": what is outside ASCII passes here,
/// for no table of letters is at hand.
bool has_tag_characters_only(std::string_view text) {
  constexpr std::string_view symbols = "_.:/=+-@ \t\n\r";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           static_cast<unsigned char>(c) >= 0x80 || symbols.find(c) != std::string_view::npos;
  });
}

Result<> check_tag(std::string_view key, std::string_view value, TagOwner owner) {
  if (key.starts_with("aws:")) return fail(reserved_key(key, owner));
  if (key.empty() || utf16_units(key) > kMaxTagKeyUnits || !has_tag_characters_only(key))
    return fail(invalid_tag("The TagKey you have provided is invalid", key));
  if (utf16_units(value) > kMaxTagValueUnits || !has_tag_characters_only(value))
    return fail(protocol::with_field(invalid_tag("The TagValue you have provided is invalid", key),
                                     "TagValue", std::string(value)));
  return {};
}

Error too_many(TagOwner owner) {
  if (owner == TagOwner::object)
    return protocol::service_error(
        "BadRequest", 400, "Object tags cannot be greater than " + std::to_string(kMaxObjectTags));
  return protocol::service_error(
      "BadRequest", 400,
      "Bucket tag count cannot be greater than " + std::to_string(kMaxBucketTags));
}

bool names_key(const Tags& tags, std::string_view key) {
  return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return tag.first == key; });
}

}  // namespace

std::size_t utf16_units(std::string_view utf8) {
  std::size_t units = 0;
  for (const unsigned char byte : utf8) {
    if ((byte & 0xc0) != 0x80) ++units;  // The first byte of a character.
    if (byte >= 0xf0) ++units;           // Of one above U+FFFF: a pair.
  }
  return units;
}

Result<Tags> parse_tagging_header(std::string_view header) {
  Tags tags;
  std::string_view rest = header;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    if (std::count(pair.begin(), pair.end(), '=') > 1) return fail(malformed(header));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> key = crypto::uri_decoded(pair.substr(0, equals), true);
    std::optional<std::string> value =
        crypto::uri_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!key || !value || !table::is_utf8(*key) || !table::is_utf8(*value))
      return fail(malformed(header));
    if (tags.size() == kMaxObjectTags) return fail(too_many(TagOwner::object));
    DYAD_TRY(check_tag(*key, *value, TagOwner::object));
    if (names_key(tags, *key)) return fail(malformed(header));
    tags.emplace_back(std::move(*key), std::move(*value));
  }
  return tags;
}

Result<Tags> tags_of_set(std::vector<model::Tag> set, TagOwner owner) {
  if (set.size() > (owner == TagOwner::object ? kMaxObjectTags : kMaxBucketTags))
    return fail(too_many(owner));
  Tags tags;
  tags.reserve(set.size());
  for (model::Tag& tag : set) {
    if (names_key(tags, tag.key))
      return fail(invalid_tag("Cannot provide multiple Tags with the same key", tag.key));
    DYAD_TRY(check_tag(tag.key, tag.value, owner));
    tags.emplace_back(std::move(tag.key), std::move(tag.value));
  }
  return tags;
}

std::vector<model::Tag> tag_set_of(const Tags& tags) {
  std::vector<model::Tag> set;
  set.reserve(tags.size());
  for (const auto& [key, value] : tags) {
    model::Tag& tag = set.emplace_back();
    tag.key = key;
    tag.value = value;
  }
  return set;
}

}  // namespace dyad::s3
