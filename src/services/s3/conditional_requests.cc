#include "services/s3/conditional_requests.h"

#include "protocol/timestamps.h"
#include "services/s3/s3_errors.h"

namespace dyad::s3 {
namespace {

using protocol::UtcMs;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view bare_tag(std::string_view tag) {
  tag = trimmed(tag);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
    tag.remove_prefix(1);
    tag.remove_suffix(1);
  }
  return tag;
}

std::int64_t whole_seconds(std::int64_t ms) {
  return ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
}

Error not_modified(const ObjectState& object) {
  Error error = protocol::service_error(model::errors::kNotModified);
  error = protocol::with_header(std::move(error), "ETag", '"' + std::string(object.e_tag) + '"');
  return protocol::with_header(
      std::move(error), "Last-Modified",
      protocol::to_string(UtcMs{object.last_modified_ms}, protocol::TimestampFormat::rfc822));
}

/// The first condition that does not hold.
struct Failed {
  std::string_view header;    ///< Empty: all hold.
  bool not_modified = false;  ///< What a reader has is still good.
};

Failed failed_condition(const ReadConditions& conditions, const ObjectState& object,
                        std::int64_t now_ms) {
  const std::int64_t modified_s = whole_seconds(object.last_modified_ms);
  if (conditions.if_match) {
    if (!etag_list_matches(*conditions.if_match, object.e_tag)) return {"If-Match"};
  } else if (conditions.if_unmodified_since &&
             modified_s > whole_seconds(conditions.if_unmodified_since->ms)) {
    return {"If-Unmodified-Since"};
  }
  if (conditions.if_none_match) {
    if (etag_list_matches(*conditions.if_none_match, object.e_tag)) return {"If-None-Match", true};
  } else if (conditions.if_modified_since) {
    // A date in the future is no valid one (RFC 9110, 13.1.3).
    const std::int64_t since_s = whole_seconds(conditions.if_modified_since->ms);
    if (since_s <= whole_seconds(now_ms) && modified_s <= since_s)
      return {"If-Modified-Since", true};
  }
  return {};
}

}  // namespace

bool etag_list_matches(std::string_view header, std::string_view e_tag) {
  // Entity tags of objects hold no commas, so a comma parts two tags.
  while (true) {
    const std::size_t comma = header.find(',');
    const std::string_view one = trimmed(header.substr(0, comma));
    if (one == "*" || bare_tag(one) == e_tag) return true;
    if (comma == std::string_view::npos) return false;
    header.remove_prefix(comma + 1);
  }
}

Result<> check_read_conditions(const ReadConditions& conditions, const ObjectState& object,
                               std::int64_t now_ms) {
  const Failed failed = failed_condition(conditions, object, now_ms);
  if (failed.header.empty()) return {};
  return fail(failed.not_modified ? not_modified(object) : precondition_failed(failed.header));
}

Result<> check_source_conditions(const ReadConditions& conditions, const ObjectState& object,
                                 std::int64_t now_ms) {
  const Failed failed = failed_condition(conditions, object, now_ms);
  if (failed.header.empty()) return {};
  return fail(precondition_failed("x-amz-copy-source-" + std::string(failed.header)));
}

Result<WriteConditions> write_conditions(const std::optional<std::string>& if_match,
                                         const std::optional<std::string>& if_none_match) {
  if (if_match && if_none_match)
    return fail(header_not_implemented(
        "If-Match,If-None-Match", "Multiple conditional request headers present in the request"));
  const auto refused = [](std::string_view header) {
    return fail(header_not_implemented(header, "We don't accept the provided value of " +
                                                   std::string(header) + " header for this API"));
  };
  if (if_none_match && trimmed(*if_none_match) != "*") return refused("If-None-Match");
  if (if_match && trimmed(*if_match) == "*") return refused("If-Match");
  WriteConditions conditions;
  conditions.if_match = if_match;
  conditions.must_be_new = if_none_match.has_value();
  return conditions;
}

Result<> check_write_conditions(const WriteConditions& conditions, const ObjectState* current,
                                std::string_view key) {
  if (conditions.must_be_new && current != nullptr)
    return fail(precondition_failed("If-None-Match"));
  if (!conditions.if_match) return {};
  if (current == nullptr) return fail(no_such_key(key));
  if (!etag_list_matches(*conditions.if_match, current->e_tag))
    return fail(precondition_failed("If-Match"));
  return {};
}

}  // namespace dyad::s3
