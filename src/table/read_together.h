#pragma once

#include <optional>
#include <vector>

#include "table/tables.h"

namespace dyad::table {

/// One row to be read, by its table and key.
struct RowRead {
  TableRef table;
  PrimaryKey key;
};

/// Reads rows of any tables as they are at one moment, at most kMaxRowsPerWrite: what one write
/// left is seen whole or not at all. As many results as reads, in their order; none: no such row. A
/// row may be asked for twice. Errors: not_found where a table was dropped meanwhile, conflict
/// where partitions keep changing, and the store's.
///
/// Rows of one partition are one read of the store. Rows of several are read in a transaction that
/// holds their latches shared: writers of these rows wait for it, other readers do not, and it
/// waits for what it saw to be durable.
Task<Result<std::vector<std::optional<StoredRow>>>> read_together(Tables& tables,
                                                                  std::vector<RowRead> reads,
                                                                  Deadline deadline);

}  // namespace dyad::table
