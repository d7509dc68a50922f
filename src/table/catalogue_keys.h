#pragma once

#include <string>
#include <string_view>

#include "store/store.h"
#include "table/descriptor.h"

namespace dyad::table {

// Rows of the catalogue partition. All begin with RowKind::catalogue and a letter:
//   'd' table name             -> record: the table's descriptor
//   'v' table id (be64)        -> the descriptor's version (le64); every write of the table's rows
//                                 reads it
//   'n'                        -> the next table id (le64)
//   'b' table id (be64), name  -> record: how far an index that is being built has come
//                                 (table/backfill_job.h)

std::string descriptor_row(std::string_view table_name);
std::string version_row(TableId id);
std::string next_table_id_row();
std::string backfill_row(TableId id, std::string_view index_name);
/// What all of them begin with.
std::string backfill_rows();

/// What every write of a table's rows holds shared, and every change of its descriptor exclusive.
store::DeclaredKey descriptor_latch(std::string_view table_name, store::LatchMode mode);
store::DeclaredKey next_table_id_latch();
store::DeclaredKey backfill_latch(TableId id, std::string_view index_name);

}  // namespace dyad::table
