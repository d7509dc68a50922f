#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/memory_budget.h"
#include "runtime/task.h"

namespace dyad::http {

/// The bytes of a message's body, pulled: whoever does not read holds up the sender, and no one
/// else. One read at a time. After an error the body is of no further use, and every read gives an
/// error.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  /// At least one byte, or zero at the end (again and again). `out` is not empty. Errors:
  /// cancelled: the body ended before its announced length; invalid_argument: its framing is
  /// broken; deadline_exceeded: it comes too slowly; too_large: a limit.
  virtual Task<Result<std::size_t>> read(std::span<char> out) = 0;
  /// How many bytes there are in all, when that was announced.
  virtual std::optional<std::uint64_t> length() const = 0;
  /// All of it, where it lies in memory already: valid while the reader is, for whoever has not
  /// read anything yet and does not mean to. None: it has to be read.
  virtual std::optional<std::string_view> in_memory() const { return std::nullopt; }
};

/// The whole body; too_large when it has more than `limit_bytes`, found out before they are kept.
Task<Result<std::string>> read_all(BodyReader& body, std::size_t limit_bytes);
/// The same within a budget: `overloaded` before memory is taken that is not there. `share` holds
/// what the body takes and outlives it.
Task<Result<std::string>> read_all(BodyReader& body, std::size_t limit_bytes, BudgetShare& share);

/// The end, after the announced length was read: a body tells it only when it is whole and what was
/// signed. Its own errors; internal: there is more.
Task<Result<>> expect_end(BodyReader& body);

/// Reads on to the end, at most `limit_bytes`; false: there is more, or it failed.
Task<bool> discard(BodyReader& body, std::uint64_t limit_bytes);

/// A body in memory.
class StringBody final : public BodyReader {
 public:
  explicit StringBody(std::string_view bytes) : rest_(bytes), length_(bytes.size()) {}
  Task<Result<std::size_t>> read(std::span<char> out) override;
  std::optional<std::uint64_t> length() const override { return length_; }
  std::optional<std::string_view> in_memory() const override { return rest_; }

 private:
  std::string_view rest_;
  std::uint64_t length_;
};

}  // namespace dyad::http
