#include "table/change.h"

#include "base/bytes.h"
#include "base/format_version.h"

namespace dyad::table {
namespace {

constexpr std::uint8_t kChangeVersion = 1;
constexpr std::uint8_t kErased = 1;
constexpr std::uint8_t kExisted = 2;

}  // namespace

std::string encode_change(const Change& change) {
  std::string out;
  out.reserve(32 + change.key.size() + change.keys.encoded().size() +
              change.new_item.encoded().size() + change.old_item.encoded().size());
  append_u8(out, kChangeVersion);
  append_u8(out, static_cast<std::uint8_t>((change.erased ? kErased : 0) |
                                           (change.existed ? kExisted : 0)));
  append_u8(out, static_cast<std::uint8_t>(change.cause));
  append_varint(out, change.table.value());
  append_prefixed(out, change.key);
  append_prefixed(out, change.keys.encoded());
  append_prefixed(out, change.new_item.encoded());
  append_prefixed(out, change.old_item.encoded());
  return out;
}

Result<Change> decode_change(std::string_view payload) {
  ByteReader reader(payload);
  const std::uint8_t version = reader.u8();
  const std::uint8_t flags = reader.u8();
  Change change;
  change.cause = static_cast<ChangeCause>(reader.u8());
  change.table = TableId(reader.varint());
  change.key = reader.prefixed();
  change.keys = ItemView(reader.prefixed());
  change.new_item = ItemView(reader.prefixed());
  change.old_item = ItemView(reader.prefixed());
  change.erased = (flags & kErased) != 0;
  change.existed = (flags & kExisted) != 0;
  if (version > kChangeVersion) return newer_format("a log entry", version, kChangeVersion);
  if (!reader.ok() || !reader.at_end() || version == 0)
    return fail(ErrorCode::corruption, "a log entry ends early");
  return change;
}

}  // namespace dyad::table
