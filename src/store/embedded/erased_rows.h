#pragma once

#include <rocksdb/compaction_filter.h>
#include <rocksdb/table_properties.h>

#include <memory>

namespace dyad::store::embedded {

/// Takes erased rows (empty values) away in compactions.
std::unique_ptr<rocksdb::CompactionFilter> make_erased_rows_filter();
/// Has a file compacted soon when half of any thousand neighbours in it are erased: a scan would
/// pay for them.
std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> make_erased_rows_collector();

}  // namespace dyad::store::embedded
