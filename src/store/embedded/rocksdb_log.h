#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace dyad::store::embedded {

/// RocksDB's own messages into our log, warnings and worse only. Instead of its LOG files: those
/// are not synced and grow without bound.
std::shared_ptr<rocksdb::Logger> make_rocksdb_log();

}  // namespace dyad::store::embedded
