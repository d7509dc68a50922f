#include "services/s3/object_attributes.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "api/s3/copy_object.h"
#include "api/s3/create_multipart_upload.h"
#include "api/s3/put_object.h"
#include "base/ascii.h"
#include "base/decimal.h"
#include "protocol/timestamps.h"
#include "services/s3/s3_errors.h"
#include "table/item_builder.h"
#include "table/object_row.h"
#include "table/utf8.h"

namespace dyad::s3 {
namespace {

namespace attribute = table::object_attribute;
using protocol::TimestampFormat;
using table::ItemView;

/// What of an item is read back, in the order of the names' bytes, which is an item's own.
constexpr std::array kReadBack = {
    attribute::kCacheControl,    attribute::kChecksumAlgorithm,  attribute::kChecksumType,
    attribute::kChecksumValue,   attribute::kContentDisposition, attribute::kContentEncoding,
    attribute::kContentLanguage, attribute::kContentType,        attribute::kETag,
    attribute::kExpires,         attribute::kLastModified,       attribute::kSize,
    attribute::kStorageClass,    attribute::kWebsiteRedirect,
};
static_assert(std::ranges::is_sorted(kReadBack));

consteval std::size_t place_of(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(kReadBack, name) - kReadBack.begin());
}

/// The optional text attributes, in the row and in the struct.
struct TextAttribute {
  std::string_view name;
  std::size_t place;  ///< In kReadBack.
  std::optional<std::string> ObjectAttributes::*member;
};
constexpr TextAttribute kTextAttributes[] = {
    {attribute::kCacheControl, place_of(attribute::kCacheControl),
     &ObjectAttributes::cache_control},
    {attribute::kContentDisposition, place_of(attribute::kContentDisposition),
     &ObjectAttributes::content_disposition},
    {attribute::kContentEncoding, place_of(attribute::kContentEncoding),
     &ObjectAttributes::content_encoding},
    {attribute::kContentLanguage, place_of(attribute::kContentLanguage),
     &ObjectAttributes::content_language},
    {attribute::kExpires, place_of(attribute::kExpires), &ObjectAttributes::expires},
    {attribute::kWebsiteRedirect, place_of(attribute::kWebsiteRedirect),
     &ObjectAttributes::website_redirect},
};

/// An item's strings are UTF-8, and S3's metadata is read back as such by every SDK.
Result<> check_text(std::string_view header, std::string_view value) {
  if (table::is_utf8(value)) return {};
  return fail(invalid_argument(header, "", "The header is not encoded as UTF-8"));
}

Result<> take_metadata(const protocol::Map<std::string>& metadata, ObjectAttributes& attributes) {
  std::size_t size = 0;
  for (const auto& [name, value] : metadata) {
    const std::string header = std::string(attribute::kUserMetadataPrefix) + ascii_lower(name);
    DYAD_TRY(check_text(header, header));
    DYAD_TRY(check_text(header, value));
    size += name.size() + value.size();
    attributes.metadata[ascii_lower(name)] = value;
  }
  if (size > kMaxUserMetadataBytes)
    return fail(over_size(model::errors::kMetadataTooLarge, size, kMaxUserMetadataBytes));
  return {};
}

Result<> check_texts(const ObjectAttributes& attributes) {
  DYAD_TRY(check_text("Content-Type", attributes.content_type));
  for (const TextAttribute& text : kTextAttributes)
    if (const auto& value = attributes.*text.member) DYAD_TRY(check_text(text.name, *value));
  if (const auto& to = attributes.website_redirect;
      to && !to->starts_with("/") && !to->starts_with("http://") && !to->starts_with("https://"))
    return fail(invalid_argument("x-amz-website-redirect-location", *to,
                                 "The website redirect location must have a prefix of 'http://' "
                                 "or 'https://' or '/'."));
  return {};
}

/// aws-chunked is how the body travelled, not what the object is ("PutObject" in the API
/// reference): it is not kept. What does not name it is kept to the letter.
std::optional<std::string> without_aws_chunked(const std::optional<std::string>& encoding) {
  if (!encoding || encoding->empty()) return std::nullopt;
  if (encoding->find("aws-chunked") == std::string::npos) return encoding;
  std::string kept;
  std::string_view rest = *encoding;
  while (true) {
    const std::size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty() && one != "aws-chunked") {
      if (!kept.empty()) kept += ',';
      kept += one;
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (kept.empty()) return std::nullopt;
  return kept;
}

/// An item's attributes as they are read, in one walk over it: a GetObject asks for all of them.
class ReadBack {
 public:
  explicit ReadBack(ItemView item) {
    const table::MapView all = item.attributes();
    std::size_t known = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const table::MapView::Entry entry = all[i];
      while (known < kReadBack.size() && kReadBack[known] < entry.name) ++known;
      if (known < kReadBack.size() && kReadBack[known] == entry.name)
        values_[known] = entry.value;
      else if (entry.name.starts_with(attribute::kUserMetadataPrefix))
        add(metadata, entry, attribute::kUserMetadataPrefix);
      else if (entry.name.starts_with(attribute::kTagPrefix))
        add(tags, entry, attribute::kTagPrefix);
    }
  }

  // Of what stands at that place of kReadBack.
  /// An empty view: it is not there.
  table::ValueView value(std::size_t place) const { return values_[place]; }
  std::optional<std::string_view> text(std::size_t place) const {
    const table::ValueView found = value(place);
    if (found.empty() || found.type() != table::Type::string) return std::nullopt;
    return found.as_string();
  }

  using Named = std::vector<std::pair<std::string_view, std::string_view>>;
  Named metadata;  ///< Without their prefix.
  Named tags;

 private:
  static void add(Named& to, const table::MapView::Entry& entry, std::string_view prefix) {
    if (entry.value.type() != table::Type::string) return;
    to.emplace_back(entry.name.substr(prefix.size()), entry.value.as_string());
  }

  std::array<table::ValueView, kReadBack.size()> values_;
};

Error damaged(std::string_view name) {
  return Error(ErrorCode::corruption,
               "an object's row has no valid attribute '" + std::string(name) + "'");
}

Result<std::uint64_t> size_of(const ReadBack& item) {
  const table::ValueView value = item.value(place_of(attribute::kSize));
  if (value.empty() || value.type() != table::Type::number) return fail(damaged(attribute::kSize));
  const std::string text = value.as_number().to_string();
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return fail(damaged(attribute::kSize));
  return size;
}

}  // namespace

