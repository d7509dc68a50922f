#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "store/embedded/segment_format.h"

namespace dyad::store::embedded {

/// Encodes one batch straight into the blocks that will be written. Reused from batch to batch.
class BatchBuilder {
 public:
  BatchBuilder() { clear(); }

  void clear();
  /// Timestamps ascend from call to call.
  void begin_transaction(Timestamp timestamp);
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  void entry(PartitionId partition, std::string_view payload);

  bool empty() const { return transactions_ == 0; }
  std::uint64_t stored_bytes() const { return round_up_to_block(buffer_.size()); }
  Timestamp first() const { return first_; }
  Timestamp last() const { return last_; }

  /// What the log's index has to learn: one extent a partition, offsets not yet set.
  std::vector<std::pair<PartitionId, Extent>> extents() const;
  /// The blocks, headed. Valid until the next call.
  std::span<const char> finish(std::uint64_t segment, std::uint64_t sequence, std::uint64_t salt);

 private:
  struct EntryNote {
    PartitionId partition;
    Timestamp timestamp;
    std::uint32_t bytes;
  };

  void tag(OpTag tag);
  void varint(std::uint64_t value);
  void prefixed(std::string_view bytes);

  AlignedBuffer buffer_;
  std::vector<EntryNote> entries_;
  std::uint32_t transactions_ = 0;
  Timestamp first_;
  Timestamp last_;
};

}  // namespace dyad::store::embedded
