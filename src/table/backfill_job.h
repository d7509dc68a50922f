#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "table/descriptor.h"

namespace dyad::table {

/// How far an index that is being built has come: a row of the catalogue, there as long as the
/// index is building.
struct BackfillJob {
  TableId table;
  std::string table_name;
  std::string index_name;
  std::uint64_t since = 0;  ///< IndexDescriptor::since of the index it is for.
  /// Every row of the table before this encoded key (without kind byte) has its index row. A key
  /// and no partition: splits do not move it.
  std::string cursor;
  bool ended = false;          ///< No row is left; `cursor` means nothing.
  std::uint64_t rows = 0;      ///< Of the table, looked at so far.
  std::uint64_t put = 0;       ///< Index rows written for them.
  std::uint64_t left_out = 0;  ///< Rows whose attribute the index cannot take.
};

/// The record with its header.
std::string encode_backfill_job(const BackfillJob& job);
/// Of such a record. unsupported: a newer version; corruption.
Result<BackfillJob> decode_backfill_job(std::string_view record);

}  // namespace dyad::table
