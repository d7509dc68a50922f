#include "http/server.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "runtime/sync_wait.h"

namespace dyad::http {

Server::Server(Reactors& reactors, const Clock& clock,
               std::function<Handler&(std::size_t)> handler_of, ServerOptions options)
    : reactors_(reactors),
      clock_(clock),
      options_(std::move(options)),
      head_memory_(options_.head_memory_bytes),
      slots_(reactors.size()) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].reactor = &reactors_[i];
    slots_[i].handler = &handler_of(i);
    slots_[i].head_memory = std::make_unique<LocalBudget>(head_memory_);
  }
  handle_connection_ = [this](std::unique_ptr<Stream> stream) { return serve(std::move(stream)); };
}

Server::~Server() {
  DYAD_CHECK(listener_ == nullptr);
}

std::string Server::address() const {
  return listener_->address();
}

Server::Slot& Server::slot_of_this_thread() {
  for (Slot& slot : slots_)
    if (slot.reactor == Executor::current()) return slot;
  check_failed("a connection is served outside the server's reactors", __FILE__, __LINE__);
}

Task<void> Server::serve(std::unique_ptr<Stream> stream) {
  const auto pass = gate_.enter();
  if (!pass) co_return;
  if (options_.admit && !options_.admit(*stream)) {
    not_admitted_.fetch_add(1, std::memory_order_relaxed);
    co_return;
  }
  Slot& slot = slot_of_this_thread();
  Connection connection(std::move(stream), *slot.handler, clock_, options_.connection,
                        *slot.head_memory);
  const auto place = slot.connections.insert(slot.connections.end(), &connection);
  if (slot.stopping) connection.stop();
  co_await connection.run();
  slot.connections.erase(place);
}

Task<Result<>> Server::accept_loop() {
  co_return co_await listener_->serve(reactors_, handle_connection_);
}

Result<> Server::start(std::string_view address) {
  Reactor& reactor = reactors_[0];
  DYAD_TRY_ASSIGN(listener_, Listener::bind(reactor, address, options_.listen));
  // The loop outlives this call; the gate tells when it has ended.
  auto pass = std::make_shared<Gate::Pass>(std::move(*accepting_.enter()));
  const auto loop = [](Server& server, std::shared_ptr<Gate::Pass> held) -> Task<void> {
    const Result<> ended = co_await server.accept_loop();
    if (!ended && ended.error().code != ErrorCode::cancelled)
      log::error("accepting connections ended", "error={}", ended.error().to_string());
    held.reset();
  };
  reactor.spawn(loop(*this, std::move(pass)));
  return {};
}

Task<void> Server::close_listener() {
  listener_->close();
  co_return;
}

Task<void> Server::for_each(Slot& slot, void (Connection::*action)()) {
  slot.stopping = true;
  for (Connection* connection : slot.connections) (connection->*action)();
  co_return;
}

Task<void> Server::close_gate() {
  co_await gate_.close();
}

void Server::stop(std::int64_t grace_ms) {
  if (listener_ == nullptr) return;
  Reactor& reactor = reactors_[0];
  sync_wait(reactor, close_listener());
  sync_wait(reactor, accepting_.close());
  for (Slot& slot : slots_) sync_wait(*slot.reactor, for_each(slot, &Connection::stop));

  // A thread of its own cuts off what outlasts the grace; it is told when nothing is left.
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  std::jthread cutter([&] {
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, std::chrono::milliseconds(grace_ms), [&] { return over; })) return;
    lock.unlock();
    for (Slot& slot : slots_) sync_wait(*slot.reactor, for_each(slot, &Connection::abort));
  });
  sync_wait(reactor, close_gate());
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  changed.notify_one();
  cutter.join();
  listener_.reset();
}

}  // namespace dyad::http
