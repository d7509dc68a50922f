#pragma once

#include <memory>

#include "runtime/pollable.h"
#include "runtime/socket_address.h"
#include "runtime/stream.h"

namespace dyad {

/// A TCP connection. Each call tries the system call at once and waits only when it would block; a
/// deadline costs a timer only while waiting. The peer's going away (reset, broken pipe) is
/// `cancelled`.
class TcpStream final : public Stream {
 public:
  /// Pieces handed to the kernel in one call; more take several.
  static constexpr std::size_t kMaxPiecesPerCall = 64;
  /// Reads and sends in a row that did not have to wait; then the reactor's others get a turn.
  static constexpr int kMaxCallsWithoutYield = 32;

  /// `fd`: connected, non-blocking. `lease` is held as long as the stream lives (the listener
  /// counts its connections by it).
  TcpStream(Reactor& reactor, UniqueFd fd, const SocketAddress& peer,
            std::shared_ptr<void> lease = nullptr);

  Task<Result<std::size_t>> read(std::span<char> out, Deadline deadline) override;
  Task<Result<>> write(std::span<const std::string_view> pieces, Deadline deadline) override;
  Task<Result<>> shutdown(Deadline deadline) override;
  void abort() override;
  std::string peer_address() const override { return peer_.to_string(); }
  bool secure() const override { return false; }

 private:
  /// A fast peer must not keep the reactor to itself.
  bool should_yield();

  std::shared_ptr<void> lease_;  // First, so that the descriptor is closed before it is given back.
  Pollable socket_;
  SocketAddress peer_;
  /// The last read took all there was, so a try would most likely be in vain.
  bool drained_ = true;
  int calls_without_yield_ = 0;
};

/// No delay, and what else every connection of ours gets.
void configure_connection(int fd);

}  // namespace dyad
