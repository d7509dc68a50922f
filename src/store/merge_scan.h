#pragma once

#include <span>

#include "store/backend.h"
#include "store/write_set.h"

namespace dyad::store {

/// A range's physical bounds: the partition's root and the range, not yet clipped.
struct PhysicalRange {
  std::string from;  ///< Inclusive.
  std::string to;    ///< Exclusive.
};
PhysicalRange physical_range(const PartitionEntry& partition, const ScanRange& range);

/// `newer` over `older`, both ascending.
std::vector<OverRow> lay_over(std::span<const OverRow> newer, std::span<const OverRow> older);

/// One page of `range`: the base's rows with `over` (ascending) laid over them, clipped to the
/// partition's bounds in each kind. A step is a row looked at, an erased one too, or a jump over
/// what the bounds leave out.
Result<ScanPage> merge_scan(const PartitionEntry& partition, const ScanRange& range,
                            const ScanLimits& limits, BaseCursor& base,
                            std::span<const OverRow> over);

}  // namespace dyad::store
