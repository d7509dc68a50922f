#include "runtime/listener.h"

#include <netinet/in.h>

#include "runtime/socket_error.h"
#include "runtime/tcp_stream.h"
#include "runtime/tls_stream.h"

namespace dyad {

struct Listener::Lease {
  explicit Lease(std::shared_ptr<Counts> c) : counts(std::move(c)) {
    counts->open.fetch_add(1, std::memory_order_relaxed);
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() { counts->open.fetch_sub(1, std::memory_order_relaxed); }

  std::shared_ptr<Counts> counts;
};

namespace {

Error bind_error(const std::string& address, std::string_view call) {
  const int error_number = errno;
  Error error = socket_error(call, error_number);
  if (error_number == EADDRINUSE) error.code = ErrorCode::already_exists;
  if (error_number == EADDRNOTAVAIL) error.code = ErrorCode::not_found;
  if (error_number == EACCES) error.code = ErrorCode::permission_denied;
  error.message = "listen on " + address + ": " + error.message;
  return error;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::bind(Reactor& reactor, std::string_view address,
                                                 const ListenOptions& options) {
  DYAD_TRY_ASSIGN(const HostPort host_port, HostPort::parse(address));
  DYAD_TRY_ASSIGN(const SocketAddress socket_address, SocketAddress::from_numeric(host_port));
  const std::string name = socket_address.to_string();

  const int family = socket_address.storage.ss_family;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail(bind_error(name, "socket"));
  // A restart must not wait for the last run's connections to time out. SO_REUSEPORT stays off:
  // with it a second server would share the port without a word.
  const int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return fail(bind_error(name, "setsockopt"));
  }
  if (::bind(fd.get(), socket_address.raw(), socket_address.length) != 0) {
    return fail(bind_error(name, "bind"));
  }
  if (::listen(fd.get(), options.backlog) != 0) return fail(bind_error(name, "listen"));
  return std::unique_ptr<Listener>(new Listener(reactor, std::move(fd), options));
}

Listener::Listener(Reactor& reactor, UniqueFd fd, const ListenOptions& options)
    : options_(options),
      max_connections_(options.max_connections),
      socket_(reactor, std::move(fd)) {
  address_ = SocketAddress::local_of(socket_.fd());
}

Task<Result<Listener::Connection>> Listener::accept_connection() {
  while (socket_.fd() >= 0) {
    Connection connection;
    connection.peer.length = sizeof connection.peer.storage;
    connection.fd = UniqueFd(::accept4(socket_.fd(), connection.peer.raw(), &connection.peer.length,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection.fd) {
      if (connections() >= max_connections_.load(std::memory_order_relaxed)) {
        counts_->rejected.fetch_add(1, std::memory_order_relaxed);
        continue;
      }
      counts_->accepted.fetch_add(1, std::memory_order_relaxed);
      connection.lease = std::make_shared<Lease>(counts_);
      configure_connection(connection.fd.get());
      co_return connection;
    }
    switch (errno) {
      case EAGAIN: {
        const Pollable::Outcome outcome = co_await socket_.readable(Deadline::never());
        if (outcome != Pollable::Outcome::ready) co_return fail(wait_error(outcome));
        break;
      }
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        // The connection stays in the backlog and readiness would be told again and again; rest
        // instead, until some connection has ended.
        co_await SleepUntil(socket_.reactor().clock().steady_us() + kExhaustedRestUs);
        break;
      case EBADF:
      case EFAULT:
      case EINVAL:
      case ENOTSOCK:
      case EOPNOTSUPP:
        co_return fail(socket_error("accept"));
      default:
        break;  // accept(2): errors of the connection that was to be accepted; take the next.
    }
  }
  co_return fail(wait_error(Pollable::Outcome::cancelled));
}

std::unique_ptr<Stream> Listener::make_stream(Reactor& reactor, Connection connection) const {
  auto tcp = std::make_unique<TcpStream>(reactor, std::move(connection.fd), connection.peer,
                                         std::move(connection.lease));
  if (options_.tls == nullptr) return tcp;
  return make_tls_server_stream(std::move(tcp), *options_.tls);
}

Task<Result<std::unique_ptr<Stream>>> Listener::accept() {
  DYAD_CO_TRY_ASSIGN(Connection connection, co_await accept_connection());
  co_return make_stream(socket_.reactor(), std::move(connection));
}

Task<void> Listener::hand_over(Reactor& reactor, Connection connection, const Handler& handler) {
  std::unique_ptr<Stream> stream = make_stream(reactor, std::move(connection));
  co_await handler(std::move(stream));
}

Task<Result<>> Listener::serve(Reactors& reactors, const Handler& handler) {
  while (true) {
    DYAD_CO_TRY_ASSIGN(Connection connection, co_await accept_connection());
    Reactor& reactor = reactors.next();
    reactor.spawn(hand_over(reactor, std::move(connection), handler));
  }
}

}  // namespace dyad
