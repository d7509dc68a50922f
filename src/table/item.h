#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/result.h"

namespace dyad::table {

// An attribute map in one contiguous buffer, and views that read it in place without building a tree.
// The encoding is described in docs/formats.md (item encoding). Attribute maps keep their names sorted by
// bytes, so that two equal items have equal bytes and a lookup is a binary search.

/// DynamoDB's ten types, in the order of its documentation.
enum class Type : std::uint8_t {
  string = 1, number, binary, boolean, null, list, map, string_set, number_set, binary_set,
};

/// "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS".
std::string_view type_name(Type type);

class MapView;
class ListView;
class SetView;

/// One encoded value. The bytes it points to outlive it. Encoded bytes that come from disk are checked by
/// `validate_item` once; views trust them afterwards.
class ValueView {
 public:
  ValueView() = default;
  explicit ValueView(std::string_view encoded) : encoded_(encoded) {}

  Type type() const { return static_cast<Type>(static_cast<std::uint8_t>(encoded_.front())); }
  std::string_view as_string() const;   ///< string: UTF-8.
  std::string_view as_binary() const;   ///< binary.
  Decimal as_number() const;            ///< number.
  bool as_bool() const;                 ///< boolean.
  ListView as_list() const;             ///< list.
  MapView as_map() const;               ///< map.
  SetView as_set() const;               ///< string_set, number_set, binary_set.
  std::string_view encoded() const { return encoded_; }

 private:
  std::string_view encoded_;
};

/// DynamoDB's own equality: numbers by value, sets without order, maps without order.
bool equal(ValueView a, ValueView b);
/// Order of two values of one type among string, number, binary; none: not comparable.
std::optional<int> compare(ValueView a, ValueView b);

class ListView {
 public:
  explicit ListView(std::string_view encoded) : encoded_(encoded) {}
  std::size_t size() const;
  ValueView operator[](std::size_t i) const;

 private:
  std::string_view encoded_;
};

/// The members, as values of the element type, sorted.
class SetView {
 public:
  explicit SetView(std::string_view encoded) : encoded_(encoded) {}
  std::size_t size() const;
  ValueView operator[](std::size_t i) const;
  bool contains(ValueView member) const;

 private:
  std::string_view encoded_;
};

class MapView {
 public:
  struct Entry {
    std::string_view name;
    ValueView value;
  };
  explicit MapView(std::string_view encoded) : encoded_(encoded) {}
  std::size_t size() const;
  Entry operator[](std::size_t i) const;                       ///< By name order.
  std::optional<ValueView> find(std::string_view name) const;

 private:
  std::string_view encoded_;
};

/// A whole item: its top-level map.
class ItemView {
 public:
  ItemView() = default;
  explicit ItemView(std::string_view encoded) : encoded_(encoded) {}
  bool empty() const { return encoded_.empty(); }  ///< No item at all (as opposed to one of no attributes).
  MapView attributes() const;
  std::optional<ValueView> find(std::string_view name) const { return attributes().find(name); }
  std::string_view encoded() const { return encoded_; }

 private:
  std::string_view encoded_;
};

/// Owns the bytes of an item.
class Item {
 public:
  Item() = default;
  explicit Item(std::string encoded) : encoded_(std::move(encoded)) {}
  ItemView view() const { return ItemView(encoded_); }
  const std::string& encoded() const { return encoded_; }
  std::string take() && { return std::move(encoded_); }

 private:
  std::string encoded_;
};

/// Owns the bytes of one value.
class Value {
 public:
  Value() = default;
  explicit Value(std::string encoded) : encoded_(std::move(encoded)) {}
  explicit Value(ValueView view) : encoded_(view.encoded()) {}
  ValueView view() const { return ValueView(encoded_); }
  const std::string& encoded() const { return encoded_; }

  static Value string(std::string_view text);
  static Value number(const Decimal& number);
  static Value binary(std::string_view bytes);
  static Value boolean(bool value);
  static Value null();

 private:
  std::string encoded_;
};

/// The nesting that DynamoDB allows (32 levels).
constexpr int kMaxNestingDepth = 32;
constexpr std::size_t kMaxItemBytes = 409600;

/// Checks bytes of unknown origin: structure, order of names, depth, UTF-8. corruption: where.
Result<> validate_item(std::string_view encoded);

/// The size that DynamoDB counts for limits and capacity: names and values in UTF-8, numbers about one byte
/// for two digits, one for null and boolean, three and one an element for lists and maps.
/// Source: "DynamoDB item sizes and formats" in the developer guide.
std::size_t dynamodb_size_bytes(ItemView item);
std::size_t dynamodb_size_bytes(ValueView value);

}  // namespace dyad::table
