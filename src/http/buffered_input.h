#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/memory_budget.h"
#include "runtime/stream.h"
#include "runtime/task.h"

namespace dyad::http {

/// What has come over a stream and was not used yet. Begins small and grows when a head needs it.
class BufferedInput {
 public:
  /// What idle connections cost, of which there may be many.
  static constexpr std::size_t kFirstBytes = 4 * 1024;
  /// Kept between messages where they have filled the first bytes: a head with 4 KiB of body comes
  /// in one system call.
  static constexpr std::size_t kKeptBytes = 8 * 1024;

  /// `max_bytes`: the most that may wait here at a time. What it takes beyond the first bytes is
  /// asked of `memory`, which outlives it; null: it is not counted.
  BufferedInput(Stream& stream, std::size_t max_bytes, BudgetShare* memory = nullptr)
      : stream_(stream), memory_(memory), max_bytes_(max_bytes) {}

  /// Valid until the next call that is not const.
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t count) { begin_ += count; }
  /// Moves what is there into `out`, without waiting; the number of bytes.
  std::size_t take(std::span<char> out);
  /// Where nothing waits: gives back what a large head took.
  void shrink();
  /// Waits for more: the number of bytes that came, zero at the end. too_large: max_bytes wait;
  /// overloaded: the memory for more is not to be had.
  Task<Result<std::size_t>> fill(Deadline deadline);

 private:
  Result<> make_room();
  /// A larger buffer with the same content. False: the budget is spent, nothing changed.
  bool grow();

  Stream& stream_;
  BudgetShare* memory_;
  std::size_t max_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool filled_first_ = false;  ///< The first bytes were too few for what came at once.
};

}  // namespace dyad::http
