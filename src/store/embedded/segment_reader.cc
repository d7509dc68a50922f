#include "store/embedded/segment_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/format_version.h"

namespace dyad::store::embedded {
namespace {

std::unexpected<Error> newer_record(const std::string& path, std::uint64_t offset,
                                    std::uint16_t version) {
  return newer_format(fmt::format("{}: offset {}: a record of the log", path, offset), version,
                      kSegmentVersion);
}

/// One read fetches at least this much, so that a small record costs one system call.
constexpr std::uint64_t kReadAheadBytes = 32u << 10;
constexpr std::uint64_t kScanWindowBytes = 1u << 20;

}  // namespace

Result<SegmentReader> SegmentReader::open(Files& files, std::string path, std::uint64_t segment,
                                          std::uint64_t salt) {
  DYAD_TRY_ASSIGN(std::shared_ptr<const RandomReadFile> file, files.open_read(path));
  DYAD_TRY_ASSIGN(const std::uint64_t size, file->size_bytes());
  return SegmentReader(std::move(file), std::move(path), size / kBlockBytes * kBlockBytes, segment,
                       salt);
}

Result<> SegmentReader::read_exactly(std::uint64_t offset, std::span<char> out) const {
  DYAD_TRY_ASSIGN(const std::size_t count, file_->read_at(offset, out));
  if (count == out.size()) return {};
  return fail(ErrorCode::corruption, fmt::format("{}: ends at {} where {} bytes more were expected",
                                                 path_, offset + count, out.size() - count));
}

Result<Record> SegmentReader::read(std::uint64_t offset) const {
  const auto damaged = [&](std::string_view what) {
    return fail(ErrorCode::corruption, fmt::format("{}: offset {}: {}", path_, offset, what));
  };
  if (offset > file_bytes_ || file_bytes_ - offset < kBlockBytes)
    return damaged("no room for a record");
  Record record;
  record.bytes.resize(std::min(kReadAheadBytes, file_bytes_ - offset));
  DYAD_TRY(read_exactly(offset, record.bytes.span()));
  const std::optional<RecordHeader> header = decode_header(record.bytes.view(), salt_);
  if (const auto newer = newer_header_version(record.bytes.view(), segment_, salt_))
    return newer_record(path_, offset, *newer);
  if (!header) return damaged("no valid record header");
  if (header->segment != segment_)
    return damaged(fmt::format("a record of segment {}, not of {}", header->segment, segment_));
  record.header = *header;
  const std::uint64_t stored = header->stored_bytes();
  if (stored > file_bytes_ - offset) return damaged("a record longer than its file");
  const std::size_t have = record.bytes.size();
  record.bytes.resize(stored);
  if (stored > have) DYAD_TRY(read_exactly(offset + have, record.bytes.span().subspan(have)));
  if (checksum(record.payload(), salt_) != header->payload_checksum)
    return damaged("a record's checksum does not match");
  return record;
}

Result<std::optional<SegmentReader::FoundFooter>> SegmentReader::read_footer() const {
  std::optional<FoundFooter> none;
  if (file_bytes_ < kBlockBytes) return none;
  AlignedBuffer last;
  last.resize(kBlockBytes);
  DYAD_TRY(read_exactly(file_bytes_ - kBlockBytes, last.span()));
  const std::optional<std::uint64_t> offset =
      decode_trailer(last.view().substr(kBlockBytes - kTrailerBytes), segment_, salt_);
  if (!offset) return none;
  DYAD_TRY_ASSIGN(const Record record, read(*offset));
  std::optional<Footer> footer;
  if (record.header.kind == RecordKind::footer) footer = decode_footer(record.payload());
  if (!footer || footer->data_end > *offset)
    return fail(ErrorCode::corruption, fmt::format("{}: offset {}: not a footer", path_, *offset));
  return FoundFooter{record.header, std::move(*footer)};
}

Result<std::optional<SegmentReader::Found>> SegmentReader::find_header(
    std::uint64_t offset, std::uint64_t sequence) const {
  AlignedBuffer window;
  while (offset < file_bytes_) {
    window.resize(std::min(kScanWindowBytes, file_bytes_ - offset));
    DYAD_TRY(read_exactly(offset, window.span()));
    for (std::size_t at = 0; at < window.size(); at += kBlockBytes) {
      const std::string_view bytes = window.view().substr(at, kRecordHeaderBytes);
      if (const auto newer = newer_header_version(bytes, segment_, salt_))
        return newer_record(path_, offset + at, *newer);
      const auto header = decode_header(bytes, salt_);
      if (header && header->segment == segment_ && header->sequence > sequence)
        return Found{offset + at, *header};
    }
    offset += window.size();
  }
  return std::optional<Found>();
}

Result<Record> SegmentScanner::next() {
  const auto in_window = [&](std::uint64_t bytes) {
    return offset_ >= window_at_ && offset_ + bytes <= window_at_ + window_.size();
  };
  const std::uint64_t file_bytes = reader_.file_bytes();
  if (offset_ > file_bytes || file_bytes - offset_ < kBlockBytes) return reader_.read(offset_);
  std::uint64_t stored = kBlockBytes;
  for (int pass = 0; pass < 2; ++pass) {
    if (!in_window(stored)) {
      window_.resize(std::min(kScanWindowBytes, reader_.file_bytes() - offset_));
      window_at_ = offset_;
      DYAD_TRY(reader_.read_exactly(offset_, window_.span()));
    }
    const std::string_view bytes = window_.view().substr(offset_ - window_at_);
    const auto header = decode_header(bytes, reader_.salt_);
    if (!header || header->segment != reader_.segment_) break;
    stored = header->stored_bytes();
    if (stored > kScanWindowBytes) break;
    if (!in_window(stored)) continue;
    Record record;
    record.header = *header;
    record.bytes.append(bytes.substr(0, stored));
    if (checksum(record.payload(), reader_.salt_) != header->payload_checksum) break;
    offset_ += stored;
    return record;
  }
  // Too long for the window, or not valid: the plain way finds out which and words it.
  Result<Record> record = reader_.read(offset_);
  if (record) offset_ += record->header.stored_bytes();
  return record;
}

}  // namespace dyad::store::embedded
