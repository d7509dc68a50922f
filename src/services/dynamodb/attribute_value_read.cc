#include <set>
#include <vector>

#include "base/bytes.h"
#include "services/dynamodb/attribute_value_json.h"
#include "services/dynamodb/attribute_value_shape.h"

namespace dyad::dynamodb {
namespace {

using simdjson::dom::element;
using table::SetFault;
using table::Type;
using table::ValueWriter;
using Outcome = std::expected<void, JsonFault>;

std::unexpected<JsonFault> wrong_shape(std::string message) {
  return std::unexpected(JsonFault{JsonFaultKind::serialization, std::move(message)});
}
std::unexpected<JsonFault> invalid(std::string message) {
  return std::unexpected(JsonFault{JsonFaultKind::validation, std::move(message)});
}
constexpr std::string_view kInvalidParameter = "One or more parameter values were invalid: ";

std::unexpected<JsonFault> invalid(std::string message, std::string newer_message) {
  return std::unexpected(
      JsonFault{JsonFaultKind::validation, std::move(message), std::move(newer_message)});
}
std::unexpected<JsonFault> invalid_parameter(std::string_view what) {
  return invalid(std::string(kInvalidParameter) + std::string(what));
}

Outcome read_value_at(const element& json, ValueWriter& writer, int level);
Outcome read_map(const element& json, ValueWriter& writer, int level);

Outcome read_number(const element& json, ValueWriter& writer) {
  if (!json.is_string()) return wrong_shape(expected_string(json));
  const std::string_view text = string_of(json);
  const auto number = Decimal::parse(text);
  if (!number) {
    std::string sentence(message(number.error()));
    std::string newer = sentence;
    if (number.error() == DecimalFault::invalid_text) {
      newer.append(": ").append(text);
      if (!text.empty()) sentence = newer;
    }
    return invalid(std::move(sentence), std::move(newer));
  }
  writer.number(*number);
  return {};
}

Outcome read_binary(const element& json, ValueWriter& writer) {
  if (!json.is_string()) return wrong_shape(expected_blob(json));
  const std::string_view text = string_of(json);
  const auto bytes = from_base64(text);
  if (!bytes) return wrong_shape(invalid_base64(text));
  writer.binary(*bytes);
  return {};
}

// "[a, a]": the collection as it was given, for the message.
std::string quoted_collection(const simdjson::dom::array& members) {
  std::string text = "[";
  for (const element member : members) {
    if (text.size() > 1) text.append(", ");
    if (member.is_string()) text.append(string_of(member));
  }
  return text + "]";
}

// ["a", "b", "b"]: the members before the first repeat in byte order, from there on as given. The
// newer checks fill a sorted set and stop at what is in it already.
std::string collection_up_to_repeat(Type type, const simdjson::dom::array& members) {
  std::set<std::string> sorted;
  std::vector<std::string> rest;
  for (const element member : members) {
    std::string bytes(string_of(member));
    if (type == Type::binary_set) bytes = from_base64(bytes).value_or(std::string());
    if (rest.empty() && sorted.insert(bytes).second) continue;
    rest.push_back(std::move(bytes));
  }
  std::string text = "[";
  const auto append = [&](const std::string& bytes) {
    if (text.size() > 1) text.append(type == Type::binary_set ? "," : ", ");
    text.append("\"").append(type == Type::binary_set ? to_base64(bytes) : bytes).append("\"");
  };
  for (const std::string& bytes : sorted) append(bytes);
  for (const std::string& bytes : rest) append(bytes);
  return text + "]";
}

Outcome duplicates_fault(Type type, const simdjson::dom::array& members) {
  const std::string prefix(kInvalidParameter);
  if (type == Type::number_set)
    return invalid("Input collection contains duplicates",
                   prefix + "Input collection contains duplicates.");
  const std::string_view end =
      type == Type::string_set ? " contains duplicates." : "of type BS contains duplicates.";
  const auto sentence = [&](const std::string& collection) {
    return prefix + "Input collection " + collection + std::string(end);
  };
  return invalid(sentence(quoted_collection(members)),
                 sentence(collection_up_to_repeat(type, members)));
}

Outcome set_fault(Type type, SetFault fault, const simdjson::dom::array& members) {
  // The two spaces and "An" are DynamoDB's, as are the three ways to say the same.
  if (fault == SetFault::empty) {
    if (type == Type::string_set) return invalid_parameter("An string set  may not be empty");
    if (type == Type::number_set) return invalid_parameter("An number set  may not be empty");
    return invalid_parameter("Binary sets should not be empty");
  }
  return duplicates_fault(type, members);
}

Outcome read_set(Type type, const element& json, ValueWriter& writer) {
  if (!json.is_array()) return wrong_shape(expected_list(json));
  const simdjson::dom::array members = array_of(json);
  writer.begin_set(type);
  for (const element member : members) {
    if (member.is_null()) {
      const std::string_view kind = type == Type::string_set   ? "string"
                                    : type == Type::number_set ? "number"
                                                               : "binary";
      return invalid_parameter("An " + std::string(kind) + " set may not have a null " +
                               std::string(kind) + " as a member");
    }
    Outcome outcome;
    if (type == Type::number_set) {
      outcome = read_number(member, writer);
    } else if (type == Type::binary_set) {
      outcome = read_binary(member, writer);
    } else if (member.is_string()) {
      writer.string(string_of(member));
    } else {
      outcome = wrong_shape(expected_string(member));
    }
    if (!outcome) return outcome;
  }
  if (const SetFault fault = writer.end_set(); fault != SetFault::none)
    return set_fault(type, fault, members);
  return {};
}

Outcome read_list(const element& json, ValueWriter& writer, int level) {
  if (!json.is_array()) return wrong_shape(expected_list(json));
  writer.begin_list();
  for (const element member : array_of(json)) {
    auto outcome = read_value_at(member, writer, level + 1);
    if (!outcome) return outcome;
  }
  writer.end_list();
  return {};
}

Outcome read_typed(Type type, const element& json, ValueWriter& writer, int level) {
  switch (type) {
    case Type::string:
      if (!json.is_string()) return wrong_shape(expected_string(json));
      writer.string(string_of(json));
      return {};
    case Type::number:
      return read_number(json, writer);
    case Type::binary:
      return read_binary(json, writer);
    case Type::boolean:
    case Type::null: {
      const auto flag = read_boolean(json);
      if (!flag) return wrong_shape(expected_boolean(json));
      if (type == Type::boolean) {
        writer.boolean(*flag);
      } else if (*flag) {
        writer.null();
      } else {
        return invalid_parameter("Null attribute value types must have the value of true");
      }
      return {};
    }
    case Type::list:
      return read_list(json, writer, level);
    case Type::map:
      return read_map(json, writer, level);
    default:
      return read_set(type, json, writer);
  }
}

// More than one type: DynamoDB complains of a wrong value under one of them first.
Outcome refuse_several_types(const simdjson::dom::object& object, int level) {
  for (const auto& [name, content] : object) {
    const std::optional<Type> type = type_of_name(name);
    if (!type || content.is_null()) continue;
    ValueWriter aside;
    if (auto outcome = read_typed(*type, content, aside, level); !outcome) return outcome;
  }
  return invalid(
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
      "supported datatypes");
}

Outcome read_value_at(const element& json, ValueWriter& writer, int level) {
  if (level > table::kMaxNestingDepth) {
    std::string sentence =
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
        "beyond supported limit";
    return invalid(sentence, sentence);
  }
  std::optional<Type> chosen;
  element content;
  if (!json.is_null()) {
    if (!json.is_object()) return wrong_shape(expected_attribute_value(json));
    const simdjson::dom::object object = object_of(json);
    for (const auto& [name, value] : object) {
      const std::optional<Type> type = type_of_name(name);
      if (!type || value.is_null()) continue;
      if (chosen) return refuse_several_types(object, level);
      chosen = type;
      content = value;
    }
  }
  if (!chosen)
    return invalid(
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  return read_typed(*chosen, content, writer, level);
}

Outcome read_map(const element& json, ValueWriter& writer, int level) {
  if (!json.is_object()) return wrong_shape(expected_attribute_map(json));
  writer.begin_map();
  for (const auto& [name, value] : object_of(json)) {
    // "Naming rules": one character at least, 65,535 bytes at most, on every level.
    if (name.empty()) return invalid("Empty attribute name");
    if (name.size() > table::kMaxNameBytes)
      return invalid("Attribute name is too large, must be less than 65536 bytes");
    writer.key(name);
    auto outcome = read_value_at(value, writer, level + 1);
    if (!outcome) return outcome;
  }
  writer.end_map();
  return {};
}

// A wrong shape anywhere is said before a value that is not allowed.
JsonFault first_said(JsonFault fault, std::optional<std::string> shape) {
  if (fault.kind == JsonFaultKind::serialization || !shape) return fault;
  return {JsonFaultKind::serialization, *std::move(shape)};
}

}  // namespace

std::expected<void, JsonFault> read_attribute_value(const element& json, ValueWriter& writer,
                                                    int level) {
  if (auto outcome = read_value_at(json, writer, level); !outcome)
    return std::unexpected(first_said(std::move(outcome).error(), find_wrong_shape(json)));
  return {};
}

std::expected<table::Item, JsonFault> read_item(const element& json, ValueWriter& writer) {
  if (auto outcome = read_map(json, writer, 0); !outcome) {
    writer.clear();
    return std::unexpected(first_said(std::move(outcome).error(), find_wrong_shape_in_map(json)));
  }
  return writer.finish_item();
}

std::expected<table::Value, JsonFault> read_value(const element& json, ValueWriter& writer) {
  if (auto outcome = read_attribute_value(json, writer, 1); !outcome) {
    writer.clear();
    return std::unexpected(std::move(outcome).error());
  }
  return writer.finish_value();
}

}  // namespace dyad::dynamodb
