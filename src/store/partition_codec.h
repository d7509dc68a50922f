#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "store/partition_directory.h"

namespace dyad::store {

// How engines store what a partition is. docs/formats.md describes it.

std::string encode_partition(const PartitionRecord& record);
/// None: the bytes are damaged, or a newer version's.
std::optional<PartitionRecord> decode_partition(std::string_view bytes);

std::string encode_timestamp(Timestamp timestamp);
std::optional<Timestamp> decode_timestamp(std::string_view bytes);

}  // namespace dyad::store
