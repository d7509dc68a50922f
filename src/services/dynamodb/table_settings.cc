#include "services/dynamodb/table_settings.h"

#include <algorithm>

#include "base/bytes.h"

namespace dyad::dynamodb {
namespace {

// version u8 | flags u8 | provisioned | [on demand] | [warm] | class | key | tags | attributes |
// indexes. A throughput is two le64, a text has a varint length before it, a list a varint count.
// Version 2 goes on: on demand since | raised | lowered | times lowered | class changed, le64 each.
// A table that was never updated keeps version 1, which earlier releases read.
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kVersionWithoutTimes = 1;

/// What on-demand tables begin with, by "Warm throughput" in the developer guide.
constexpr Throughput kOnDemandWarm = {12000, 4000};

constexpr std::uint8_t kPayPerRequest = 1;
constexpr std::uint8_t kDeletionProtection = 2;
constexpr std::uint8_t kEncryptedByKey = 4;

void append(std::string& out, const Throughput& throughput) {
  append_le64(out, static_cast<std::uint64_t>(throughput.read));
  append_le64(out, static_cast<std::uint64_t>(throughput.write));
}

void append(std::string& out, const std::optional<Throughput>& throughput) {
  append_u8(out, throughput.has_value());
  if (throughput) append(out, *throughput);
}

Throughput read_throughput(ByteReader& in) {
  Throughput throughput;
  throughput.read = static_cast<std::int64_t>(in.le64());
  throughput.write = static_cast<std::int64_t>(in.le64());
  return throughput;
}

std::optional<Throughput> read_optional(ByteReader& in) {
  if (in.u8() == 0) return std::nullopt;
  return read_throughput(in);
}

/// Calls `read` so often as the count says, at most until the bytes end.
template <class Read>
void read_list(ByteReader& in, Read read) {
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) read();
}

}  // namespace

const TableSettings::Index* TableSettings::find_index(std::string_view name) const {
  const auto found = std::ranges::find(indexes, name, &Index::name);
  return found == indexes.end() ? nullptr : &*found;
}

TableSettings::Index& TableSettings::index(std::string_view name) {
  const auto found = std::ranges::find(indexes, name, &Index::name);
  if (found != indexes.end()) return *found;
  Index& made = indexes.emplace_back();
  made.name = name;
  return made;
}

Throughput told_warm(const std::optional<Throughput>& set, const Throughput& provisioned,
                     bool pay_per_request) {
  if (set) return *set;
  return pay_per_request ? kOnDemandWarm : provisioned;
}

std::string encode_settings(const TableSettings& settings) {
  const bool updated = settings.on_demand_since_ms != 0 || settings.raised_ms != 0 ||
                       settings.lowered_ms != 0 || settings.class_changed_ms != 0;
  std::string out;
  append_u8(out, updated ? kVersion : kVersionWithoutTimes);
  std::uint8_t flags = 0;
  if (settings.pay_per_request) flags |= kPayPerRequest;
  if (settings.deletion_protection) flags |= kDeletionProtection;
  if (settings.encrypted_by_key) flags |= kEncryptedByKey;
  append_u8(out, flags);
  append(out, settings.provisioned);
  append(out, settings.on_demand);
  append(out, settings.warm);
  append_prefixed(out, settings.table_class);
  append_prefixed(out, settings.encryption_key);
  append_varint(out, settings.tags.size());
  for (const auto& [key, value] : settings.tags) {
    append_prefixed(out, key);
    append_prefixed(out, value);
  }
  append_varint(out, settings.attribute_order.size());
  for (const std::string& name : settings.attribute_order) append_prefixed(out, name);
  append_varint(out, settings.indexes.size());
  for (const TableSettings::Index& index : settings.indexes) {
    append_prefixed(out, index.name);
    append(out, index.provisioned);
    append(out, index.on_demand);
    append(out, index.warm);
  }
  if (!updated) return out;
  append_le64(out, static_cast<std::uint64_t>(settings.on_demand_since_ms));
  append_le64(out, static_cast<std::uint64_t>(settings.raised_ms));
  append_le64(out, static_cast<std::uint64_t>(settings.lowered_ms));
  append_le64(out, settings.lowered_times);
  append_le64(out, static_cast<std::uint64_t>(settings.class_changed_ms));
  return out;
}

Result<TableSettings> decode_settings(std::string_view bytes) {
  TableSettings settings;
  if (bytes.empty()) return settings;
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (version < kVersionWithoutTimes || version > kVersion)
    return fail(ErrorCode::unsupported, "table settings of version " + std::to_string(version) +
                                            "; this server reads " + std::to_string(kVersion));
  const std::uint8_t flags = in.u8();
  settings.pay_per_request = flags & kPayPerRequest;
  settings.deletion_protection = flags & kDeletionProtection;
  settings.encrypted_by_key = flags & kEncryptedByKey;
  settings.provisioned = read_throughput(in);
  settings.on_demand = read_optional(in);
  settings.warm = read_optional(in);
  settings.table_class = in.prefixed();
  settings.encryption_key = in.prefixed();
  read_list(in, [&] {
    const std::string_view key = in.prefixed();
    settings.tags.emplace_back(key, in.prefixed());
  });
  read_list(in, [&] { settings.attribute_order.emplace_back(in.prefixed()); });
  read_list(in, [&] {
    TableSettings::Index& index = settings.indexes.emplace_back();
    index.name = in.prefixed();
    index.provisioned = read_throughput(in);
    index.on_demand = read_optional(in);
    index.warm = read_optional(in);
  });
  if (version > kVersionWithoutTimes) {
    settings.on_demand_since_ms = static_cast<std::int64_t>(in.le64());
    settings.raised_ms = static_cast<std::int64_t>(in.le64());
    settings.lowered_ms = static_cast<std::int64_t>(in.le64());
    settings.lowered_times = in.le64();
    settings.class_changed_ms = static_cast<std::int64_t>(in.le64());
  }
  if (!in.ok() || !in.at_end())
    return fail(ErrorCode::corruption, "table settings are cut short or too long");
  return settings;
}

}  // namespace dyad::dynamodb
