#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/connection.h"
#include "http/memory_budget.h"
#include "runtime/gate.h"
#include "runtime/listener.h"
#include "runtime/reactor.h"

namespace dyad::http {

struct ServerOptions {
  ConnectionOptions connection;
  ListenOptions listen;  ///< Connection limit and TLS.
  /// What the heads of all connections may take together, beyond the 4 KiB that each may: those of
  /// requests under way and those that are not all there yet. Over it, a large head gets a 503.
  std::size_t head_memory_bytes = 64u << 20;
  /// Asked of each new connection, before TLS; false closes it. On any reactor. Null: all are let
  /// in.
  std::function<bool(const Stream&)> admit;
};

/// Listens on one address and serves its connections on all reactors. Started and stopped from a
/// thread that is no reactor's.
class Server {
 public:
  /// `handler_of(i)`: who answers on reactor i; asked once for each, at construction. Handlers and
  /// reactors outlive the server.
  Server(Reactors& reactors, const Clock& clock, std::function<Handler&(std::size_t)> handler_of,
         ServerOptions options);
  /// stop() was called, or start() never or without success.
  ~Server();

  /// Errors: as Listener::bind().
  Result<> start(std::string_view address);
  std::string address() const;  ///< With the port chosen; after start().

  /// ListenOptions::max_connections from now on; after start(), before stop().
  void set_max_connections(std::size_t count) { listener_->set_max_connections(count); }

  /// No new connections; idle ones end, those with a request under way after it. What is still
  /// there after `grace_ms` is cut off. Returns when all are gone.
  void stop(std::int64_t grace_ms);

  std::size_t connections() const { return gate_.inside(); }
  std::uint64_t rejected() const { return listener_ ? listener_->rejected() : 0; }
  const MemoryBudget& head_memory() const { return head_memory_; }
  std::uint64_t not_admitted() const { return not_admitted_.load(std::memory_order_relaxed); }

 private:
  /// What one reactor serves; touched on its thread only.
  struct Slot {
    Reactor* reactor = nullptr;
    Handler* handler = nullptr;
    std::unique_ptr<LocalBudget> head_memory;
    std::list<Connection*> connections;
    bool stopping = false;
  };

  Slot& slot_of_this_thread();
  Task<void> serve(std::unique_ptr<Stream> stream);
  Task<Result<>> accept_loop();
  Task<void> close_listener();
  Task<void> for_each(Slot& slot, void (Connection::*action)());
  Task<void> close_gate();

  Reactors& reactors_;
  const Clock& clock_;
  ServerOptions options_;
  MemoryBudget head_memory_;
  std::vector<Slot> slots_;
  std::unique_ptr<Listener> listener_;
  Listener::Handler handle_connection_;
  Gate gate_;       ///< Connections.
  Gate accepting_;  ///< The accept loop.
  std::atomic<std::uint64_t> not_admitted_{0};
};

}  // namespace dyad::http
