#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/shape.h"

namespace dyad::s3 {

// Conditional requests: RFC 9110, section 13, as "Conditional requests" in the S3 user guide tells
// it.

/// What of an object a condition looks at.
struct ObjectState {
  std::string_view e_tag;  ///< Without quotes.
  std::int64_t last_modified_ms = 0;
};

/// Does `header`, a list of entity tags or "*", name `e_tag`? Quotes may be missing, as S3 takes
/// it; a weak tag is compared like a strong one.
bool etag_list_matches(std::string_view header, std::string_view e_tag);

struct ReadConditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<protocol::UtcMs> if_modified_since;
  std::optional<protocol::UtcMs> if_unmodified_since;

  template <class Input>
  static ReadConditions of(const Input& input) {
    return {input.if_match, input.if_none_match, input.if_modified_since,
            input.if_unmodified_since};
  }
};

/// May the object be answered? PreconditionFailed (412) or NotModified (304, with the headers that
/// a 304 carries). The entity tag outweighs the date of the same sense; dates count whole seconds.
Result<> check_read_conditions(const ReadConditions& conditions, const ObjectState& object,
                               std::int64_t now_ms);

/// May the object be copied from? The same conditions and precedence, but every one that does not
/// hold is a 412 ("CopyObject", x-amz-copy-source-if-*).
Result<> check_source_conditions(const ReadConditions& conditions, const ObjectState& object,
                                 std::int64_t now_ms);

struct WriteConditions {
  std::optional<std::string> if_match;
  bool must_be_new = false;  ///< If-None-Match: *

  bool any() const { return if_match.has_value() || must_be_new; }
  std::string_view header() const { return must_be_new ? "If-None-Match" : "If-Match"; }
};

/// NotImplemented for what S3 does not take with writes: both headers, an entity tag in
/// If-None-Match, "*" in If-Match.
Result<WriteConditions> write_conditions(const std::optional<std::string>& if_match,
                                         const std::optional<std::string>& if_none_match);

/// May `key`, which is as `current` says (null: absent), be overwritten? PreconditionFailed;
/// NoSuchKey: If-Match on what is not there.
Result<> check_write_conditions(const WriteConditions& conditions, const ObjectState* current,
                                std::string_view key);

}  // namespace dyad::s3
