#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "blob/blob_store.h"
#include "runtime/task.h"
#include "store/store.h"
#include "table/row_codec.h"

namespace dyad::table {

// Rows of multipart uploads, in the partition of their object's key. On disk; described in
// docs/formats-items.md, "Uploads".
//
//   upload      | esc(key) | upload id                 -> record: the owning service's own bytes
//   upload_part | esc(key) | upload id | number (be16) -> record: UploadPart
//   part_list   | key                                  -> record: PartList, of a completed object
//
// esc is append_key_value of the encoded key: rows of one key stand together and in the order of
// the keys, and no key with an id behind it is another key's row. Each part's bytes are a blob that
// a reference row under the object's key names from the part's commit on; on completion it stays
// where it is and the part list names it.
//
// Latches. The upload's row: shared by who puts a part, exclusive by who ends the upload. The
// part's row: exclusive by who puts it. The part list goes with the object's row.

/// The owning service makes them, so that uploads of one key sort by their beginning.
constexpr std::size_t kUploadIdBytes = 16;
/// "Amazon S3 multipart upload limits": part numbers 1 to 10,000.
constexpr std::uint32_t kMaxPartNumber = 10'000;

/// Without kind byte: what all uploads of the key begin with.
std::string upload_key_prefix(std::string_view key);
/// With kind byte.
std::string upload_row(std::string_view key, std::string_view upload_id);
std::string upload_part_row(std::string_view key, std::string_view upload_id, std::uint32_t number);

struct UploadRowKey {
  std::string key;  ///< The object's, encoded.
  std::string upload_id;
  std::uint32_t part_number = 0;  ///< upload_part only.
};
/// Of rows of kind upload or upload_part; `row` begins with the kind byte. corruption.
Result<UploadRowKey> decode_upload_row_key(std::string_view row);

/// A part as it was stored.
struct UploadPart {
  std::uint64_t size_bytes = 0;
  blob::BlobId blob;
  std::int64_t modified_ms = 0;
  std::string md5;            ///< Raw.
  std::uint8_t checksum = 0;  ///< The owning service's number of an algorithm.
  std::string checksum_bytes;
};
/// Record, header and all.
std::string encode_upload_part(const UploadPart& part);
Result<UploadPart> decode_upload_part(std::string_view record);

/// The parts of a completed object, in order. It says by which upload it was made, so that a
/// completion that is asked for again can be answered again.
struct PartList {
  struct Part {
    std::uint32_t number = 0;
    std::uint64_t size_bytes = 0;
    blob::BlobId blob;
    std::string checksum_bytes;  ///< Of the object's algorithm; empty: none is kept.
  };
  std::string upload_id;
  std::vector<Part> parts;
};
std::string encode_part_list(const PartList& list);
Result<PartList> decode_part_list(std::string_view record);

/// Parts of an upload, read inside a transaction that holds the upload's row exclusive: at most
/// kMaxPartNumber, in order of their numbers.
struct StoredPart {
  std::uint32_t number = 0;
  UploadPart part;
};
Task<Result<std::vector<StoredPart>>> read_upload_parts(store::Transaction& tx,
                                                        const KeyPlace& place,
                                                        std::string upload_id);

/// Erases the rows of an upload and of all `parts`; the parts' blobs are not let go of.
Result<> erase_upload(store::Transaction& tx, const KeyPlace& place, std::string_view upload_id,
                      const std::vector<StoredPart>& parts);

}  // namespace dyad::table
