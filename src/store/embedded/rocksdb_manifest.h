#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace dyad {
class RandomReadFile;
}

namespace dyad::store::embedded {

/// How much of RocksDB's manifest RocksDB is to read, in bytes: all of it, or, where a power loss
/// tore it, what stands before that. RocksDB itself forgives a record that the file ends in, but
/// refuses to start on one whose lost sectors read as zeros, as they do in a file whose size
/// reached the disk and whose bytes did not.
///
/// Torn is a record that does not pass its checksum and has a header of zeros, or zeros wherever
/// one sector of the disk holds it: a disk that keeps its word loses nothing that was synced, so
/// what is lost was not. Nor was what stands behind it, since RocksDB appends a few records and
/// then syncs. Nothing depends on those: RocksDB acts on a record when it is synced, and the
/// segment log has what they speak of still. Were a disk to lie, a start without them would find
/// files or segments missing, and be refused.
///
/// Other records that do not pass are damaged. The last one is left for RocksDB to refuse.
/// corruption: one is damaged, with others behind it; names `path` and the offset.
/// Format: https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format (the legacy one).
Result<std::uint64_t> readable_manifest_bytes(const RandomReadFile& file, const std::string& path);

}  // namespace dyad::store::embedded
