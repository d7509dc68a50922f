#include "gateway/post_policy.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "base/ascii.h"
#include "base/bytes.h"
#include "crypto/request_view.h"
#include "protocol/json_parser.h"
#include "protocol/json_writer.h"
#include "protocol/service_error.h"
#include "protocol/timestamps.h"

namespace dyad::gateway {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Error> invalid(std::string_view what) {
  return fail(protocol::service_error("InvalidPolicyDocument", 400,
                                      "Invalid Policy: " + std::string(what)));
}

std::unexpected<Error> denied(const std::string& why) {
  return fail(protocol::service_error("AccessDenied", 403, "Invalid according to Policy: " + why));
}

/// S3 shows a failed condition as a list of texts, whatever form it had.
std::unexpected<Error> failed(std::string_view operation, std::string_view first,
                              std::string_view second) {
  std::string shown = "Policy Condition failed: [";
  protocol::append_json_string(shown, operation);
  shown += ", ";
  protocol::append_json_string(shown, first);
  shown += ", ";
  protocol::append_json_string(shown, second);
  return denied(shown + "]");
}

/// Fields that need no condition. A checksum can only narrow what is uploaded.
bool needs_no_condition(const std::string& name) {
  constexpr std::string_view never[] = {"policy", "file", "x-amz-signature", "signature",
                                        "awsaccesskeyid"};
  return std::ranges::find(never, name) != std::end(never) || name.starts_with("x-ignore-") ||
         name.starts_with("x-amz-checksum-");
}

class PolicyCheck {
 public:
  PolicyCheck(std::span<const protocol::FormField> fields, std::string_view bucket)
      : fields_(fields), bucket_(bucket) {}

  Result<> condition(const element& condition) {
    object simple;
    if (condition.get_object().get(simple) == simdjson::SUCCESS) return simple_condition(simple);
    array list;
    if (condition.get_array().get(list) == simdjson::SUCCESS) return listed_condition(list);
    return invalid("Invalid Condition: Conditions must be objects or arrays.");
  }

  /// After all conditions.
  Result<> refuse_other_fields() const {
    std::string others;
    const auto note = [&others](std::string_view name) {
      if (!others.empty()) others += ", ";
      others += name;
    };
    for (const protocol::FormField& field : fields_) {
      const std::string name = ascii_lower(field.name);
      if (name != "bucket" && !needs_no_condition(name) && !named_.contains(name)) note(name);
    }
    // The bucket is always said, by the address if not by a field.
    if (!named_.contains("bucket")) note("bucket");
    if (!others.empty()) return denied("Extra input fields: " + others);
    return {};
  }

  const FileSizes& sizes() const { return sizes_; }

