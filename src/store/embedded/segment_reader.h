#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/files.h"
#include "store/embedded/segment_format.h"

namespace dyad::store::embedded {

/// A record that passed its checksums.
struct Record {
  RecordHeader header;
  AlignedBuffer bytes;

  std::string_view payload() const {
    return bytes.view().substr(kRecordHeaderBytes, header.payload_bytes);
  }
};

/// Reads records of one segment (or kept) file. Every byte handed out was checked. Thread-safe.
class SegmentReader {
 public:
  static Result<SegmentReader> open(Files& files, std::string path, std::uint64_t segment,
                                    std::uint64_t salt);
  SegmentReader(std::shared_ptr<const RandomReadFile> file, std::string path,
                std::uint64_t file_bytes, std::uint64_t segment, std::uint64_t salt)
      : file_(std::move(file)),
        path_(std::move(path)),
        file_bytes_(file_bytes),
        segment_(segment),
        salt_(salt) {}

  const std::string& path() const { return path_; }
  const std::shared_ptr<const RandomReadFile>& file() const { return file_; }
  std::uint64_t file_bytes() const { return file_bytes_; }
  std::uint64_t segment() const { return segment_; }

  /// The record at `offset`. corruption: there is none that passes; names file and offset.
  Result<Record> read(std::uint64_t offset) const;
  /// None: the file is not sealed, or its trailer does not pass. corruption: the trailer passes,
  /// what it points to does not.
  struct FoundFooter {
    RecordHeader header;
    Footer footer;
  };
  Result<std::optional<FoundFooter>> read_footer() const;
  /// The first header at or after `offset`, on any block, that passes and has a sequence above
  /// `sequence`. For telling a torn tail from damage.
  struct Found {
    std::uint64_t offset;
    RecordHeader header;
  };
  Result<std::optional<Found>> find_header(std::uint64_t offset, std::uint64_t sequence) const;

 private:
  friend class SegmentScanner;
  Result<> read_exactly(std::uint64_t offset, std::span<char> out) const;

  std::shared_ptr<const RandomReadFile> file_;
  std::string path_;
  std::uint64_t file_bytes_;
  std::uint64_t segment_;
  std::uint64_t salt_;
};

/// Walks the records of a file from an offset on, with read-ahead. One thread.
class SegmentScanner {
 public:
  SegmentScanner(const SegmentReader& reader, std::uint64_t offset)
      : reader_(reader), offset_(offset) {}

  std::uint64_t offset() const { return offset_; }
  /// The record at offset(), and steps behind it. corruption: none there that passes; stays.
  Result<Record> next();

 private:
  const SegmentReader& reader_;
  std::uint64_t offset_;
  AlignedBuffer window_;
  std::uint64_t window_at_ = 0;
};

}  // namespace dyad::store::embedded
