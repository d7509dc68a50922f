#include <algorithm>

#include "table/item.h"

namespace dyad::table {
namespace {

// Per list or map, and per element of one; "DynamoDB item sizes and formats".
constexpr std::size_t kContainerBytes = 3;
constexpr std::size_t kElementBytes = 1;

// One byte, one for each pair of digits that the number touches and one for a minus; zero takes
// one. The guide says "approximately"; this is the form that consumed capacity was measured to
// follow. The encoding holds just the same bytes but for the minus.
std::size_t number_size(ValueView value) {
  const std::string_view key = value.as_number_key();
  const bool negative = static_cast<unsigned char>(key.front()) < 0x80;
  const bool zero = key == std::string_view("\x80\x00", 2);
  return zero ? 1 : key.size() + (negative ? 1 : 0);
}

}  // namespace

std::size_t dynamodb_size_bytes(ValueView value) {
  std::size_t size = 0;
  switch (value.type()) {
    case Type::string:
    case Type::binary:
      return value.encoded().size() - 1;
    case Type::number:
      return number_size(value);
    case Type::boolean:
    case Type::null:
      return 1;
    case Type::list: {
      const ListView list = value.as_list();
      for (std::size_t i = 0; i < list.size(); ++i)
        size += kElementBytes + dynamodb_size_bytes(list[i]);
      return size + kContainerBytes;
    }
    case Type::map: {
      const MapView map = value.as_map();
      return kContainerBytes + kElementBytes * map.size() +
             dynamodb_size_bytes(ItemView(value.encoded()));
    }
    case Type::string_set:
    case Type::number_set:
    case Type::binary_set: {
      const SetView set = value.as_set();
      for (std::size_t i = 0; i < set.size(); ++i) size += dynamodb_size_bytes(set[i]);
      return size;
    }
  }
  return size;
}

std::size_t dynamodb_size_bytes(ItemView item) {
  const MapView attributes = item.attributes();
  std::size_t size = 0;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const MapView::Entry entry = attributes[i];
    size += entry.name.size() + dynamodb_size_bytes(entry.value);
  }
  return size;
}

int nesting_depth(ValueView value) {
  int below = 0;
  if (value.type() == Type::list) {
    const ListView list = value.as_list();
    for (std::size_t i = 0; i < list.size(); ++i) below = std::max(below, nesting_depth(list[i]));
  } else if (value.type() == Type::map) {
    below = nesting_depth(ItemView(value.encoded()));
  }
  return 1 + below;
}

int nesting_depth(ItemView item) {
  const MapView attributes = item.attributes();
  int depth = 0;
  for (std::size_t i = 0; i < attributes.size(); ++i)
    depth = std::max(depth, nesting_depth(attributes[i].value));
  return depth;
}

Result<> check_item_limits(ItemView item) {
  if (nesting_depth(item) > kMaxNestingDepth)
    return fail(ErrorCode::too_large,
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
                "levels beyond supported limit");
  if (dynamodb_size_bytes(item) > kMaxItemBytes)
    return fail(ErrorCode::too_large, "Item size has exceeded the maximum allowed size");
  return {};
}

}  // namespace dyad::table
