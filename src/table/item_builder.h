#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "table/item.h"

namespace dyad::table {

/// What is wrong with a set at its end.
enum class SetFault : std::uint8_t { none, empty, duplicate };
/// What a set does with a member that it has already.
enum class Duplicates : std::uint8_t { refuse, drop };

/// Writes one value (an item is a map) into one buffer, depth first, as a parser meets it:
///   writer.begin_map(); writer.key("id"); writer.number(n); writer.end_map(); Item item =
///   writer.finish_item();
/// Names and members may come in any order; in order they cost no second copy. Calls out of order
/// are the caller's bug (DYAD_CHECK). Reusable after finish or clear, best kept: it holds on to its
/// memory. Not
/// thread-safe. Limits: depth and size are the caller's to check (check_item_limits), names at most
/// kMaxNameBytes, a value below 4 GiB.
class ValueWriter {
 public:
  void string(std::string_view utf8);
  void number(const Decimal& number);
  void binary(std::string_view bytes);
  /// Room for a binary of `size` bytes, to be filled before the next call.
  char* binary(std::size_t size);
  void boolean(bool value);
  void null();
  /// A copy of a whole value, nested or not.
  void value(ValueView value);

  void begin_list();
  void end_list();

  void begin_map();
  /// Before each value of a map. Of a name given twice the later value stands, as with DynamoDB's
  /// JSON reader.
  void key(std::string_view name);
  void end_map();

  /// `set` is one of the three set types; members are written by string(), number() or binary().
  void begin_set(Type set);
  /// A fault leaves the writer unusable until clear().
  [[nodiscard]] SetFault end_set(Duplicates duplicates = Duplicates::refuse);

  /// The value, complete. finish_item: it is a map.
  Item finish_item();
  Value finish_value();
  void clear();

 private:
  struct Entry {
    std::uint32_t begin, end;  ///< In out_.
  };
  struct Frame {
    std::uint32_t start;        ///< Of the container's type byte.
    std::uint32_t first_entry;  ///< In entries_.
    std::uint32_t entry_begin;  ///< Of a map's entry whose name was written; kNoEntry: none.
    Type type;
  };
  static constexpr std::uint32_t kNoEntry = UINT32_MAX;

  /// Buffers above this are given back by clear() and finish.
  static constexpr std::size_t kMaxKeptBytes = 64 * 1024;

  std::string finish();
  void begin_value(Type type);
  void end_value();
  void begin_container(Type type);
  void close(Type type);
  bool in_order(const Frame& frame) const;
  std::size_t sort(const Frame& frame);
  std::string_view sort_key(const Frame& frame, Entry entry) const;

  std::string out_;
  std::vector<Frame> frames_;
  std::vector<Entry> entries_;  ///< Of all open containers, the innermost last.
  std::uint32_t value_begin_ = 0;

  struct Sortable {
    std::uint64_t prefix;
    Entry entry;
  };
  std::vector<Sortable> sortable_;
  std::string scratch_;
};

/// An item from attributes in any order.
class ItemBuilder {
 public:
  ItemBuilder() { writer_.begin_map(); }
  ItemBuilder& set(std::string_view name, ValueView value) {
    writer_.key(name);
    writer_.value(value);
    return *this;
  }
  ItemBuilder& set(std::string_view name, const Value& value) { return set(name, value.view()); }
  ItemBuilder& string(std::string_view name, std::string_view utf8) {
    writer_.key(name);
    writer_.string(utf8);
    return *this;
  }
  ItemBuilder& number(std::string_view name, const Decimal& number) {
    writer_.key(name);
    writer_.number(number);
    return *this;
  }
  /// For nested values: after a key(), exactly one value.
  ValueWriter& writer() { return writer_; }
  /// The builder is empty again afterwards.
  Item build();

 private:
  ValueWriter writer_;
};

/// The attributes of `item` whose names `keep` accepts. `keep` takes a std::string_view.
template <class Keep>
Item filter_attributes(ItemView item, Keep keep) {
  ValueWriter writer;
  writer.begin_map();
  const MapView attributes = item.attributes();
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const MapView::Entry entry = attributes[i];
    if (!keep(entry.name)) continue;
    writer.key(entry.name);
    writer.value(entry.value);
  }
  writer.end_map();
  return writer.finish_item();
}

}  // namespace dyad::table
