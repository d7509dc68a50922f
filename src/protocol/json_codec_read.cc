#include <simdjson.h>

#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "protocol/json_codec.h"
#include "protocol/service_error.h"
#include "protocol/text_values.h"
#include "protocol/timestamps.h"
#include "protocol/validation.h"

namespace dyad::protocol {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// The sentences are those of AWS's Java framework, as dynalite's tests against the service and the
// service itself have them.

std::unexpected<Error> serialization_error(std::string message) {
  return fail(service_error("SerializationException", 400, std::move(message)));
}

std::string_view java_name(const Shape& shape) {
  switch (shape.kind) {
    case Kind::string:
      return "String";
    case Kind::boolean:
      return "Boolean";
    case Kind::integer:
      return "Integer";
    case Kind::long_:
      return "Long";
    case Kind::float64:
      return "Double";
    default:
      return "Date";
  }
}

/// What the parser calls a token that is no text, object or array.
std::string_view token_name(const element& in) {
  switch (in.type()) {
    case element_type::BOOL:
      return in.get_bool().value_unsafe() ? "TRUE_VALUE" : "FALSE_VALUE";
    case element_type::DOUBLE:
      return "DECIMAL_VALUE";
    case element_type::STRING:
      return "STRING_VALUE";
    default:
      return "NUMBER_VALUE";
  }
}

std::unexpected<Error> not_convertible(const element& in, const Shape& shape) {
  const std::string type(java_name(shape));
  if (in.type() == element_type::ARRAY) {
    return serialization_error("Unrecognized collection type class java.lang." + type);
  }
  if (in.type() == element_type::OBJECT) {
    return serialization_error("Start of structure or map found where not expected");
  }
  return serialization_error(std::string(token_name(in)) + " cannot be converted to " + type);
}

class Reader {
 public:
  Reader(const JsonCodec::Hooks& hooks, Violations& violations)
      : hooks_(hooks), violations_(violations) {}

  /// The first complaint of a provided type that may wait for the constraints.
  std::optional<Error>& deferred() { return deferred_; }

  Result<> structure(const element& in, const Shape& shape, void* out, const Place& place,
                     bool in_container) {
    simdjson::dom::object object;
    if (in.get(object) != simdjson::SUCCESS) return no_structure(in, shape, in_container);
    std::uint64_t seen = 0;
    std::size_t next = 0;
    for (const auto& [key, value] : object) {
      const std::size_t i = find_member(shape, key, next);
      if (i == shape.members.size() || value.is_null()) continue;
      next = i + 1;
      const Member& member = shape.members[i];
      void* field = make_value(out, member);
      seen |= std::uint64_t{1} << i;
      const Place own{.parent = &place, .name = member.name};
      DYAD_TRY(read(value, *member.shape, field, own, member.timestamp_format, member.flags));
    }
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (member.is_required() && !(seen >> i & 1)) violations_.missing(member, place);
    }
    return {};
  }

 private:
  /// Requests name their members in the model's order more often than not.
  static std::size_t find_member(const Shape& shape, std::string_view key, std::size_t hint) {
    const std::size_t count = shape.members.size();
    for (std::size_t i = hint; i < count; ++i) {
      if (shape.members[i].wire_name == key) return i;
    }
    for (std::size_t i = 0; i < hint && i < count; ++i) {
      if (shape.members[i].wire_name == key) return i;
    }
    return count;
  }

  static Result<> no_structure(const element& in, const Shape& shape, bool in_container) {
    if (in.type() == element_type::ARRAY) {
      return serialization_error("Unrecognized collection type class " +
                                 std::string(shape.java_name));
    }
    return serialization_error(in_container ? "Unexpected value type in payload"
                                            : "Unexpected field type");
  }

  Result<> read(const element& in, const Shape& shape, void* out, const Place& place,
                TimestampFormat format, std::uint8_t flags, bool in_container = false) {
    switch (shape.kind) {
      case Kind::structure:
        return structure(in, shape, out, place, in_container);
      case Kind::provided:
        return provided(in, shape, out, place);
      case Kind::list:
        DYAD_TRY(list(in, shape, out, place, format));
        break;
      case Kind::map:
        DYAD_TRY(map(in, shape, out, place, format));
        violations_.check_map_values(shape, out, place, flags);
        break;
      default:
        DYAD_TRY(scalar(in, shape, format, out));
        break;
    }
    // Of a map's values the map itself speaks.
    if (!place.map_key) violations_.check(shape, out, place, flags);
    return {};
  }

