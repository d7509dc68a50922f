#include "table/item.h"

#include "base/check.h"

namespace dyad::table {
namespace {

std::string_view content(std::string_view encoded, Type type) {
  DYAD_CHECK(!encoded.empty() && static_cast<Type>(encoded.front()) == type);
  return encoded.substr(1);
}

std::string scalar(Type type, std::string_view content) {
  std::string encoded;
  encoded.reserve(1 + content.size());
  encoded.push_back(static_cast<char>(type));
  encoded.append(content);
  return encoded;
}

}  // namespace

std::string_view type_name(Type type) {
  constexpr std::string_view names[] = {"?", "S", "N",  "B",  "BOOL", "NULL",
                                        "L", "M", "SS", "NS", "BS"};
  const auto i = static_cast<std::size_t>(type);
  return i < std::size(names) ? names[i] : names[0];
}

std::string_view ValueView::as_string() const {
  return content(encoded_, Type::string);
}
std::string_view ValueView::as_binary() const {
  return content(encoded_, Type::binary);
}
std::string_view ValueView::as_number_key() const {
  return content(encoded_, Type::number);
}
Decimal ValueView::as_number() const {
  return Decimal::from_key(as_number_key());
}
bool ValueView::as_bool() const {
  return content(encoded_, Type::boolean) != std::string_view("\0", 1);
}

ListView ValueView::as_list() const {
  DYAD_CHECK(!empty() && type() == Type::list);
  return ListView(encoded_);
}

MapView ValueView::as_map() const {
  DYAD_CHECK(!empty() && type() == Type::map);
  return MapView(encoded_);
}

SetView ValueView::as_set() const {
  DYAD_CHECK(!empty() && is_set(type()));
  return SetView(encoded_);
}

bool equal(ValueView a, ValueView b) {
  return a.encoded() == b.encoded();
}

std::optional<int> compare(ValueView a, ValueView b) {
  if (a.empty() || b.empty() || a.type() != b.type() || a.type() > Type::binary)
    return std::nullopt;
  // The bytes behind the type sort as the values do: UTF-8, the number's key, the binary itself.
  return a.encoded().compare(b.encoded());
}

bool SetView::contains(ValueView member) const {
  std::size_t low = 0, high = size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = container_[middle].compare(member.encoded());
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

std::optional<ValueView> MapView::find(std::string_view name) const {
  std::size_t low = 0, high = size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const MapEntryBytes entry(container_[middle]);
    const int order = entry.name.compare(name);
    if (order == 0) return ValueView(entry.value);
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return std::nullopt;
}

Value Value::string(std::string_view text) {
  return Value(scalar(Type::string, text));
}
Value Value::binary(std::string_view bytes) {
  return Value(scalar(Type::binary, bytes));
}
Value Value::boolean(bool value) {
  return Value(scalar(Type::boolean, {value ? "\1" : "\0", 1}));
}
Value Value::null() {
  return Value(scalar(Type::null, {}));
}
Value Value::number(const Decimal& number) {
  std::string encoded = scalar(Type::number, {});
  number.append_key(encoded);
  return Value(std::move(encoded));
}

}  // namespace dyad::table
