#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/result.h"
#include "table/container.h"

namespace dyad::table {

// An attribute map in one contiguous buffer, and views that read it in place without building a
// tree. The encoding is described in docs/formats-items.md. Maps keep their names sorted by bytes,
// sets their members, and a number has one encoding only, so that two values are equal exactly if
// their bytes are, and a lookup is a binary search. table/item_builder.h makes values.

/// DynamoDB's ten types, in the order of its documentation.
enum class Type : std::uint8_t {
  string = 1,
  number,
  binary,
  boolean,
  null,
  list,
  map,
  string_set,
  number_set,
  binary_set,
};

/// "S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS".
std::string_view type_name(Type type);
constexpr bool is_set(Type type) {
  return type >= Type::string_set;
}
constexpr bool is_container(Type type) {
  return type >= Type::list;
}
/// The members' type: string for a string_set, and so on.
constexpr Type element_type(Type set) {
  return static_cast<Type>(static_cast<int>(set) - static_cast<int>(Type::string_set) +
                           static_cast<int>(Type::string));
}
constexpr Type set_of(Type element) {
  return static_cast<Type>(static_cast<int>(element) - static_cast<int>(Type::string) +
                           static_cast<int>(Type::string_set));
}

class MapView;
class ListView;
class SetView;

/// One encoded value. The bytes it points to outlive it. Encoded bytes that come from disk are
/// checked by `validate_item` once; views trust them afterwards.
class ValueView {
 public:
  ValueView() = default;
  explicit ValueView(std::string_view encoded) : encoded_(encoded) {}

  /// True for a default-made view only: no value at all.
  bool empty() const { return encoded_.empty(); }
  Type type() const { return static_cast<Type>(static_cast<std::uint8_t>(encoded_.front())); }
  // Each for its type only; another one is a bug of the caller (DYAD_CHECK).
  std::string_view as_string() const;  ///< string: UTF-8.
  std::string_view as_binary() const;  ///< binary.
  Decimal as_number() const;           ///< number.
  /// number: Decimal's key encoding, whose byte order is the numbers' order.
  std::string_view as_number_key() const;
  bool as_bool() const;      ///< boolean.
  ListView as_list() const;  ///< list.
  MapView as_map() const;    ///< map.
  SetView as_set() const;    ///< string_set, number_set, binary_set.
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
  explicit ListView(std::string_view encoded) : container_(encoded) {}
  std::size_t size() const { return container_.size(); }
  ValueView operator[](std::size_t i) const { return ValueView(container_[i]); }

 private:
  Container container_;
};

/// The members, as values of the element type, sorted.
class SetView {
 public:
  explicit SetView(std::string_view encoded) : container_(encoded) {}
  std::size_t size() const { return container_.size(); }
  ValueView operator[](std::size_t i) const { return ValueView(container_[i]); }
  bool contains(ValueView member) const;

 private:
  Container container_;
};

class MapView {
 public:
  struct Entry {
    std::string_view name;
    ValueView value;
  };
  explicit MapView(std::string_view encoded) : container_(encoded) {}
  std::size_t size() const { return container_.size(); }
  Entry operator[](std::size_t i) const {  ///< In the order of the names' bytes.
    const MapEntryBytes entry(container_[i]);
    return {entry.name, ValueView(entry.value)};
  }
  std::optional<ValueView> find(std::string_view name) const;

 private:
  Container container_;
};

/// A whole item: its top-level map.
class ItemView {
 public:
  ItemView() = default;
  explicit ItemView(std::string_view encoded) : encoded_(encoded) {}
  bool empty() const {
    return encoded_.empty();
  }  ///< No item at all (as opposed to one of no attributes).
  /// Of no item at all: an empty map.
  MapView attributes() const { return MapView(encoded_); }
  /// The item as a value of type map; not of an empty view.
  ValueView as_value() const { return ValueView(encoded_); }
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
  std::string take() && { return std::move(encoded_); }

  static Value string(std::string_view text);
  static Value number(const Decimal& number);
  static Value binary(std::string_view bytes);
  static Value boolean(bool value);
  static Value null();

 private:
  std::string encoded_;
};

/// The nesting that DynamoDB allows: an attribute's own value is on level 1, the members of a list
/// or map one below it; the members of a set do not count. A value on level 33 is refused.
constexpr int kMaxNestingDepth = 32;
constexpr std::size_t kMaxItemBytes = 409600;
/// Of an attribute's name or a nested map's key, in UTF-8 ("Naming rules": no greater than 64 KB).
constexpr std::size_t kMaxNameBytes = 65535;

/// Checks bytes of unknown origin: structure, order of names and members, one encoding for one
/// value, depth, UTF-8. corruption: where. What it accepts, every view can read without leaving the
/// buffer.
Result<> validate_item(std::string_view encoded);
Result<> validate_value(std::string_view encoded);

/// The size that DynamoDB counts for limits and capacity: names and values in UTF-8, numbers about
/// one byte for two digits, one for null and boolean, three and one an element for lists and maps.
/// Source: "DynamoDB item sizes and formats" in the developer guide.
std::size_t dynamodb_size_bytes(ItemView item);
std::size_t dynamodb_size_bytes(ValueView value);

/// The deepest level that a value reaches when it stands on level 1; 0 for an item without
/// attributes.
int nesting_depth(ItemView item);
int nesting_depth(ValueView value);

/// May an item that was put together from parts be stored? too_large: deeper than kMaxNestingDepth
/// or larger than kMaxItemBytes, in DynamoDB's words for a put.
Result<> check_item_limits(ItemView item);

}  // namespace dyad::table