template <class Input>
Result<ObjectAttributes> attributes_of_request(const Input& input) {
  ObjectAttributes attributes;
  if (input.content_type && !input.content_type->empty())
    attributes.content_type = *input.content_type;
  if (input.storage_class) attributes.storage_class = *input.storage_class;
  attributes.cache_control = input.cache_control;
  attributes.content_disposition = input.content_disposition;
  attributes.content_encoding = without_aws_chunked(input.content_encoding);
  attributes.content_language = input.content_language;
  attributes.expires = input.expires;
  attributes.website_redirect = input.website_redirect_location;
  DYAD_TRY(check_texts(attributes));
  DYAD_TRY(take_metadata(input.metadata, attributes));
  if (input.tagging) {
    DYAD_TRY_ASSIGN(attributes.tags, parse_tagging_header(*input.tagging));
  }
  return attributes;
}

template Result<ObjectAttributes> attributes_of_request(const model::PutObjectInput&);
template Result<ObjectAttributes> attributes_of_request(const model::CopyObjectInput&);
template Result<ObjectAttributes> attributes_of_request(const model::CreateMultipartUploadInput&);

table::Item make_object_item(std::string_view bucket, std::string_view key,
                             const ObjectAttributes& attributes) {
  table::ItemBuilder item;
  item.string(attribute::kBucket, bucket)
      .string(attribute::kKey, key)
      .number(attribute::kSize, Decimal(static_cast<std::int64_t>(attributes.size_bytes)))
      .string(attribute::kLastModified,
              protocol::to_string(protocol::UtcMs{attributes.last_modified_ms},
                                  TimestampFormat::iso8601))
      .string(attribute::kETag, attributes.e_tag)
      .string(attribute::kStorageClass, attributes.storage_class)
      .string(attribute::kContentType, attributes.content_type);
  if (attributes.checksum_kind) {
    item.string(attribute::kChecksumAlgorithm, crypto::name_of(*attributes.checksum_kind))
        .string(attribute::kChecksumValue, attributes.checksum_text)
        .string(attribute::kChecksumType, attributes.checksum_type);
  }
  for (const TextAttribute& text : kTextAttributes)
    if (const auto& value = attributes.*text.member) item.string(text.name, *value);
  for (const auto& [name, value] : attributes.metadata)
    item.string(std::string(attribute::kUserMetadataPrefix) + name, value);
  for (const auto& [name, value] : attributes.tags)
    item.string(std::string(attribute::kTagPrefix) + name, value);
  return item.build();
}

Result<ObjectAttributes> read_object_attributes(ItemView view) {
  const ReadBack item(view);
  ObjectAttributes attributes;
  DYAD_TRY_ASSIGN(attributes.size_bytes, size_of(item));
  const auto e_tag = item.text(place_of(attribute::kETag));
  if (!e_tag) return fail(damaged(attribute::kETag));
  attributes.e_tag = *e_tag;
  const auto modified = item.text(place_of(attribute::kLastModified));
  const std::optional<protocol::UtcMs> modified_at =
      modified ? protocol::parse_timestamp(*modified, TimestampFormat::iso8601) : std::nullopt;
  if (!modified_at) return fail(damaged(attribute::kLastModified));
  attributes.last_modified_ms = modified_at->ms;
  const auto storage_class = item.text(place_of(attribute::kStorageClass));
  if (storage_class) attributes.storage_class = *storage_class;
  const auto content_type = item.text(place_of(attribute::kContentType));
  if (content_type) attributes.content_type = *content_type;
  for (const TextAttribute& text : kTextAttributes)
    if (const auto value = item.text(text.place)) attributes.*text.member = *value;
  if (const auto algorithm = item.text(place_of(attribute::kChecksumAlgorithm))) {
    attributes.checksum_kind = crypto::checksum_kind_of(*algorithm);
    attributes.checksum_text = item.text(place_of(attribute::kChecksumValue)).value_or("");
    attributes.checksum_type = item.text(place_of(attribute::kChecksumType)).value_or("");
  }
  for (const auto& [name, value] : item.metadata) attributes.metadata.emplace(name, value);
  for (const auto& [name, value] : item.tags) attributes.tags.emplace_back(name, value);
  return attributes;
}

protocol::UtcMs last_modified_on_wire(const ObjectAttributes& attributes) {
  return protocol::UtcMs{attributes.last_modified_ms / 1000 * 1000};
}

}  // namespace dyad::s3
