#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace dyad::protocol {

// What a message looks like, as constant data: the generated code under api/ describes its structs
// with these descriptors, and one codec for each protocol walks them. Descriptors live in static
// storage.

/// A moment on the wire: milliseconds since 1970-01-01T00:00:00Z.
struct UtcMs {
  std::int64_t ms = 0;
  bool operator==(const UtcMs&) const = default;
};

/// Keys of a map member are unique; of equal keys in a request the last one counts.
template <class T>
using Map = std::map<std::string, T, std::less<>>;

enum class Kind : std::uint8_t {
  string,     ///< std::string, UTF-8. Enumerations too.
  blob,       ///< std::string, bytes; base64 on the wire.
  boolean,    ///< bool.
  integer,    ///< std::int32_t.
  long_,      ///< std::int64_t.
  float64,    ///< double.
  timestamp,  ///< UtcMs.
  list,       ///< std::vector<element>.
  map,        ///< Map<element>.
  structure,  ///< A generated struct.
  provided,   ///< A hand-written type with hooks of its own; see ProvidedType.
};

/// Types that are written by hand since a generic tree would cost ten times more.
enum class ProvidedType : std::uint8_t { none, dynamodb_item, dynamodb_value };
constexpr std::size_t kProvidedTypeCount = 3;

enum class TimestampFormat : std::uint8_t {
  unix_seconds,   ///< 1700000000.123 as a JSON number.
  iso8601,        ///< 2023-11-14T22:13:20.123Z, always with milliseconds.
  rfc822,         ///< Tue, 14 Nov 2023 22:13:20 GMT.
  iso8601_short,  ///< 2023-11-14T22:13:20Z; milliseconds where there are some.
};

/// Which bytes a pattern of the form "[...]+" admits.
struct ByteSet {
  std::array<std::uint64_t, 4> bits{};
  constexpr bool contains(unsigned char byte) const { return (bits[byte >> 6] >> (byte & 63)) & 1; }
};

/// What the service's model demands of a value. Lengths of strings count UTF-16 units, as Java
/// does; of lists and maps, elements.
struct Constraints {
  std::optional<std::int64_t> min = {};
  std::optional<std::int64_t> max = {};
  std::span<const std::string_view> values =
      {};                         ///< An enumeration's, in the order the service prints.
  std::string_view pattern = {};  ///< As the service prints it; empty: none.
  ByteSet pattern_bytes = {};     ///< `pattern`, for matching.
  bool accepts_arn = false;       ///< A name, or an ARN (at most kMaxArnLength units) in its place.
};

constexpr std::int64_t kMaxArnLength = 1024;

struct Member;

/// The type of a value, and how to handle it without knowing it.
struct Shape {
  Kind kind = Kind::string;
  ProvidedType provided = ProvidedType::none;
  bool flattened = false;                ///< list: XML elements without a wrapper.
  std::string_view name = {};            ///< As in the model.
  std::string_view element_name = {};    ///< list, map: name of an element or value in XML.
  std::string_view key_name = {};        ///< map: name of a key in XML.
  std::string_view xml_namespace = {};   ///< structure as document root; empty: none.
  std::string_view java_name = {};       ///< As awsJson services name it in their messages.
  std::span<const Member> members = {};  ///< structure.
  const Shape* element = nullptr;        ///< list, map.
  const Constraints* constraints = nullptr;
  const struct TypeOps* ops = nullptr;
};

enum class Location : std::uint8_t {
  body,  ///< A member of the JSON object, XML document or form.
  path,  ///< {Bucket}, {Key}.
  query,
  header,
  header_prefix,  ///< A map; wire_name is the prefix of its headers.
  payload,        ///< This member alone is the document.
  status,         ///< The answer's status code.
};

/// Flags of a Member.
constexpr std::uint8_t kOptional = 1;  ///< The struct holds std::optional<T>.
constexpr std::uint8_t kRequired = 2;  ///< Must be in the request.
/// A violation is worded "Value at 'Limit' failed ...", name as in the model, without the value.
constexpr std::uint8_t kUnquoted = 4;
/// Its absence is worded "The parameter 'TableName' is required but was not present in the
/// request".
constexpr std::uint8_t kMissingParameter = 8;

/// An invalid value in a request counts as absent.
constexpr std::uint8_t kLenient = 16;

/// What a REST service answers to a value that its model does not allow.
struct InvalidValue {
  std::string_view code = {};
  std::string_view message = {};
  std::string_view range_message = {};   ///< For a number out of range, if other than `message`.
  std::string_view argument = {};        ///< <ArgumentName>; empty: not told.
  std::string_view range_argument = {};  ///< <ArgumentName> for a number out of range.
};

/// What XML says of a member beside its name.
struct XmlFacts {
  std::string_view namespace_uri = {};  ///< Empty: none.
  std::string_view prefix = {};         ///< Of the namespace; empty: the default one.
  bool attribute = false;               ///< Of the element around it, not an element.
};

