#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "http/body.h"
#include "runtime/stream.h"
#include "runtime/task.h"

// Coroutines without an executor: everything that they wait for is there already.

namespace dyad::fuzz {

namespace detail {
template <class T>
Task<void> keep(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await task);
}
inline Task<void> note_end(Task<void> task, bool& ended) {
  co_await task;
  ended = true;
}
}  // namespace detail

template <class T>
T run_now(Task<T> task) {
  std::optional<T> result;
  dyad::detail::run_detached(detail::keep(std::move(task), result)).handle.resume();
  DYAD_CHECK(result.has_value());
  return std::move(*result);
}
inline void run_now(Task<void> task) {
  bool ended = false;
  dyad::detail::run_detached(detail::note_end(std::move(task), ended)).handle.resume();
  DYAD_CHECK(ended);
}

class StillClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return 1'700'000'000'000; }
  std::int64_t steady_us() const override { return 1'000'000; }
};

/// Bytes that came, handed on in pieces of at most `piece_bytes`, and then the end. What is written
/// is kept.
class GivenStream final : public Stream {
 public:
  GivenStream(std::string_view bytes, std::size_t piece_bytes, std::string* written = nullptr)
      : rest_(bytes), piece_bytes_(piece_bytes), written_(written) {}

  Task<Result<std::size_t>> read(std::span<char> out, Deadline) override {
    const std::size_t count = std::min({out.size(), rest_.size(), piece_bytes_});
    std::copy_n(rest_.data(), count, out.data());
    rest_.remove_prefix(count);
    co_return count;
  }
  Task<Result<>> write(std::span<const std::string_view> pieces, Deadline) override {
    if (written_ != nullptr)
      for (const std::string_view piece : pieces) written_->append(piece);
    co_return Result<>{};
  }
  Task<Result<>> shutdown(Deadline) override { co_return Result<>{}; }
  void abort() override { rest_ = {}; }
  std::string peer_address() const override { return "127.0.0.1:50000"; }
  bool secure() const override { return false; }

 private:
  std::string_view rest_;
  std::size_t piece_bytes_;
  std::string* written_;
};

/// The same for a body.
class GivenBody final : public http::BodyReader {
 public:
  GivenBody(std::string_view bytes, std::size_t piece_bytes)
      : rest_(bytes), length_(bytes.size()), piece_bytes_(piece_bytes) {}

  Task<Result<std::size_t>> read(std::span<char> out) override {
    const std::size_t count = std::min({out.size(), rest_.size(), piece_bytes_});
    std::copy_n(rest_.data(), count, out.data());
    rest_.remove_prefix(count);
    co_return count;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

 private:
  std::string_view rest_;
  std::uint64_t length_;
  std::size_t piece_bytes_;
};

}  // namespace dyad::fuzz
