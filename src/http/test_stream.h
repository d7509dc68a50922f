#pragma once

// For tests only: a connected pair of streams in memory, on one executor.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "runtime/local_event.h"
#include "runtime/stream.h"

namespace dyad::http {

/// One direction. Deadlines are those of the executor that waits.
struct TestPipe {
  std::string bytes;
  bool ended = false;    ///< No more will be written.
  bool aborted = false;  ///< Reads and writes fail.
  LocalEvent changed;
};

class TestStream final : public Stream {
 public:
  /// `read_limit`: at most so many bytes a read, to feed the reader in small pieces.
  TestStream(std::shared_ptr<TestPipe> in, std::shared_ptr<TestPipe> out, std::size_t read_limit)
      : in_(std::move(in)), out_(std::move(out)), read_limit_(read_limit) {}
  ~TestStream() override { end(); }

  static std::pair<std::unique_ptr<TestStream>, std::unique_ptr<TestStream>> pair(
      std::size_t read_limit = SIZE_MAX) {
    const auto a = std::make_shared<TestPipe>(), b = std::make_shared<TestPipe>();
    return {std::make_unique<TestStream>(a, b, read_limit),
            std::make_unique<TestStream>(b, a, read_limit)};
  }

  Task<Result<std::size_t>> read(std::span<char> out, Deadline deadline) override {
    for (;;) {
      if (!in_->bytes.empty()) break;
      if (in_->aborted) co_return fail(ErrorCode::cancelled, "aborted");
      if (in_->ended) co_return std::size_t{0};
      in_->changed.clear();
      const bool in_time = co_await in_->changed.wait(deadline);
      if (!in_time) co_return fail(ErrorCode::deadline_exceeded, "too slow");
    }
    const std::size_t count = std::min({out.size(), in_->bytes.size(), read_limit_});
    std::copy_n(in_->bytes.data(), count, out.data());
    in_->bytes.erase(0, count);
    co_return count;
  }
  Task<Result<>> write(std::span<const std::string_view> pieces, Deadline) override {
    if (out_->aborted || out_->ended) co_return fail(ErrorCode::cancelled, "broken pipe");
    ++writes;
    for (const std::string_view piece : pieces) out_->bytes.append(piece);
    out_->changed.set();
    co_return Result<>{};
  }
  Task<Result<>> shutdown(Deadline) override {
    end();
    co_return Result<>{};
  }
  void abort() override {
    for (const auto& pipe : {in_, out_}) {
      pipe->aborted = true;
      pipe->changed.set();
    }
  }
  std::string peer_address() const override { return "127.0.0.1:50000"; }
  bool secure() const override { return false; }

  int writes = 0;

 private:
  void end() {
    out_->ended = true;
    out_->changed.set();
  }

  std::shared_ptr<TestPipe> in_;
  std::shared_ptr<TestPipe> out_;
  std::size_t read_limit_;
};

}  // namespace dyad::http
