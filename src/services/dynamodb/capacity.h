#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/dynamodb/shapes.h"
#include "services/dynamodb/service.h"
#include "table/descriptor.h"
#include "table/item.h"

namespace dyad::dynamodb {

/// Capacity units of one operation on one table. Source: "Read consistency and capacity unit
/// consumption" in the developer guide.
struct CapacityUse {
  double table = 0;
  protocol::Map<double> local;  ///< By index name; only indexes that were used.
  protocol::Map<double> global;

  double total() const;
  void add(const CapacityUse& other);
};

/// One unit for each KiB of the larger of the two images (an empty view: none), rounded up, at
/// least one; for an index as much as its rows change: nothing where its row stays as it is.
CapacityUse write_units(const table::TableDescriptor& table, table::ItemView old_item,
                        table::ItemView new_item);

/// Half a unit for each 4 KiB, rounded up, at least one step; strongly consistent: double.
double read_units(std::uint64_t bytes, bool consistent);

/// ReturnConsumedCapacity: "TOTAL", "INDEXES" or nothing.
class CapacityReport {
 public:
  explicit CapacityReport(const std::optional<std::string>& mode)
      : wanted_(mode == "TOTAL" || mode == "INDEXES"), indexes_(mode == "INDEXES") {}

  bool wanted() const { return wanted_; }
  std::optional<model::ConsumedCapacity> report(const std::string& table,
                                                const CapacityUse& use) const;
  /// Transactions tell also whether the units were read or written.
  enum class Units : std::uint8_t { read, write };
  std::optional<model::ConsumedCapacity> report(const std::string& table, const CapacityUse& use,
                                                Units units) const;

 private:
  bool wanted_;
  bool indexes_;
};

/// ReturnItemCollectionMetrics SIZE: of a table with local indexes, else none. The size is the
/// estimate "up to 1 GB", which is what DynamoDB says of all but the largest collections.
std::optional<model::ItemCollectionMetrics> collection_metrics(
    const table::TableDescriptor& table, const std::optional<std::string>& mode,
    table::ValueView hash);

}  // namespace dyad::dynamodb
