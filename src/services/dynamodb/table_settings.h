#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dyad::dynamodb {

struct Throughput {
  std::int64_t read = 0;
  std::int64_t write = 0;
};

/// What DynamoDB keeps of a table beside its keys and indexes: TableDescriptor::properties of the
/// tables it owns. All of it is told by DescribeTable; only deletion_protection has an effect.
struct TableSettings {
  bool pay_per_request = true;
  Throughput provisioned;               ///< Zeros where pay_per_request.
  std::optional<Throughput> on_demand;  ///< Limits; -1: none.
  std::optional<Throughput> warm;
  std::string table_class;  ///< Empty: not said.
  bool deletion_protection = false;
  bool encrypted_by_key = false;  ///< SSESpecification.Enabled.
  std::string encryption_key;     ///< KMSMasterKeyId; may be empty.
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::string> attribute_order;  ///< Of AttributeDefinitions.

  struct Index {
    std::string name;
    Throughput provisioned;
    std::optional<Throughput> on_demand;
    std::optional<Throughput> warm;
  };
  std::vector<Index> indexes;  ///< Global ones.

  // When UpdateTable changed it last; 0: never.
  std::int64_t on_demand_since_ms = 0;  ///< Or, of a provisioned table, when it was that last.
  std::int64_t raised_ms = 0;           ///< The table's provisioned throughput.
  std::int64_t lowered_ms = 0;
  std::uint64_t lowered_times = 0;  ///< On the day (UTC) of lowered_ms.
  std::int64_t class_changed_ms = 0;

  const Index* find_index(std::string_view name) const;
  Index& index(std::string_view name);  ///< Made where it is missing.
};

/// Warm throughput as it is told: what was set, or what the billing mode begins with.
Throughput told_warm(const std::optional<Throughput>& set, const Throughput& provisioned,
                     bool pay_per_request);

std::string encode_settings(const TableSettings& settings);
/// Of an empty string: settings as they are by default. unsupported: a newer version; corruption.
Result<TableSettings> decode_settings(std::string_view bytes);

}  // namespace dyad::dynamodb
