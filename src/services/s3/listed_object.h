#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/s3/shapes.h"
#include "base/result.h"
#include "services/s3/object_listing.h"

namespace dyad::s3 {

// What the two listings of objects share in their answers.

/// "Returns some or all (up to 1,000) of the objects": more may be asked for and is not given.
constexpr std::int32_t kMaxListedKeys = 1000;

/// InvalidURI: one of them is not UTF-8, which the answer, that repeats it, must be.
Result<> check_list_texts(std::initializer_list<const std::optional<std::string>*> texts);

/// How an answer writes what a key may hold: keys, prefixes, delimiters and positions that repeat
/// one of them.
class ListEncoding {
 public:
  /// InvalidArgument: there are "url" and nothing else.
  static Result<ListEncoding> of(const std::optional<std::string>& encoding_type);
  std::string operator()(std::string_view text) const;

 private:
  explicit ListEncoding(bool url) : url_(url) {}
  bool url_;
};

/// The same; none: a parameter without a value is told as one that is not there.
std::optional<std::string> encoded_unless_empty(const std::optional<std::string>& text,
                                                const ListEncoding& encoding);

/// What to list, by a request of either listing. `position`: where the page begins.
template <class Input>
ListSpec list_spec(const Input& input, table::TableRef table, std::string position,
                   std::int32_t max_keys) {
  ListSpec spec;
  spec.table = std::move(table);
  spec.bucket = input.bucket;
  spec.prefix = input.prefix.value_or("");
  spec.delimiter = input.delimiter.value_or("");
  spec.position = std::move(position);
  spec.max_entries = static_cast<std::uint32_t>(max_keys);
  return spec;
}

/// `entry` names an object. `owner`: none where the answer names no owners.
model::Object listed_object(const ListEntry& entry, const std::optional<model::Owner>& owner,
                            const ListEncoding& encoding);

/// Appends the page's objects and common prefixes to an answer of either listing.
template <class Output>
void tell_entries(Output& output, const ListPage& page, const std::optional<model::Owner>& owner,
                  const ListEncoding& encoding) {
  for (const ListEntry& entry : page.entries) {
    if (entry.object) {
      output.contents.push_back(listed_object(entry, owner, encoding));
    } else {
      output.common_prefixes.push_back(model::CommonPrefix{encoding(entry.name)});
    }
  }
}

/// "The account's canonical user id": all that S3 still tells of an owner.
model::Owner owner_of_account(std::string_view account_id);

}  // namespace dyad::s3
