#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "blob/blob_store.h"
#include "table/tables.h"

namespace dyad::table {

struct VerifyReport {
  std::uint64_t tables = 0;
  std::uint64_t items = 0;
  std::uint64_t objects = 0;
  std::uint64_t index_rows = 0;
  std::uint64_t inline_objects = 0;
  std::uint64_t objects_in_parts = 0;
  std::uint64_t uploads = 0;  ///< Multipart uploads under way.
  std::uint64_t upload_parts = 0;
  std::uint64_t blobs = 0;
  std::uint64_t blob_bytes = 0;
  std::uint64_t released = 0;  ///< Blobs that the reaper has yet to erase.
  std::uint64_t building = 0;  ///< Indexes that are not whole yet, and need not be.
  /// One sentence each; at most kMaxDamages, the rest is counted in the last.
  std::vector<std::string> damages;

  static constexpr std::size_t kMaxDamages = 100;
};

/// Called now and then, when the report says more, by whoever reads: quick.
using VerifyProgress = std::function<void()>;

/// Reads every row and every byte and proves that they agree: each item valid and under its own
/// key; each index holding exactly what its table's items say, or so much of it as was copied where
/// it is being built; each object's bytes there, whole and of the size the row tells; each blob
/// named by one reference or released. Nobody may write meanwhile.
Task<Result<>> verify_tables(Tables& tables, blob::BlobStore& blobs, VerifyReport& report);
Task<Result<>> verify_tables(Tables& tables, blob::BlobStore& blobs, VerifyReport& report,
                             VerifyProgress progress);

}  // namespace dyad::table
