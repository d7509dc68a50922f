#include "services/s3/object_parts.h"

#include <algorithm>

namespace dyad::s3 {
namespace {

Error damaged(blob::BlobId blob, std::string_view what) {
  return Error(ErrorCode::corruption, "a part of an object and its bytes disagree: blob " +
                                          std::to_string(blob.value()) + std::string(what));
}

}  // namespace

std::optional<ByteRange> range_of_part(const table::PartList& list, std::uint32_t number) {
  ByteRange range;
  for (const table::PartList::Part& part : list.parts) {
    range.length = part.size_bytes;
    if (part.number == number) return range;
    range.first += part.size_bytes;
  }
  return std::nullopt;
}

std::uint64_t size_bytes_of(const table::PartList& list) {
  std::uint64_t size_bytes = 0;
  for (const table::PartList::Part& part : list.parts) size_bytes += part.size_bytes;
  return size_bytes;
}

PartsBody::PartsBody(blob::BlobStore& blobs, table::ReadPins& pins, const table::PartList& parts,
                     const ByteRange& range)
    : blobs_(blobs),
      pieces_(pieces_of(parts, range)),
      unopened_(pins.hold(blobs_of(pieces_))),
      length_(range.length) {}

std::vector<PartsBody::Piece> PartsBody::pieces_of(const table::PartList& parts,
                                                   const ByteRange& range) {
  std::vector<Piece> pieces;
  std::uint64_t at = 0;
  const std::uint64_t end = range.first + range.length;
  for (const table::PartList::Part& part : parts.parts) {
    const std::uint64_t first = std::max(range.first, at);
    const std::uint64_t last = std::min(end, at + part.size_bytes);
    if (first < last)
      pieces.push_back({part.blob, part.size_bytes, ByteRange{first - at, last - first}});
    at += part.size_bytes;
  }
  return pieces;
}

std::vector<blob::BlobId> PartsBody::blobs_of(const std::vector<Piece>& pieces) {
  std::vector<blob::BlobId> blobs;
  blobs.reserve(pieces.size());
  for (const Piece& piece : pieces) blobs.push_back(piece.blob);
  return blobs;
}

Task<Result<>> PartsBody::open_first() {
  if (pieces_.empty()) co_return Result<>();
  co_return co_await open_next();
}

Task<Result<>> PartsBody::open_next() {
  const Piece& piece = pieces_[next_];
  Result<std::unique_ptr<blob::BlobReader>> reader = co_await blobs_.open(piece.blob);
  if (!reader && reader.error().code == ErrorCode::not_found)
    co_return fail(damaged(piece.blob, " is missing"));
  if (!reader) co_return fail(std::move(reader).error());
  if ((*reader)->size_bytes() != piece.blob_bytes)
    co_return fail(damaged(piece.blob, " is of another size"));
  current_ = std::make_unique<ObjectBody>(std::move(*reader), piece.range);
  unopened_.let_go_of_first();
  ++next_;
  co_return Result<>();
}

Task<Result<std::size_t>> PartsBody::read(std::span<char> out) {
  if (failed_) co_return fail(ErrorCode::corruption, "the object's bytes are damaged");
  if (out.empty()) co_return std::size_t{0};
  while (true) {
    if (current_ != nullptr) {
      ObjectBody& body = *current_;
      const Result<std::size_t> got = co_await body.read(out);
      failed_ = !got;
      if (!got || *got > 0) co_return got;
      current_.reset();
    }
    if (next_ == pieces_.size()) co_return std::size_t{0};
    const Result<> opened = co_await open_next();
    failed_ = !opened;
    if (!opened) co_return fail(opened.error());
  }
}

}  // namespace dyad::s3