  Result<> list(const element& in, const Shape& shape, void* out, const Place& place,
                TimestampFormat format) {
    if (in.type() == element_type::OBJECT) {
      return serialization_error("Start of structure or map found where not expected");
    }
    simdjson::dom::array array;
    if (in.get(array) != simdjson::SUCCESS) return serialization_error("Unexpected field type");
    shape.ops->empty(out);  // Of a member given twice, which is no optional.
    std::size_t position = 0;
    for (const element entry : array) {
      const Place own{.parent = &place, .position = ++position};
      void* value = shape.ops->append(out);
      if (entry.is_null() && shape.element->kind != Kind::provided) return null_entry();
      DYAD_TRY(read(entry, *shape.element, value, own, format, 0, true));
    }
    return {};
  }

  Result<> map(const element& in, const Shape& shape, void* out, const Place& place,
               TimestampFormat format) {
    simdjson::dom::object object;
    if (in.get(object) != simdjson::SUCCESS) {
      if (in.type() != element_type::ARRAY) return serialization_error("Unexpected field type");
      return serialization_error("Unrecognized collection type java.util.Map<java.lang.String, " +
                                 map_value_name(*shape.element) + ">");
    }
    shape.ops->empty(out);
    for (const auto& [key, entry] : object) {
      const Place own{.parent = &place, .name = key, .map_key = true};
      void* value = shape.ops->entry(out, key);
      if (entry.is_null() && shape.element->kind != Kind::provided) return null_entry();
      DYAD_TRY(read(entry, *shape.element, value, own, format, 0, true));
    }
    return {};
  }

  static Result<> null_entry() { return serialization_error("Unexpected value type in payload"); }

  static std::string map_value_name(const Shape& element) {
    if (element.kind == Kind::structure || element.kind == Kind::provided) {
      return std::string(element.java_name);
    }
    return "java.lang." + std::string(java_name(element));
  }

  Result<> provided(const element& in, const Shape& shape, void* out, const Place& place) {
    ProvidedJson* hook = hooks_[static_cast<std::size_t>(shape.provided)];
    DYAD_CHECK(hook != nullptr);
    ProvidedPlace where{.member = place.name, .key = {}};
    if (place.map_key && place.parent) where = {.member = place.parent->name, .key = place.name};
    if (place.position > 0 && place.parent) where.member = place.parent->name;
    auto result = hook->read(in, where, out);
    if (result) return {};
    if (service_code(result.error()) == "SerializationException") {
      return fail(std::move(result).error());
    }
    if (!deferred_) deferred_ = std::move(result).error();
    return {};
  }

  static Result<> scalar(const element& in, const Shape& shape, TimestampFormat format, void* out) {
    switch (shape.kind) {
      case Kind::string:
        return text(in, shape, *static_cast<std::string*>(out));
      case Kind::blob:
        return blob(in, *static_cast<std::string*>(out));
      case Kind::boolean:
        return boolean(in, shape, *static_cast<bool*>(out));
      case Kind::integer:
        return integer(in, shape, *static_cast<std::int32_t*>(out));
      case Kind::long_:
        return integer(in, shape, *static_cast<std::int64_t*>(out));
      case Kind::float64:
        return float64(in, shape, *static_cast<double*>(out));
      default:
        return timestamp(in, shape, format, *static_cast<UtcMs*>(out));
    }
  }

  static Result<> text(const element& in, const Shape& shape, std::string& out) {
    std::string_view value;
    if (in.get(value) != simdjson::SUCCESS) return not_convertible(in, shape);
    out.assign(value);
    return {};
  }