 private:
  /// {"acl": "private"}
  Result<> simple_condition(const object& condition) {
    if (condition.size() != 1)
      return invalid(
          "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
    const auto only = *condition.begin();
    std::string_view wanted;
    if (only.value.is_null()) return invalid("Invalid JSON.");
    if (only.value.get_string().get(wanted) != simdjson::SUCCESS)
      return invalid("Invalid Simple-Condition: value must be a string.");
    return compare("eq", "$" + std::string(only.key), wanted);
  }

  /// ["starts-with", "$key", "user/"] or ["content-length-range", 1, 10]
  Result<> listed_condition(const array& condition) {
    std::string_view operation;
    if (condition.size() != 3)
      return invalid("Invalid Condition: wrong number of arguments; three are expected.");
    if (condition.at(0).get_string().get(operation) != simdjson::SUCCESS)
      return invalid("Invalid Condition: the operation must be a string.");
    const std::string kind = ascii_lower(operation);
    if (kind == "content-length-range") return take_sizes(condition.at(1), condition.at(2));
    if (kind != "eq" && kind != "starts-with")
      return invalid("Invalid Condition: unknown operation '" + std::string(operation) + "'.");
    std::string_view field;
    std::string_view wanted;
    if (condition.at(1).get_string().get(field) != simdjson::SUCCESS ||
        condition.at(2).get_string().get(wanted) != simdjson::SUCCESS)
      return invalid("Invalid Condition: arguments must be strings.");
    return compare(kind, field, wanted);
  }

  Result<> compare(std::string_view operation, std::string_view field, std::string_view wanted) {
    const std::string name = field.starts_with('$') ? ascii_lower(field.substr(1)) : std::string();
    const std::optional<std::string_view> actual = value_of(name);
    if (name.empty() || !actual) return failed(operation, field, wanted);
    const bool met = operation == "eq" ? *actual == wanted : starts_with(name, *actual, wanted);
    if (!met) return failed(operation, field, wanted);
    named_.insert(name);
    return {};
  }

  /// A Content-Type may be a list, each of whose members has to meet the condition.
  static bool starts_with(std::string_view name, std::string_view actual, std::string_view wanted) {
    if (name != "content-type" || wanted.empty()) return actual.starts_with(wanted);
    while (true) {
      if (!actual.starts_with(wanted)) return false;
      const std::size_t comma = actual.find(',');
      if (comma == std::string_view::npos) return true;
      actual.remove_prefix(comma + 1);
      while (actual.starts_with(' ')) actual.remove_prefix(1);
    }
  }

  std::optional<std::string_view> value_of(std::string_view name) const {
    if (name == "bucket") return bucket_;
    for (const protocol::FormField& field : fields_)
      if (crypto::same_header_name(field.name, name)) return field.value;
    return std::nullopt;
  }

  Result<> take_sizes(simdjson::simdjson_result<element> from,
                      simdjson::simdjson_result<element> to) {
    const auto text_of = [](simdjson::simdjson_result<element> value) -> std::string {
      std::string_view text;
      if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
      element other;
      if (value.get(other) != simdjson::SUCCESS) return {};
      return simdjson::minify(other);
    };
    const std::string first = text_of(from);
    const std::string second = text_of(to);
    std::int64_t min_bytes = 0;
    std::int64_t max_bytes = 0;
    const auto number = [](const std::string& text, std::int64_t& out) {
      const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
      return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    };
    if (!number(first, min_bytes) || !number(second, max_bytes))
      return failed("content-length-range", first, second);
    if (min_bytes < 0 || max_bytes < 0)
      return invalid("Invalid content-length-range: its arguments must not be negative.");
    sizes_.min_bytes = std::max(sizes_.min_bytes, static_cast<std::uint64_t>(min_bytes));
    sizes_.max_bytes = std::min(sizes_.max_bytes, static_cast<std::uint64_t>(max_bytes));
    return {};
  }

  const std::span<const protocol::FormField> fields_;
  const std::string_view bucket_;
  std::set<std::string, std::less<>> named_;
  FileSizes sizes_;
};

}  // namespace

Result<FileSizes> check_post_policy(std::string_view policy_base64,
                                    std::span<const protocol::FormField> fields,
                                    std::string_view bucket, std::int64_t now_ms) {
  const std::optional<std::string> text = from_base64(policy_base64);
  if (!text) return invalid("Invalid JSON.");
  protocol::JsonParser parser;
  const Result<element> root = parser.parse(*text);
  object document;
  if (!root || root->get_object().get(document) != simdjson::SUCCESS)
    return invalid("Invalid JSON.");

  std::string_view expiration;
  if (document.at_key("expiration").get_string().get(expiration) != simdjson::SUCCESS)
    return invalid("Policy missing expiration.");
  const auto until = protocol::parse_timestamp(expiration, protocol::TimestampFormat::iso8601);
  if (!until) return invalid("Invalid 'expiration' value: '" + std::string(expiration) + "'");
  array conditions;
  if (document.at_key("conditions").get_array().get(conditions) != simdjson::SUCCESS)
    return invalid("Policy missing conditions.");
  if (until->ms < now_ms) return denied("Policy expired.");

  PolicyCheck check(fields, bucket);
  for (const element condition : conditions) DYAD_TRY(check.condition(condition));
  DYAD_TRY(check.refuse_other_fields());
  return check.sizes();
}

}  // namespace dyad::gateway
