#include "http/buffered_input.h"

#include <algorithm>
#include <cstring>

namespace dyad::http {

std::size_t BufferedInput::take(std::span<char> out) {
  const std::size_t count = std::min(out.size(), end_ - begin_);
  if (count > 0) std::memcpy(out.data(), buffer_.get() + begin_, count);
  begin_ += count;
  return count;
}

void BufferedInput::shrink() {
  if (begin_ != end_ || capacity_ <= kKeptBytes) return;
  if (memory_ != nullptr) memory_->give_back(capacity_ - kFirstBytes);
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

bool BufferedInput::grow() {
  const std::size_t larger = std::min(std::max(capacity_ * 2, kFirstBytes), max_bytes_);
  if (memory_ != nullptr && capacity_ > 0) {
    const Result<> taken = memory_->add(larger - capacity_);
    if (!taken) return false;
  }
  auto buffer = std::make_unique_for_overwrite<char[]>(larger);
  if (end_ > 0) std::memcpy(buffer.get(), buffer_.get(), end_);
  buffer_ = std::move(buffer);
  capacity_ = larger;
  return true;
}

Result<> BufferedInput::make_room() {
  const std::size_t used = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, used);
    begin_ = 0;
    end_ = used;
  }
  if (end_ < capacity_) {
    // Where there is no memory for it, less comes at a time.
    if (filled_first_ && capacity_ == kFirstBytes && capacity_ < max_bytes_) (void)grow();
    return {};
  }
  if (capacity_ >= max_bytes_)
    return fail(ErrorCode::too_large, "more is waiting than the limit allows");
  if (!grow()) return fail(ErrorCode::overloaded, "the memory for the heads of requests is taken");
  return {};
}

Task<Result<std::size_t>> BufferedInput::fill(Deadline deadline) {
  DYAD_CO_TRY(make_room());
  const std::span<char> room(buffer_.get() + end_, capacity_ - end_);
  DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await stream_.read(room, deadline));
  end_ += count;
  if (end_ == kFirstBytes) filled_first_ = true;
  co_return count;
}

}  // namespace dyad::http
