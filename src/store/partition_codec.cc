#include "store/partition_codec.h"

#include "base/bytes.h"

namespace dyad::store {
namespace {

constexpr std::uint8_t kRecordVersion = 1;

}  // namespace

std::string encode_partition(const PartitionRecord& record) {
  std::string out(1, static_cast<char>(kRecordVersion));
  append_varint(out, record.id.value());
  append_varint(out, record.root.value());
  append_prefixed(out, record.lower);
  append_prefixed(out, record.upper);
  append_varint(out, record.parent.value());
  append_varint(out, record.ended_at.value());
  append_varint(out, record.left.value());
  append_varint(out, record.right.value());
  return out;
}

std::optional<PartitionRecord> decode_partition(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kRecordVersion) return std::nullopt;
  PartitionRecord record;
  record.id = PartitionId(in.varint());
  record.root = PartitionId(in.varint());
  record.lower = in.prefixed();
  record.upper = in.prefixed();
  record.parent = PartitionId(in.varint());
  record.ended_at = Timestamp(in.varint());
  record.left = PartitionId(in.varint());
  record.right = PartitionId(in.varint());
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return record;
}

std::string encode_timestamp(Timestamp timestamp) {
  std::string out;
  append_le64(out, timestamp.value());
  return out;
}

std::optional<Timestamp> decode_timestamp(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return Timestamp(load_le<std::uint64_t>(bytes.data()));
}

}  // namespace dyad::store
