#include "services/dynamodb/attribute_value_shape.h"

#include <array>

#include "base/bytes.h"

namespace dyad::dynamodb {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using table::Type;

constexpr std::string_view kStructure = "Start of structure or map found where not expected";
constexpr std::string_view kField = "Unexpected field type";

bool is_number(element_type type) {
  return type == element_type::INT64 || type == element_type::UINT64 ||
         type == element_type::DOUBLE;
}

std::string_view token(const element& json) {
  switch (json.type()) {
    case element_type::BOOL:
      return bool_of(json) ? "TRUE_VALUE" : "FALSE_VALUE";
    case element_type::DOUBLE:
      return "DECIMAL_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

// The common part for a field of a scalar type.
std::string scalar_expected(const element& json, std::string_view java_type,
                            std::string_view name) {
  if (json.is_array()) return "Unrecognized collection type class " + std::string(java_type);
  if (json.is_object()) return std::string(kStructure);
  return std::string(token(json)) + " cannot be converted to " + std::string(name);
}

std::optional<std::string> check_blob(const element& json) {
  if (!json.is_string()) return expected_blob(json);
  const std::string_view text = string_of(json);
  if (!from_base64(text)) return invalid_base64(text);
  return std::nullopt;
}

std::optional<std::string> check_typed(Type type, const element& json) {
  switch (type) {
    case Type::string:
    case Type::number:
      return json.is_string() ? std::nullopt : std::optional(expected_string(json));
    case Type::binary:
      return check_blob(json);
    case Type::boolean:
    case Type::null:
      return read_boolean(json) ? std::nullopt : std::optional(expected_boolean(json));
    case Type::map:
      return find_wrong_shape_in_map(json);
    default:
      break;
  }
  if (!json.is_array()) return expected_list(json);
  for (const element member : array_of(json)) {
    if (member.is_null()) continue;
    std::optional<std::string> wrong;
    if (type == Type::list) {
      wrong = find_wrong_shape(member);
    } else {
      wrong = check_typed(table::element_type(type), member);
    }
    if (wrong) return wrong;
  }
  return std::nullopt;
}

}  // namespace

std::string expected_string(const element& json) {
  return scalar_expected(json, "java.lang.String", "String");
}

std::string expected_blob(const element& json) {
  if (json.is_bool() || is_number(json.type()))
    return "only base-64-encoded strings are convertible to bytes";
  return scalar_expected(json, "java.nio.ByteBuffer", "ByteBuffer");
}

std::string expected_boolean(const element& json) {
  if (json.is_string()) return "Unexpected token received from parser";
  return scalar_expected(json, "java.lang.Boolean", "Boolean");
}

std::string expected_list(const element& json) {
  return std::string(json.is_object() ? kStructure : kField);
}

std::string expected_attribute_map(const element& json) {
  if (json.is_array())
    return "Unrecognized collection type java.util.Map<java.lang.String, "
           "com.amazonaws.dynamodb.v20120810.AttributeValue>";
  return std::string(kField);
}

std::string expected_attribute_value(const element& json) {
  if (json.is_array())
    return "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue";
  return "Unexpected value type in payload";
}

std::string invalid_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return "Base64 encoded length is expected a multiple of 4 bytes but found: " +
           std::to_string(text.size());
  // The spelling is DynamoDB's.
  return "Invalid last non-pad Base64 character dectected";
}

std::optional<bool> read_boolean(const element& json) {
  if (json.is_bool()) return bool_of(json);
  if (!json.is_string()) return std::nullopt;
  const std::string_view text = string_of(json);
  if (text.size() > 5) return std::nullopt;
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  if (lower == "true" || lower == "1" || lower == "yes") return true;
  if (lower == "false" || lower == "0" || lower == "no") return false;
  return std::nullopt;
}

std::optional<Type> type_of_name(std::string_view name) {
  if (name.size() == 1) {
    switch (name[0]) {
      case 'S':
        return Type::string;
      case 'N':
        return Type::number;
      case 'B':
        return Type::binary;
      case 'M':
        return Type::map;
      case 'L':
        return Type::list;
      default:
        return std::nullopt;
    }
  }
  if (name == "BOOL") return Type::boolean;
  if (name == "NULL") return Type::null;
  if (name == "SS") return Type::string_set;
  if (name == "NS") return Type::number_set;
  if (name == "BS") return Type::binary_set;
  return std::nullopt;
}

std::optional<std::string> find_wrong_shape(const element& value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) return expected_attribute_value(value);
  for (const auto& [name, content] : object_of(value)) {
    const std::optional<Type> type = type_of_name(name);
    if (!type || content.is_null()) continue;
    if (auto wrong = check_typed(*type, content)) return wrong;
  }
  return std::nullopt;
}

std::optional<std::string> find_wrong_shape_in_map(const element& map) {
  if (!map.is_object()) return expected_attribute_map(map);
  for (const auto& [name, value] : object_of(map))
    if (auto wrong = find_wrong_shape(value)) return wrong;
  return std::nullopt;
}

}  // namespace dyad::dynamodb
