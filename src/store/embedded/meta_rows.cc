#include "store/embedded/meta_rows.h"

#include "base/bytes.h"
#include "store/embedded/row_store.h"

namespace dyad::store::embedded {
namespace {

constexpr std::uint8_t kRowVersion = 1;

std::string meta_key(MetaKind kind) {
  std::string key(kMetaPrefix);
  key.push_back(static_cast<char>(kind));
  return key;
}

std::string meta_key(MetaKind kind, PartitionId id) {
  std::string key = meta_key(kind);
  append_be64(key, id.value());
  return key;
}

std::string versioned() {
  return std::string(1, static_cast<char>(kRowVersion));
}

}  // namespace

std::string applied_key() {
  return meta_key(MetaKind::applied);
}
std::string counters_key() {
  return meta_key(MetaKind::counters);
}
std::string partition_key(PartitionId id) {
  return meta_key(MetaKind::partition, id);
}
std::string dropped_key(PartitionId id) {
  return meta_key(MetaKind::dropped, id);
}
std::string floor_key(PartitionId partition) {
  return meta_key(MetaKind::floor, partition);
}
std::string cursor_key(PartitionId partition, std::string_view follower) {
  return meta_key(MetaKind::cursor, partition).append(follower);
}

std::string encode_position(const LogPosition& position) {
  std::string out = versioned();
  append_le64(out, position.segment);
  append_le64(out, position.offset);
  append_le64(out, position.sequence);
  append_le64(out, position.timestamp.value());
  return out;
}

std::optional<LogPosition> decode_position(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kRowVersion) return std::nullopt;
  LogPosition position;
  position.segment = in.le64();
  position.offset = in.le64();
  position.sequence = in.le64();
  position.timestamp = Timestamp(in.le64());
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return position;
}

std::string encode_counters(const Counters& counters) {
  std::string out = versioned();
  append_le64(out, counters.ceiling.value());
  append_le64(out, counters.next_partition_id);
  return out;
}

std::optional<Counters> decode_counters(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kRowVersion) return std::nullopt;
  Counters counters;
  counters.ceiling = Timestamp(in.le64());
  counters.next_partition_id = in.le64();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return counters;
}

std::optional<MetaKey> parse_meta_key(std::string_view key) {
  if (!is_meta_key(key)) return std::nullopt;
  ByteReader in(key.substr(kMetaPrefix.size()));
  MetaKey parsed{static_cast<MetaKind>(in.u8()), PartitionId(), {}};
  switch (parsed.kind) {
    case MetaKind::applied:
    case MetaKind::counters:
      break;
    case MetaKind::partition:
    case MetaKind::dropped:
    case MetaKind::cursor:
    case MetaKind::floor:
      parsed.partition = PartitionId(in.be64());
      parsed.follower = in.rest();
      break;
    default:
      return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  if (parsed.kind != MetaKind::cursor && !in.at_end()) return std::nullopt;
  return parsed;
}

}  // namespace dyad::store::embedded
