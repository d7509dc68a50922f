#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/stream.h"
#include "runtime/task.h"

namespace dyad::http {

/// What has come over a stream and was not used yet. Begins small and grows when a head needs it.
class BufferedInput {
 public:
  static constexpr std::size_t kFirstBytes = 8 * 1024;

  /// `max_bytes`: the most that may wait here at a time.
  BufferedInput(Stream& stream, std::size_t max_bytes) : stream_(stream), max_bytes_(max_bytes) {}

  /// Valid until the next call that is not const.
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }
  /// Moves what is there into `out`, without waiting; the number of bytes.
  std::size_t take(std::span<char> out);
  /// Waits for more: the number of bytes that came, zero at the end; too_large when max_bytes wait.
  Task<Result<std::size_t>> fill(Deadline deadline);

 private:
  bool make_room();

  Stream& stream_;
  std::size_t max_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace dyad::http
