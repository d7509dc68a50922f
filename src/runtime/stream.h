#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"

namespace dyad {

/// A connected byte stream (TCP, or TLS over it). Used on the executor that accepted or connected
/// it. One read and one write may be under way at a time. A deadline that passes ends the call with
/// deadline_exceeded and the stream is of no further use.
class Stream {
 public:
  virtual ~Stream() = default;
  /// At least one byte, or zero at the orderly end.
  virtual Task<Result<std::size_t>> read(std::span<char> out, Deadline deadline) = 0;
  /// All of the pieces, in order, in as few system calls as can be.
  virtual Task<Result<>> write(std::span<const std::string_view> pieces, Deadline deadline) = 0;
  /// Sends what is buffered and says that no more follows. Reads still work.
  virtual Task<Result<>> shutdown(Deadline deadline) = 0;
  /// Ends the call under way with `cancelled` and closes.
  virtual void abort() = 0;
  virtual std::string peer_address() const = 0;  ///< "127.0.0.1:50312".
  virtual bool secure() const = 0;
};

}  // namespace dyad
