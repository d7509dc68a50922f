#include "store/embedded/segment_format.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>

#include "base/bytes.h"
#include "base/check.h"

namespace dyad::store::embedded {
namespace {

constexpr std::uint32_t kRecordMagic = 0x47535944;   // "DYSG"
constexpr std::uint32_t kTrailerMagic = 0x54535944;  // "DYST"
constexpr std::size_t kFooterFixedBytes = 24;
constexpr std::size_t kMaxEncodedExtentBytes = 36;
constexpr std::size_t kMaxEncodedPartitionBytes = 20;

}  // namespace

std::uint64_t checksum(std::string_view bytes, std::uint64_t salt) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), salt);
}

void encode_header(const RecordHeader& header, std::uint64_t salt, char* at) {
  store_le(at, kRecordMagic);
  store_le(at + 4, kSegmentVersion);
  store_le(at + 6, static_cast<std::uint16_t>(header.kind));
  store_le(at + 8, header.segment);
  store_le(at + 16, header.sequence);
  store_le(at + 24, header.payload_bytes);
  store_le(at + 28, header.transactions);
  store_le(at + 32, header.first.value());
  store_le(at + 40, header.last.value());
  store_le(at + 48, header.payload_checksum);
  store_le(at + 56, checksum({at, 56}, salt));
}

std::optional<RecordHeader> decode_header(std::string_view bytes, std::uint64_t salt) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const char* at = bytes.data();
  if (load_le<std::uint32_t>(at) != kRecordMagic) return std::nullopt;
  if (load_le<std::uint64_t>(at + 56) != checksum({at, 56}, salt)) return std::nullopt;
  if (load_le<std::uint16_t>(at + 4) != kSegmentVersion) return std::nullopt;
  const auto kind = load_le<std::uint16_t>(at + 6);
  if (kind != static_cast<int>(RecordKind::batch) && kind != static_cast<int>(RecordKind::footer))
    return std::nullopt;
  RecordHeader header;
  header.kind = static_cast<RecordKind>(kind);
  header.segment = load_le<std::uint64_t>(at + 8);
  header.sequence = load_le<std::uint64_t>(at + 16);
  header.payload_bytes = load_le<std::uint32_t>(at + 24);
  header.transactions = load_le<std::uint32_t>(at + 28);
  header.first = Timestamp(load_le<std::uint64_t>(at + 32));
  header.last = Timestamp(load_le<std::uint64_t>(at + 40));
  header.payload_checksum = load_le<std::uint64_t>(at + 48);
  if (header.payload_bytes > kMaxRecordPayloadBytes) return std::nullopt;
  return header;
}

std::optional<std::uint16_t> newer_header_version(std::string_view bytes, std::uint64_t segment,
                                                  std::uint64_t salt) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  const char* at = bytes.data();
  const auto version = load_le<std::uint16_t>(at + 4);
  if (load_le<std::uint32_t>(at) != kRecordMagic || version <= kSegmentVersion) return std::nullopt;
  if (load_le<std::uint64_t>(at + 8) != segment) return std::nullopt;
  if (load_le<std::uint64_t>(at + 56) != checksum({at, 56}, salt)) return std::nullopt;
  return version;
}

void SegmentIndex::add(PartitionId partition, const Extent& extent) {
  std::vector<Extent>& extents = partitions_[partition];
  DYAD_CHECK(extents.empty() ||
             (extents.back().last < extent.first && extents.back().offset <= extent.offset));
  extents.push_back(extent);
  ++extents_;
}

const std::vector<Extent>* SegmentIndex::find(PartitionId partition) const {
  const auto found = partitions_.find(partition);
  return found == partitions_.end() ? nullptr : &found->second;
}

std::size_t SegmentIndex::encoded_bytes_limit(std::size_t more) const {
  return 10 + (partitions_.size() + more) * kMaxEncodedPartitionBytes +
         (extents_ + more) * kMaxEncodedExtentBytes;
}

void SegmentIndex::encode(std::string& out) const {
  append_varint(out, partitions_.size());
  for (const auto& [partition, extents] : partitions_) {
    append_varint(out, partition.value());
    append_varint(out, extents.size());
    std::uint64_t offset = 0, last = 0;
    for (const Extent& extent : extents) {
      append_varint(out, extent.offset - offset);
      append_varint(out, extent.first.value() - last);
      append_varint(out, extent.last.value() - extent.first.value());
      append_varint(out, extent.bytes);
      offset = extent.offset;
      last = extent.last.value();
    }
  }
}

