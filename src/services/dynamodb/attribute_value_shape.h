#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "table/item.h"

namespace dyad::dynamodb {

// The content of an element whose type was looked at; by value, so that a loop over it does not
// look into a temporary that is gone.
inline simdjson::dom::object object_of(const simdjson::dom::element& json) {
  return json.get_object().value_unsafe();
}
inline simdjson::dom::array array_of(const simdjson::dom::element& json) {
  return json.get_array().value_unsafe();
}
inline std::string_view string_of(const simdjson::dom::element& json) {
  return json.get_string().value_unsafe();
}
inline bool bool_of(const simdjson::dom::element& json) {
  return json.get_bool().value_unsafe();
}

// What DynamoDB's JSON layer says to a value of another JSON type than the model has, in the words
// of its SerializationException. Each takes what stands where the named thing is expected.

std::string expected_string(const simdjson::dom::element& json);
std::string expected_blob(const simdjson::dom::element& json);
std::string expected_boolean(const simdjson::dom::element& json);
std::string expected_list(const simdjson::dom::element& json);
std::string expected_attribute_map(const simdjson::dom::element& json);
std::string expected_attribute_value(const simdjson::dom::element& json);
/// Of text that is no base64.
std::string invalid_base64(std::string_view text);

/// true, false and the strings that DynamoDB takes for them.
std::optional<bool> read_boolean(const simdjson::dom::element& json);

/// The type that a member of an AttributeValue object names; none: not known, which DynamoDB
/// ignores.
std::optional<table::Type> type_of_name(std::string_view name);

/// The first wrong shape in an AttributeValue (or a map of them), if any. DynamoDB checks the
/// shapes of the whole request before the first value, so that this decides when a value turned out
/// not to be allowed.
std::optional<std::string> find_wrong_shape(const simdjson::dom::element& value);
std::optional<std::string> find_wrong_shape_in_map(const simdjson::dom::element& map);

}  // namespace dyad::dynamodb
