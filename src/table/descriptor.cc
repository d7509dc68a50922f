#include "table/descriptor.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/format_version.h"
#include "table/tables.h"

namespace dyad::table {
namespace {

/// Version 2 tells of each index its state, too.
constexpr std::uint8_t kDescriptorVersion = 2;
constexpr std::uint8_t kVersionWithoutStates = 1;

void append_key_attribute(std::string& out, const KeyAttribute& attribute) {
  append_prefixed(out, attribute.name);
  append_u8(out, static_cast<std::uint8_t>(attribute.type));
}

void append_keys(std::string& out, const KeySchema& keys) {
  append_key_attribute(out, keys.hash);
  append_u8(out, keys.range ? 1 : 0);
  if (keys.range) append_key_attribute(out, *keys.range);
}

void append_partitions(std::string& out, const PartitionMap& map) {
  append_varint(out, map.size());
  for (std::size_t i = 0; i < map.size(); ++i) {
    append_prefixed(out, map[i].lower);
    append_varint(out, map[i].partition.value());
  }
}

void append_index(std::string& out, const IndexDescriptor& index, std::uint8_t version) {
  append_prefixed(out, index.name);
  append_u8(out, static_cast<std::uint8_t>(index.kind));
  append_keys(out, index.keys);
  append_u8(out, static_cast<std::uint8_t>(index.projection.kind));
  append_varint(out, index.projection.include.size());
  for (const std::string& name : index.projection.include) append_prefixed(out, name);
  append_u8(out, index.local_number);
  append_partitions(out, index.partitions);
  if (version == kVersionWithoutStates) return;
  append_u8(out, static_cast<std::uint8_t>(index.state));
  append_varint(out, index.since);
}

KeyAttribute read_key_attribute(ByteReader& reader) {
  KeyAttribute attribute;
  attribute.name = reader.prefixed();
  attribute.type = static_cast<Type>(reader.u8());
  return attribute;
}

KeySchema read_keys(ByteReader& reader) {
  KeySchema keys;
  keys.hash = read_key_attribute(reader);
  if (reader.u8() != 0) keys.range = read_key_attribute(reader);
  return keys;
}

PartitionMap read_partitions(ByteReader& reader) {
  std::vector<PartitionMap::Entry> entries;
  for (std::uint64_t count = reader.varint(); count > 0 && reader.ok(); --count) {
    PartitionMap::Entry entry;
    entry.lower = reader.prefixed();
    entry.partition = store::PartitionId(reader.varint());
    entries.push_back(std::move(entry));
  }
  return PartitionMap(std::move(entries));
}

IndexDescriptor read_index(ByteReader& reader, std::uint8_t version) {
  IndexDescriptor index;
  index.name = reader.prefixed();
  index.kind = static_cast<IndexDescriptor::Kind>(reader.u8());
  index.keys = read_keys(reader);
  index.projection.kind = static_cast<Projection::Kind>(reader.u8());
  for (std::uint64_t count = reader.varint(); count > 0 && reader.ok(); --count)
    index.projection.include.emplace_back(reader.prefixed());
  index.local_number = reader.u8();
  index.partitions = read_partitions(reader);
  if (version == kVersionWithoutStates) return index;
  index.state = static_cast<IndexDescriptor::State>(reader.u8());
  index.since = reader.varint();
  return index;
}

bool is_key(const KeyAttribute& attribute) {
  return attribute.type == Type::string || attribute.type == Type::number ||
         attribute.type == Type::binary;
}

bool is_key_schema(const KeySchema& keys) {
  return is_key(keys.hash) && (!keys.range || is_key(*keys.range));
}

/// Every key lies in exactly one of them.
bool covers_all_keys(const PartitionMap& map) {
  if (map.size() == 0 || !map[0].lower.empty()) return false;
  for (std::size_t i = 1; i < map.size(); ++i)
    if (map[i].lower <= map[i - 1].lower) return false;
  return true;
}

bool is_whole(const IndexDescriptor& index) {
  using Index = IndexDescriptor;
  const bool global = index.kind == Index::Kind::global;
  if (!global && index.kind != Index::Kind::local) return false;
  if (index.projection.kind < Projection::Kind::all ||
      index.projection.kind > Projection::Kind::include)
    return false;
  if (index.state < Index::State::active || index.state > Index::State::backfilling) return false;
  if (!global && index.local_number >= kMaxLocalIndexes) return false;
  return is_key_schema(index.keys) && (!global || covers_all_keys(index.partitions));
}

/// What is read of a disk is used without looking again.
bool is_whole(const TableDescriptor& table) {
  const bool ordered = table.placement == Placement::ordered;
  if (!ordered && table.placement != Placement::hashed) return false;
  if (table.codec != RowCodecKind::item && table.codec != RowCodecKind::object) return false;
  if (table.log_images < LogImages::keys_only || table.log_images > LogImages::new_and_old)
    return false;
  // Keys in their own order are the bytes of the range key.
  if (ordered && (!table.keys.range || table.keys.range->type == Type::number)) return false;
  return is_key_schema(table.keys) && covers_all_keys(table.partitions) &&
         std::ranges::all_of(table.indexes,
                             [](const IndexDescriptor& index) { return is_whole(index); });
}

}  // namespace

std::size_t PartitionMap::index_of(std::string_view key) const {
  DYAD_CHECK(!entries_.empty());
  const auto after =
      std::upper_bound(entries_.begin(), entries_.end(), key,
                       [](std::string_view k, const Entry& entry) { return k < entry.lower; });
  DYAD_CHECK(after != entries_.begin());
  return static_cast<std::size_t>(after - entries_.begin()) - 1;
}

const IndexDescriptor* TableDescriptor::find_index(std::string_view index_name) const {
  for (const IndexDescriptor& index : indexes)
    if (index.name == index_name) return &index;
  return nullptr;
}

std::string encode_descriptor(const TableDescriptor& table) {
  const bool builds = std::ranges::any_of(table.indexes, &IndexDescriptor::building);
  const std::uint8_t version = builds ? kDescriptorVersion : kVersionWithoutStates;
  std::string out;
  append_u8(out, version);
  append_varint(out, table.id.value());
  append_varint(out, table.version);
  append_prefixed(out, table.name);
  append_u8(out, static_cast<std::uint8_t>(table.codec));
  append_u8(out, static_cast<std::uint8_t>(table.placement));
  append_keys(out, table.keys);
  append_prefixed(out, table.ordered_hash);
  append_varint(out, table.indexes.size());
  for (const IndexDescriptor& index : table.indexes) append_index(out, index, version);
  append_partitions(out, table.partitions);
  append_u8(out, static_cast<std::uint8_t>(table.log_images));
  append_le64(out, static_cast<std::uint64_t>(table.created_ms));
  append_prefixed(out, table.properties);
  return out;
}

Result<TableDescriptor> decode_descriptor(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint8_t version = reader.u8();
  if (version > kDescriptorVersion)
    return newer_format("a table descriptor", version, kDescriptorVersion);
  TableDescriptor table;
  table.id = TableId(reader.varint());
  table.version = reader.varint();
  table.name = reader.prefixed();
  table.codec = static_cast<RowCodecKind>(reader.u8());
  table.placement = static_cast<Placement>(reader.u8());
  table.keys = read_keys(reader);
  table.ordered_hash = reader.prefixed();
  for (std::uint64_t count = reader.varint(); count > 0 && reader.ok(); --count)
    table.indexes.push_back(read_index(reader, version));
  table.partitions = read_partitions(reader);
  table.log_images = static_cast<LogImages>(reader.u8());
  table.created_ms = static_cast<std::int64_t>(reader.le64());
  table.properties = reader.prefixed();
  if (!reader.ok() || !reader.at_end() || version == 0 || !is_whole(table))
    return fail(ErrorCode::corruption, "the descriptor of table '" + table.name + "' is damaged");
  return table;
}

}  // namespace dyad::table
