#include "store/embedded/batch_builder.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"

namespace dyad::store::embedded {

void BatchBuilder::clear() {
  buffer_.resize(kRecordHeaderBytes);
  entries_.clear();
  transactions_ = 0;
  first_ = last_ = Timestamp();
}

void BatchBuilder::begin_transaction(Timestamp timestamp) {
  DYAD_CHECK(transactions_ == 0 || last_ < timestamp);
  if (transactions_++ == 0) first_ = timestamp;
  last_ = timestamp;
  tag(OpTag::transaction);
  char raw[8];
  store_le(raw, timestamp.value());
  buffer_.append({raw, sizeof raw});
}

void BatchBuilder::put(std::string_view key, std::string_view value) {
  tag(OpTag::put);
  prefixed(key);
  prefixed(value);
}

void BatchBuilder::erase(std::string_view key) {
  tag(OpTag::erase);
  prefixed(key);
}

void BatchBuilder::entry(PartitionId partition, std::string_view payload) {
  tag(OpTag::entry);
  varint(partition.value());
  prefixed(payload);
  entries_.push_back({partition, last_, static_cast<std::uint32_t>(payload.size())});
}

std::vector<std::pair<PartitionId, Extent>> BatchBuilder::extents() const {
  std::vector<EntryNote> sorted = entries_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const EntryNote& a, const EntryNote& b) {
    return a.partition < b.partition;
  });
  std::vector<std::pair<PartitionId, Extent>> merged;
  for (const EntryNote& note : sorted) {
    if (merged.empty() || merged.back().first != note.partition)
      merged.push_back({note.partition, Extent{0, note.timestamp, note.timestamp, 0}});
    merged.back().second.last = note.timestamp;
    merged.back().second.bytes += note.bytes;
  }
  return merged;
}

std::span<const char> BatchBuilder::finish(std::uint64_t segment, std::uint64_t sequence,
                                           std::uint64_t salt) {
  const std::size_t used = buffer_.size();
  DYAD_CHECK(used - kRecordHeaderBytes <= kMaxRecordPayloadBytes);
  buffer_.pad_to_block();
  RecordHeader header;
  header.kind = RecordKind::batch;
  header.segment = segment;
  header.sequence = sequence;
  header.payload_bytes = static_cast<std::uint32_t>(used - kRecordHeaderBytes);
  header.transactions = transactions_;
  header.first = first_;
  header.last = last_;
  header.payload_checksum =
      checksum({buffer_.data() + kRecordHeaderBytes, header.payload_bytes}, salt);
  encode_header(header, salt, buffer_.data());
  return buffer_.span();
}

void BatchBuilder::tag(OpTag tag) {
  const char byte = static_cast<char>(tag);
  buffer_.append({&byte, 1});
}

void BatchBuilder::varint(std::uint64_t value) {
  char raw[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) raw[size++] = static_cast<char>(value | 0x80);
  raw[size++] = static_cast<char>(value);
  buffer_.append({raw, size});
}

void BatchBuilder::prefixed(std::string_view bytes) {
  varint(bytes.size());
  buffer_.append(bytes);
}

}  // namespace dyad::store::embedded
