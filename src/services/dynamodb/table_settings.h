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

  const Index* find_index(std::string_view name) const;
};

std::string encode_settings(const TableSettings& settings);
/// Of an empty string: settings as they are by default. unsupported: a newer version; corruption.
Result<TableSettings> decode_settings(std::string_view bytes);

}  // namespace dyad::dynamodb
