#include "services/s3/object_body.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace dyad::s3 {

ObjectBody::ObjectBody(std::string holder, std::size_t from, ByteRange range)
    : bytes_(std::move(holder)),
      at_(from + range.first),
      left_(range.length),
      length_(range.length) {
  DYAD_CHECK(at_ <= bytes_.size() && left_ <= bytes_.size() - at_);
}

ObjectBody::ObjectBody(std::unique_ptr<blob::BlobReader> blob, ByteRange range)
    : blob_(std::move(blob)), at_(range.first), left_(range.length), length_(range.length) {}

std::optional<std::string_view> ObjectBody::in_memory() const {
  if (blob_ != nullptr) return std::nullopt;
  return std::string_view(bytes_).substr(at_, left_);
}

Task<Result<std::size_t>> ObjectBody::read(std::span<char> out) {
  if (failed_) co_return fail(ErrorCode::corruption, "the object's bytes are damaged");
  // Up to the end of the frame: the next one is read, and checked, when it is asked for.
  const std::uint64_t in_frame = blob::kFramePayloadBytes - at_ % blob::kFramePayloadBytes;
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>({out.size(), left_, in_frame}));
  if (count == 0) co_return std::size_t{0};
  if (blob_ == nullptr) {
    std::memcpy(out.data(), bytes_.data() + at_, count);
  } else {
    blob::BlobReader& blob = *blob_;
    const Result<std::size_t> got = co_await blob.read_at(at_, out.first(count));
    failed_ = !got || *got != count;
    if (!got) co_return fail(got.error());
    if (failed_) co_return fail(ErrorCode::corruption, "a blob is shorter than its object");
  }
  at_ += count;
  left_ -= count;
  co_return count;
}

}  // namespace dyad::s3
