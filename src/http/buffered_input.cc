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

bool BufferedInput::make_room() {
  const std::size_t used = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, used);
    begin_ = 0;
    end_ = used;
  }
  if (end_ < capacity_) return true;
  if (capacity_ >= max_bytes_) return false;
  const std::size_t larger = std::min(std::max(capacity_ * 2, kFirstBytes), max_bytes_);
  auto buffer = std::make_unique_for_overwrite<char[]>(larger);
  if (used > 0) std::memcpy(buffer.get(), buffer_.get(), used);
  buffer_ = std::move(buffer);
  capacity_ = larger;
  return true;
}

Task<Result<std::size_t>> BufferedInput::fill(Deadline deadline) {
  if (!make_room()) co_return fail(ErrorCode::too_large, "more is waiting than the limit allows");
  const std::span<char> room(buffer_.get() + end_, capacity_ - end_);
  DYAD_CO_TRY_ASSIGN(const std::size_t count, co_await stream_.read(room, deadline));
  end_ += count;
  co_return count;
}

}  // namespace dyad::http
