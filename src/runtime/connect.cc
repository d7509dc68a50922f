#include "runtime/connect.h"

#include <cerrno>

#include "runtime/pollable.h"
#include "runtime/socket_address.h"
#include "runtime/socket_error.h"
#include "runtime/tcp_stream.h"
#include "runtime/tls_stream.h"

namespace dyad {
namespace {

Task<Result<SocketAddress>> find_address(const HostPort& host_port, WorkerPool* resolver) {
  Result<SocketAddress> numeric = SocketAddress::from_numeric(host_port);
  if (numeric || resolver == nullptr) co_return numeric;
  const auto resolve = [host_port] { return SocketAddress::resolve(host_port); };
  co_return co_await resolver->run(resolve);
}

Error connect_error(const std::string& address, int error_number) {
  Error error = socket_error("connect to " + address, error_number);
  const bool unreachable =
      error_number == ECONNREFUSED || error_number == EHOSTUNREACH || error_number == ENETUNREACH;
  if (unreachable) error.code = ErrorCode::cancelled;
  return error;
}

int pending_error(int fd) {
  int error_number = 0;
  socklen_t length = sizeof error_number;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error_number, &length) != 0) return errno;
  return error_number;
}

/// Connects and gives the descriptor back, no longer watched.
Task<Result<UniqueFd>> connect_socket(Reactor& reactor, const SocketAddress& peer,
                                      const std::string& address, Deadline deadline) {
  const int family = peer.storage.ss_family;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) co_return fail(connect_error(address, errno));
  if (::connect(fd.get(), peer.raw(), peer.length) == 0) co_return fd;
  // An interrupted connect goes on in the background, as one that would block does.
  if (errno != EINPROGRESS && errno != EINTR) co_return fail(connect_error(address, errno));

  Pollable pollable(reactor, std::move(fd));
  const Pollable::Outcome outcome = co_await pollable.writable(deadline);
  if (outcome != Pollable::Outcome::ready) co_return fail(wait_error(outcome));
  const int error_number = pending_error(pollable.fd());
  if (error_number != 0) co_return fail(connect_error(address, error_number));
  co_return pollable.release();
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> connect(Reactor& reactor, std::string address,
                                              ConnectOptions options, Deadline deadline) {
  DYAD_CO_TRY_ASSIGN(const HostPort host_port, HostPort::parse(address));
  DYAD_CO_TRY_ASSIGN(const SocketAddress peer, co_await find_address(host_port, options.resolver));
  DYAD_CO_TRY_ASSIGN(UniqueFd fd, co_await connect_socket(reactor, peer, address, deadline));
  configure_connection(fd.get());
  std::unique_ptr<Stream> tcp = std::make_unique<TcpStream>(reactor, std::move(fd), peer);
  if (options.tls == nullptr) co_return tcp;
  co_return make_tls_client_stream(std::move(tcp), *options.tls, host_port.host);
}

}  // namespace dyad
