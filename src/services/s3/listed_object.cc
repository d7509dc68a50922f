#include "services/s3/listed_object.h"

#include "services/s3/bucket_table.h"
#include "services/s3/list_encoding.h"
#include "services/s3/s3_errors.h"
#include "table/utf8.h"

namespace dyad::s3 {

Result<> check_list_texts(std::initializer_list<const std::optional<std::string>*> texts) {
  for (const std::optional<std::string>* text : texts)
    if (*text && !table::is_utf8(**text))
      return fail(protocol::service_error(model::errors::kInvalidURI));
  return {};
}

Result<ListEncoding> ListEncoding::of(const std::optional<std::string>& encoding_type) {
  if (encoding_type && *encoding_type != "url")
    return fail(invalid_argument("encoding-type", *encoding_type,
                                 "Invalid Encoding Method specified in Request"));
  return ListEncoding(encoding_type.has_value());
}

std::string ListEncoding::operator()(std::string_view text) const {
  return url_ ? url_encoded_key(text) : std::string(text);
}

std::optional<std::string> encoded_unless_empty(const std::optional<std::string>& text,
                                                const ListEncoding& encoding) {
  if (!text || text->empty()) return std::nullopt;
  return encoding(*text);
}

model::Object listed_object(const ListEntry& entry, const std::optional<model::Owner>& owner,
                            const ListEncoding& encoding) {
  const ObjectAttributes& attributes = *entry.object;
  model::Object object;
  object.key = encoding(entry.name);
  object.last_modified = last_modified_on_wire(attributes);
  object.e_tag = attributes.quoted_e_tag();
  if (attributes.checksum_kind) {
    object.checksum_algorithm.emplace_back(crypto::name_of(*attributes.checksum_kind));
    object.checksum_type = attributes.checksum_type;
  }
  object.size = static_cast<std::int64_t>(attributes.size_bytes);
  object.storage_class = attributes.storage_class;
  object.owner = owner;
  return object;
}

model::Owner owner_of_account(std::string_view account_id) {
  model::Owner owner;
  owner.id = canonical_user_id(account_id);
  return owner;
}

}  // namespace dyad::s3
