#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/task.h"
#include "store/store.h"
#include "table/descriptor.h"
#include "table/row_codec.h"

namespace dyad::table {

// A blob lives while a reference row names it. Rows, under the key of the object they belong to:
//   reference | key | blob id (be64)  -> record: empty body marker
//   released  | key | blob id (be64)  -> record; its timestamp is when the bytes were let go of
// A reference becomes a released row in the transaction that replaces or erases the object; the
// reaper (reaper.h) erases the bytes later, and then the row.

/// Puts the reference of a finished blob.
Result<> add_reference(store::Transaction& tx, const KeyPlace& place, blob::BlobId blob);
/// Turns a reference into a released row.
Result<> release_reference(store::Transaction& tx, const KeyPlace& place, blob::BlobId blob);

/// Rows that rehome_released_rows moves in one transaction.
constexpr std::size_t kMaxRehomedRows = 4096;

/// Moves what names bytes of a table that is about to be dropped to the catalogue's partition, as
/// released rows, so that the reaper still finds the bytes: released rows, and the references of
/// whatever goes with the table (parts of uploads under way). Their time becomes the drop's. The
/// caller holds the table's descriptor exclusive. too_large: there are more than kMaxRehomedRows;
/// let uploads be ended and the reaper pass first.
Task<Result<>> rehome_released_rows(store::Transaction& tx, const TableDescriptor& table);

std::string reference_row(std::string_view key, blob::BlobId blob);
std::string released_row(std::string_view key, blob::BlobId blob);
/// The blob that a reference or released row names: its last eight bytes.
Result<blob::BlobId> blob_of_row(std::string_view row_key);

/// In whose name a blob is made (BlobStore::create): table and encoded key, so that its reference
/// row can be looked up from the blob alone.
struct BlobOwner {
  TableId table;
  std::string table_name;
  std::string key;
};
std::string encode_owner(const BlobOwner& owner);
Result<BlobOwner> decode_owner(std::string_view owner);

}  // namespace dyad::table