/// A field of a structure.
struct Member {
  std::string_view name = {};       ///< As in the model; also the JSON name.
  std::string_view wire_name = {};  ///< XML element, header (lower case), query key.
  const Shape* shape = nullptr;
  std::uint32_t offset = 0;
  Location location = Location::body;
  std::uint8_t flags = 0;
  TimestampFormat timestamp_format = TimestampFormat::iso8601;
  const InvalidValue* invalid = nullptr;  ///< REST: null: values are not checked against the shape.
  const XmlFacts* xml = nullptr;          ///< Null: an element without a namespace.

  bool is_optional() const { return flags & kOptional; }
  bool is_required() const { return flags & kRequired; }
};

/// The functions that build and visit a C++ type behind void pointers.
struct TypeOps {
  void* (*emplace)(void* optional) = nullptr;            ///< Fills a std::optional<T>.
  const void* (*get)(const void* optional) = nullptr;    ///< Its value, or null.
  void* (*append)(void* list) = nullptr;                 ///< A new last element.
  std::size_t (*size)(const void* container) = nullptr;  ///< list, map.
  const void* (*at)(const void* list, std::size_t i) = nullptr;
  void* (*entry)(void* map, std::string_view key) = nullptr;  ///< A fresh value under `key`.
  void (*empty)(void* container) = nullptr;                   ///< list, map.
  void (*clear)(void* optional) = nullptr;  ///< Empties a std::optional of a scalar.
  void (*each)(const void* map, void* context,
               void (*visit)(void* context, const std::string& key, const void* value)) = nullptr;
};

namespace detail {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<Map<T>> : std::true_type {};

template <class T>
constexpr TypeOps make_output_ops() {
  TypeOps ops;
  ops.get = [](const void* optional) -> const void* {
    const auto& value = *static_cast<const std::optional<T>*>(optional);
    return value ? &*value : nullptr;
  };
  if constexpr (IsVector<T>::value) {
    ops.size = [](const void* list) { return static_cast<const T*>(list)->size(); };
    ops.at = [](const void* list, std::size_t i) -> const void* {
      return &(*static_cast<const T*>(list))[i];
    };
  } else if constexpr (IsMap<T>::value) {
    ops.size = [](const void* map) { return static_cast<const T*>(map)->size(); };
    ops.each = [](const void* map, void* context,
                  void (*visit)(void*, const std::string&, const void*)) {
      for (const auto& [key, value] : *static_cast<const T*>(map)) visit(context, key, &value);
    };
  }
  return ops;
}

template <class T>
constexpr TypeOps make_ops() {
  TypeOps ops = make_output_ops<T>();
  ops.emplace = [](void* optional) -> void* {
    return &static_cast<std::optional<T>*>(optional)->emplace();
  };
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string> ||
                std::is_same_v<T, UtcMs>) {
    ops.clear = [](void* optional) { static_cast<std::optional<T>*>(optional)->reset(); };
  }
  if constexpr (IsVector<T>::value) {
    ops.empty = [](void* list) { static_cast<T*>(list)->clear(); };
    ops.append = [](void* list) -> void* { return &static_cast<T*>(list)->emplace_back(); };
  } else if constexpr (IsMap<T>::value) {
    ops.empty = [](void* map) { static_cast<T*>(map)->clear(); };
    ops.entry = [](void* map, std::string_view key) -> void* {
      auto& value = (*static_cast<T*>(map))[std::string(key)];
      value = {};
      return &value;
    };
  }
  return ops;
}

}  // namespace detail

template <class T>
inline constexpr TypeOps kTypeOps = detail::make_ops<T>();
/// Without those that a codec needs to read: half the code, for shapes that only answers hold.
template <class T>
inline constexpr TypeOps kOutputOps = detail::make_output_ops<T>();

/// Where `member` of the struct at `base` lies.
inline void* field_of(void* base, const Member& member) {
  return static_cast<char*>(base) + member.offset;
}
/// The member's value; null: it is an empty optional.
inline const void* value_of(const void* base, const Member& member) {
  const void* field = static_cast<const char*>(base) + member.offset;
  return member.is_optional() ? member.shape->ops->get(field) : field;
}
/// The member's value to be filled in; an optional is emplaced.
inline void* make_value(void* base, const Member& member) {
  void* field = field_of(base, member);
  return member.is_optional() ? member.shape->ops->emplace(field) : field;
}

// Scalars that the model says nothing more about.
extern const Shape kStringShape;
extern const Shape kBlobShape;
extern const Shape kBooleanShape;
extern const Shape kIntegerShape;
extern const Shape kLongShape;
extern const Shape kFloat64Shape;
extern const Shape kTimestampShape;

}  // namespace dyad::protocol
