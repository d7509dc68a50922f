#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/pollable.h"
#include "runtime/reactor.h"
#include "runtime/socket_address.h"
#include "runtime/stream.h"
#include "runtime/tls_context.h"

namespace dyad {

struct ListenOptions {
  /// Connections the kernel completes before we accept them (it caps this by net.core.somaxconn).
  int backlog = 1024;
  /// Streams alive at a time; a connection above it is accepted and closed at once, so that its
  /// client learns of it instead of waiting.
  std::size_t max_connections = 10'000;
  /// Set: every connection speaks TLS. The handshake happens in the stream's first read or write,
  /// so that a slow client holds up nobody.
  std::shared_ptr<TlsServerContext> tls;
};

/// A listening socket of one reactor.
class Listener {
 public:
  /// How long accepting rests when descriptors or memory run out.
  static constexpr std::int64_t kExhaustedRestUs = 20'000;

  /// `address`: "127.0.0.1:4566", "[::]:4566", "localhost:0". Port 0: the system chooses. From any
  /// thread. already_exists: another process listens there; invalid_argument, not_found: the
  /// address is not one.
  static Result<std::unique_ptr<Listener>> bind(Reactor& reactor, std::string_view address,
                                                const ListenOptions& options);

  /// The next connection, as a stream of this listener's reactor, which calls this. `cancelled`
  /// after close(); any other error is final too. One call at a time.
  Task<Result<std::unique_ptr<Stream>>> accept();

  /// Runs `handler` for each connection, on the reactors in turn, until close(). The handlers may
  /// still run when this returns: `handler` and what it refers to must outlive them (count them
  /// with a Gate). On this listener's reactor.
  using Handler = std::function<Task<void>(std::unique_ptr<Stream>)>;
  Task<Result<>> serve(Reactors& reactors, const Handler& handler);

  /// On the reactor's thread. Destroy the listener only when accept() or serve() has returned.
  void close() { socket_.close(); }

  /// ListenOptions::max_connections from now on; who is connected stays. From any thread.
  void set_max_connections(std::size_t count) {
    max_connections_.store(count, std::memory_order_relaxed);
  }

  std::string address() const { return address_.to_string(); }  ///< With the port chosen.
  std::uint16_t port() const { return address_.port(); }
  // From any thread:
  std::size_t connections() const { return counts_->open.load(std::memory_order_relaxed); }
  std::uint64_t accepted() const { return counts_->accepted.load(std::memory_order_relaxed); }
  std::uint64_t rejected() const { return counts_->rejected.load(std::memory_order_relaxed); }

 private:
  struct Counts {
    std::atomic<std::size_t> open{0};
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> rejected{0};
  };
  struct Lease;
  struct Connection {
    UniqueFd fd;
    SocketAddress peer;
    std::shared_ptr<void> lease;
  };

  Listener(Reactor& reactor, UniqueFd fd, const ListenOptions& options);
  Task<Result<Connection>> accept_connection();
  std::unique_ptr<Stream> make_stream(Reactor& reactor, Connection connection) const;
  Task<void> hand_over(Reactor& reactor, Connection connection, const Handler& handler);

  ListenOptions options_;
  std::atomic<std::size_t> max_connections_;
  Pollable socket_;
  SocketAddress address_;
  std::shared_ptr<Counts> counts_ =
      std::make_shared<Counts>();  ///< Streams may outlive the listener.
};

}  // namespace dyad