std::optional<SegmentIndex> SegmentIndex::decode(std::string_view bytes) {
  ByteReader in(bytes);
  SegmentIndex index;
  const std::uint64_t partitions = in.varint();
  for (std::uint64_t p = 0; p < partitions && in.ok(); ++p) {
    const PartitionId partition(in.varint());
    const std::uint64_t count = in.varint();
    std::uint64_t offset = 0, last = 0;
    std::vector<Extent>& extents = index.partitions_[partition];
    for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
      const std::uint64_t to_offset = in.varint(), to_first = in.varint(), to_last = in.varint();
      const std::uint64_t bytes = in.varint();
      // As add() demands it: whoever looks for a time stops at the first extent behind it.
      const bool ascends = i == 0 || to_first > 0;
      if (!ascends || to_offset > UINT64_MAX - offset || to_first > UINT64_MAX - last ||
          to_last > UINT64_MAX - last - to_first || bytes > UINT32_MAX)
        return std::nullopt;
      Extent extent;
      extent.offset = offset += to_offset;
      extent.first = Timestamp(last += to_first);
      extent.last = Timestamp(last += to_last);
      extent.bytes = static_cast<std::uint32_t>(bytes);
      extents.push_back(extent);
    }
    if (extents.empty()) return std::nullopt;
    index.extents_ += extents.size();
  }
  if (!in.ok() || index.partitions_.size() != partitions) return std::nullopt;
  return index;
}

std::size_t footer_bytes_limit(const SegmentIndex& index, std::size_t more_extents) {
  return round_up_to_block(kRecordHeaderBytes + kFooterFixedBytes +
                           index.encoded_bytes_limit(more_extents) + kTrailerBytes);
}

AlignedBuffer encode_footer(const Footer& footer, RecordHeader header, std::uint64_t salt,
                            std::uint64_t file_bytes) {
  std::string body;
  footer.index.encode(body);
  const std::uint64_t total =
      round_up_to_block(kRecordHeaderBytes + kFooterFixedBytes + body.size() + kTrailerBytes);
  AlignedBuffer out;
  out.resize(total);
  std::memset(out.data(), 0, total);
  char* payload = out.data() + kRecordHeaderBytes;
  store_le(payload, footer.data_end);
  store_le(payload + 8, footer.first_sequence);
  store_le(payload + 16, static_cast<std::uint64_t>(body.size()));
  std::memcpy(payload + kFooterFixedBytes, body.data(), body.size());

  char* trailer = out.data() + total - kTrailerBytes;
  store_le(trailer, file_bytes - total);
  store_le(trailer + 8, header.segment);
  store_le(trailer + 16, std::uint64_t{kTrailerMagic});
  store_le(trailer + 24, checksum({trailer, 24}, salt));

  header.kind = RecordKind::footer;
  header.payload_bytes = static_cast<std::uint32_t>(total - kRecordHeaderBytes);
  header.payload_checksum = checksum({payload, header.payload_bytes}, salt);
  encode_header(header, salt, out.data());
  return out;
}

std::optional<Footer> decode_footer(std::string_view payload) {
  ByteReader in(payload);
  Footer footer;
  footer.data_end = in.le64();
  footer.first_sequence = in.le64();
  const std::string_view body = in.bytes(in.le64());
  if (!in.ok()) return std::nullopt;
  std::optional<SegmentIndex> index = SegmentIndex::decode(body);
  if (!index) return std::nullopt;
  footer.index = std::move(*index);
  return footer;
}

std::optional<std::uint64_t> decode_trailer(std::string_view bytes, std::uint64_t segment,
                                            std::uint64_t salt) {
  ByteReader in(bytes);
  const std::uint64_t offset = in.le64();
  if (in.le64() != segment || in.le64() != kTrailerMagic) return std::nullopt;
  if (in.le64() != checksum(bytes.substr(0, 24), salt) || !in.ok()) return std::nullopt;
  return offset;
}

Result<> visit_batch(std::string_view payload, const BatchVisitor& visitor) {
  ByteReader in(payload);
  Timestamp timestamp;
  while (!in.at_end()) {
    switch (static_cast<OpTag>(in.u8())) {
      case OpTag::transaction:
        timestamp = Timestamp(in.le64());
        if (in.ok() && visitor.on_transaction) DYAD_TRY(visitor.on_transaction(timestamp));
        break;
      case OpTag::put: {
        const std::string_view key = in.prefixed();
        const std::string_view value = in.prefixed();
        if (in.ok() && visitor.on_put) DYAD_TRY(visitor.on_put(key, value));
        break;
      }
      case OpTag::erase: {
        const std::string_view key = in.prefixed();
        if (in.ok() && visitor.on_erase) DYAD_TRY(visitor.on_erase(key));
        break;
      }
      case OpTag::entry: {
        const PartitionId partition(in.varint());
        const std::string_view entry = in.prefixed();
        if (in.ok() && visitor.on_entry) DYAD_TRY(visitor.on_entry(timestamp, partition, entry));
        break;
      }
      default:
        return fail(ErrorCode::corruption, "a batch holds an operation of an unknown kind");
    }
    if (!in.ok()) return fail(ErrorCode::corruption, "a batch ends within an operation");
  }
  return {};
}

std::string segment_file_name(std::uint64_t id) {
  return fmt::format("{:010}.seg", id);
}
std::string kept_file_name(std::uint64_t id) {
  return fmt::format("{:010}.kept", id);
}

std::optional<LogFileName> parse_log_file_name(std::string_view name) {
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc{} || id == 0) return std::nullopt;
  if (name == segment_file_name(id)) return LogFileName{id, false};
  if (name == kept_file_name(id)) return LogFileName{id, true};
  return std::nullopt;
}

}  // namespace dyad::store::embedded
