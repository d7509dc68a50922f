#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "blob/blob_store.h"
#include "http/body.h"
#include "services/s3/checksums.h"
#include "services/s3/service.h"
#include "table/object_row.h"
#include "table/tables.h"

namespace dyad::s3 {

/// The bytes of a request, read once: in memory while they are few, else in a blob that nothing
/// names yet. Destroyed before finish(), it leaves nothing behind.
struct Upload {
  std::uint64_t size_bytes = 0;
  std::string bytes;                       ///< Of a small one.
  std::unique_ptr<blob::BlobWriter> blob;  ///< Null: `bytes` has it all.
  BodyDigests digests;

  table::ObjectBytes place() const;
};

/// In whose name the blob of an object, or of a part of one, is made (blob::BlobStore::create).
std::string blob_owner(const table::TableDescriptor& table, std::string_view key);

/// How a body is taken.
struct ReceiveSpec {
  crypto::ChecksumKind checksum = crypto::ChecksumKind::crc64nvme;
  std::optional<crypto::ChecksumKind> also;  ///< A second one: BodyDigests::also.
  std::string owner;                         ///< In whose name a blob is made.
  bool always_blob = false;                  ///< However few the bytes.
  /// However many the bytes, a frame after the other: nobody counts what LargeUpload would hold.
  bool one_by_one = false;
};

/// Reads the body to its end. EntityTooLarge, before what is too much is kept;
/// MissingContentLength; the body's own errors.
Task<Result<Upload>> receive_upload(S3Service& service, http::BodyReader& body, ReceiveSpec spec);
Task<Result<Upload>> receive_upload(S3Service& service, http::BodyReader& body,
                                    crypto::ChecksumKind checksum, std::string owner);

/// The rows that go with the object's row, for RowWrite::beside.
Result<> put_upload_rows(store::Transaction& tx, const table::KeyPlace& place,
                         const Upload& upload);

/// After the transaction that was to name the upload's blob: tells the blob store what became of
/// it. `written` is that transaction's outcome; `latched` the row (kind byte and all) that it held
/// exclusive, for the case that the outcome is not known; empty: the object's.
Task<void> settle_upload(S3Service& service, const Upload& upload, std::string owner,
                         const Result<store::Commit>& written, std::string latched = {});

}  // namespace dyad::s3
