#include <fmt/core.h>

#include "table/item.h"
#include "table/utf8.h"

namespace dyad::table {
namespace {

// Walks bytes that may say anything. `place` is the offset in the whole encoding, for the message.
class Validator {
 public:
  explicit Validator(std::string_view whole) : whole_(whole) {}

  Result<> check_value(std::string_view encoded, int level) const {
    if (encoded.empty()) return bad(encoded, "a value of no bytes");
    const std::string_view content = encoded.substr(1);
    switch (static_cast<Type>(encoded.front())) {
      case Type::string:
        if (!is_utf8(content)) return bad(encoded, "a string that is not UTF-8");
        return {};
      case Type::binary:
        return {};
      case Type::number: {
        std::string_view rest = content;
        Decimal number;
        if (!Decimal::read_key(rest, number) || !rest.empty()) return bad(encoded, "no number");
        return {};
      }
      case Type::boolean:
        if (content.size() != 1 || static_cast<unsigned char>(content[0]) > 1)
          return bad(encoded, "no boolean");
        return {};
      case Type::null:
        if (!content.empty()) return bad(encoded, "a null with content");
        return {};
      case Type::list:
      case Type::map:
      case Type::string_set:
      case Type::number_set:
      case Type::binary_set:
        return check_container(encoded, level);
    }
    return bad(encoded, "an unknown type");
  }

  Result<> check_container(std::string_view encoded, int level) const {
    DYAD_TRY(check_directory(encoded));
    const auto type = static_cast<Type>(encoded.front());
    const Container container(encoded);
    if (is_set(type) && container.size() == 0) return bad(encoded, "an empty set");
    if (!is_set(type) && container.size() > 0 && level >= kMaxNestingDepth)
      return bad(encoded, "nesting beyond the limit");
    std::string_view before;
    for (std::size_t i = 0; i < container.size(); ++i) {
      const std::string_view entry = container[i];
      std::string_view value = entry;
      std::string_view order = entry;
      if (type == Type::map) {
        if (entry.size() < 2 || entry.size() - 2 < load_le<std::uint16_t>(entry.data()))
          return bad(entry, "a name beyond its entry");
        const MapEntryBytes parts(entry);
        if (!is_utf8(parts.name)) return bad(entry, "a name that is not UTF-8");
        value = parts.value;
        order = parts.name;
      }
      if (type != Type::list && i > 0 && before >= order) return bad(entry, "entries out of order");
      before = order;
      DYAD_TRY(check_value(value, level + 1));
      if (is_set(type) && static_cast<Type>(value.front()) != element_type(type))
        return bad(entry, "a member of another type");
    }
    return {};
  }

 private:
  // Everything that Container trusts.
  Result<> check_directory(std::string_view encoded) const {
    if (encoded.size() < 4) return bad(encoded, "a container without a directory");
    const auto flag = static_cast<unsigned char>(encoded.back());
    if (flag > 1) return bad(encoded, "an unknown directory width");
    const bool wide = flag == 1;
    const std::size_t width = wide ? 4 : 2;
    if (encoded.size() < 2 + width) return bad(encoded, "a container without a directory");
    const char* const count_at = encoded.data() + encoded.size() - 1 - width;
    const std::uint64_t count =
        wide ? load_le<std::uint32_t>(count_at) : load_le<std::uint16_t>(count_at);
    const std::uint64_t room = encoded.size() - 2 - width;
    if (count * width > room) return bad(encoded, "a directory beyond its container");
    const std::uint64_t body = room - count * width;
    if (wide != (body > Container::kMaxNarrowBytes))
      return bad(encoded, "a directory of the wrong width");
    const Container container(encoded);
    std::size_t end = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (container.end_of(i) <= end || container.end_of(i) > body)
        return bad(encoded, "an entry out of bounds");
      end = container.end_of(i);
    }
    if (end != body) return bad(encoded, "bytes that no entry claims");
    return {};
  }

  Error bad(std::string_view at, std::string_view what) const {
    const auto offset = at.data() == nullptr ? 0 : at.data() - whole_.data();
    return Error(ErrorCode::corruption,
                 fmt::format("item encoding: {} at byte {} of {}", what, offset, whole_.size()));
  }

  std::string_view whole_;
};

}  // namespace

Result<> validate_value(std::string_view encoded) {
  return Validator(encoded).check_value(encoded, 1);
}

Result<> validate_item(std::string_view encoded) {
  if (encoded.empty() || static_cast<Type>(encoded.front()) != Type::map)
    return fail(ErrorCode::corruption, "item encoding: the item is not a map");
  // The item itself is no level: its attributes are on level 1.
  return Validator(encoded).check_container(encoded, 0);
}

}  // namespace dyad::table