  static Result<> blob(const element& in, std::string& out) {
    std::string_view value;
    if (in.get(value) != simdjson::SUCCESS) {
      if (in.type() == element_type::ARRAY) {
        return serialization_error("Unrecognized collection type class java.nio.ByteBuffer");
      }
      if (in.type() == element_type::OBJECT) {
        return serialization_error("Start of structure or map found where not expected");
      }
      return serialization_error("only base-64-encoded strings are convertible to bytes");
    }
    if (value.size() % 4 != 0) {
      return serialization_error(
          "Base64 encoded length is expected a multiple of 4 bytes but found: " +
          std::to_string(value.size()));
    }
    auto bytes = from_base64(value);
    if (!bytes) {
      return serialization_error("Invalid last non-pad Base64 character dectected");
    }
    out = *std::move(bytes);
    return {};
  }

  static Result<> boolean(const element& in, const Shape& shape, bool& out) {
    if (in.get(out) == simdjson::SUCCESS) return {};
    std::string_view word;
    if (in.get(word) != simdjson::SUCCESS) return not_convertible(in, shape);
    std::string upper(word.substr(0, 6));
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    out = upper == "TRUE" || upper == "1" || upper == "YES";
    if (out || upper == "FALSE" || upper == "0" || upper == "NO") return {};
    return serialization_error("Unexpected token received from parser");
  }

  /// Decimals are cut towards zero.
  template <class Int>
  static Result<> integer(const element& in, const Shape& shape, Int& out) {
    std::int64_t value = 0;
    double decimal = 0;
    if (in.type() == element_type::DOUBLE && in.get(decimal) == simdjson::SUCCESS) {
      if (!(std::abs(decimal) < 9.2e18)) return out_of_range(shape);
      value = static_cast<std::int64_t>(decimal);
    } else if (in.type() == element_type::UINT64) {
      return out_of_range(shape);
    } else if (in.get(value) != simdjson::SUCCESS) {
      return not_convertible(in, shape);
    }
    if (value < std::numeric_limits<Int>::min() || value > std::numeric_limits<Int>::max()) {
      return out_of_range(shape);
    }
    out = static_cast<Int>(value);
    return {};
  }

  static Result<> out_of_range(const Shape& shape) {
    return serialization_error("NUMBER_VALUE cannot be converted to " +
                               std::string(java_name(shape)));
  }

  /// What JSON has no number for comes as a word (Smithy, "AWS JSON protocols", shape
  /// serialization).
  static Result<> float64(const element& in, const Shape& shape, double& out) {
    if (in.get(out) == simdjson::SUCCESS) return {};
    std::string_view word;
    if (in.get(word) != simdjson::SUCCESS || !is_no_number(word)) return not_convertible(in, shape);
    return parse_text_value(shape, {}, word, &out) ? Result<>() : not_convertible(in, shape);
  }

  static bool is_no_number(std::string_view word) {
    return word == "NaN" || word == "Infinity" || word == "-Infinity";
  }

  static Result<> timestamp(const element& in, const Shape& shape, TimestampFormat format,
                            UtcMs& out) {
    std::string_view text;
    if (format != TimestampFormat::unix_seconds && in.get(text) == simdjson::SUCCESS) {
      return parse_text_value(shape, format, text, &out) ? Result<>() : not_convertible(in, shape);
    }
    double seconds = 0;
    if (in.get(seconds) != simdjson::SUCCESS) return not_convertible(in, shape);
    const double ms = seconds * 1000;
    if (!(std::abs(ms) < 9.2e18)) return out_of_range(shape);
    out.ms = std::llround(ms);
    return {};
  }

  const JsonCodec::Hooks& hooks_;
  Violations& violations_;
  std::optional<Error> deferred_;
};

}  // namespace

Result<> JsonCodec::parse(JsonParser& parser, std::string_view text, const Shape& shape,
                          void* out) const {
  auto root = parser.parse(text);
  if (!root) {
    if (root.error().code == ErrorCode::overloaded) return fail(std::move(root).error());
    return serialization_error({});  // The service says nothing more about JSON that is none.
  }
  Violations violations;
  Reader reader(hooks_, violations);
  const Place top;
  DYAD_TRY(reader.structure(*root, shape, out, top, true));
  if (!violations.empty()) {
    return fail(service_error("ValidationException", 400, violations.message()));
  }
  if (reader.deferred()) return fail(*std::move(reader.deferred()));
  return {};
}

}  // namespace dyad::protocol
