#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "store/embedded/aligned_buffer.h"
#include "store/store.h"

namespace dyad::store::embedded {

// Bytes of a segment file; docs/formats.md describes them. A segment is a row of records, each on
// fresh blocks: batches from the start on, and once it is sealed a footer that ends at the end of
// the file. Record = header (64 bytes), payload, zeros up to the block's end. Sequences count
// records of both kinds without a gap through the whole log.
//
// Checksums are XXH3-64 seeded with the log's secret salt, so that bytes which a client stores can
// never pass for a record, however they come to lie after a torn write.

constexpr std::uint16_t kSegmentVersion = 1;
constexpr std::size_t kRecordHeaderBytes = 64;
constexpr std::size_t kTrailerBytes = 32;
/// Of one record; a header that says more is not valid.
constexpr std::uint32_t kMaxRecordPayloadBytes = 512u << 20;

enum class RecordKind : std::uint16_t { batch = 1, footer = 2 };

struct RecordHeader {
  RecordKind kind = RecordKind::batch;
  std::uint64_t segment = 0;
  std::uint64_t sequence = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t transactions = 0;
  Timestamp first;  ///< Of a batch: its first transaction. Of a footer: the segment's.
  Timestamp last;
  std::uint64_t payload_checksum = 0;

  /// Blocks of the record, in bytes.
  std::uint64_t stored_bytes() const {
    return round_up_to_block(kRecordHeaderBytes + payload_bytes);
  }
};

std::uint64_t checksum(std::string_view bytes, std::uint64_t salt);
void encode_header(const RecordHeader& header, std::uint64_t salt, char* at);
/// None: these are not the 64 bytes of a header that this log wrote.
std::optional<RecordHeader> decode_header(std::string_view bytes, std::uint64_t salt);

/// The version of a header that this log wrote and that is newer than kSegmentVersion; none: it is
/// not one. Magic, version, segment (at 8) and checksum (at 56) stay where they are in every
/// version: a newer record must never be taken for a torn tail, and cut.
std::optional<std::uint16_t> newer_header_version(std::string_view bytes, std::uint64_t segment,
                                                  std::uint64_t salt);

/// Where a partition's entries of one batch lie.
struct Extent {
  std::uint64_t offset = 0;  ///< Of the record in its file.
  Timestamp first;
  Timestamp last;
  std::uint32_t bytes = 0;  ///< Of the entries' payloads.
};

/// Which records of a segment hold entries of which partition, in log order.
class SegmentIndex {
 public:
  void add(PartitionId partition, const Extent& extent);
  /// None: no entry of it.
  const std::vector<Extent>* find(PartitionId partition) const;
  const std::map<PartitionId, std::vector<Extent>>& partitions() const { return partitions_; }
  /// At most this much does encode() append, with `more` extents added, each perhaps a new
  /// partition's.
  std::size_t encoded_bytes_limit(std::size_t more) const;

  void encode(std::string& out) const;
  static std::optional<SegmentIndex> decode(std::string_view bytes);

 private:
  std::map<PartitionId, std::vector<Extent>> partitions_;
  std::size_t extents_ = 0;
};

struct Footer {
  std::uint64_t data_end = 0;  ///< Where the batches end.
  std::uint64_t first_sequence = 0;
  SegmentIndex index;
};

/// A whole footer record for a file of `file_bytes`, to be written at `file_bytes - result.size()`.
AlignedBuffer encode_footer(const Footer& footer, RecordHeader header, std::uint64_t salt,
                            std::uint64_t file_bytes);
std::size_t footer_bytes_limit(const SegmentIndex& index, std::size_t more_extents);
std::optional<Footer> decode_footer(std::string_view payload);
/// The footer's offset, out of the file's last kTrailerBytes. None: not sealed (or damaged).
std::optional<std::uint64_t> decode_trailer(std::string_view bytes, std::uint64_t segment,
                                            std::uint64_t salt);

// A batch's payload: operations, each a tag and its fields, in commit order.
enum class OpTag : std::uint8_t {
  transaction = 1,  ///< timestamp le64; what follows is its
  put = 2,          ///< prefixed physical key, prefixed value
  erase = 3,        ///< prefixed physical key
  entry = 4,        ///< partition varint, prefixed payload
};

/// What a batch holds, called in its order. An error ends the walk.
struct BatchVisitor {
  std::function<Result<>(Timestamp)> on_transaction;
  std::function<Result<>(std::string_view key, std::string_view value)> on_put;
  std::function<Result<>(std::string_view key)> on_erase;
  std::function<Result<>(Timestamp, PartitionId, std::string_view payload)> on_entry;
};
/// Functions left empty are passed over. corruption: not a batch.
Result<> visit_batch(std::string_view payload, const BatchVisitor& visitor);

/// "0000000012.seg"
std::string segment_file_name(std::uint64_t id);
std::string kept_file_name(std::uint64_t id);
struct LogFileName {
  std::uint64_t id;
  bool kept;
};
std::optional<LogFileName> parse_log_file_name(std::string_view name);

}  // namespace dyad::store::embedded
