#include "runtime/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>

#include <array>
#include <system_error>

#include "base/check.h"
#include "runtime/socket_error.h"

namespace dyad {

Error socket_error(std::string_view operation, int error_number) {
  const bool gone = error_number == ECONNRESET || error_number == EPIPE ||
                    error_number == ECONNABORTED || error_number == ENOTCONN ||
                    error_number == ETIMEDOUT;
  return Error(gone ? ErrorCode::cancelled : ErrorCode::io_error,
               std::string(operation) + ": " + std::system_category().message(error_number));
}

Error wait_error(Pollable::Outcome outcome) {
  if (outcome == Pollable::Outcome::deadline) {
    return Error(ErrorCode::deadline_exceeded, "the connection's deadline passed");
  }
  return Error(ErrorCode::cancelled, "the connection was closed on this side");
}

namespace {

bool would_block(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK;
}

/// The pieces of a write that are still to be sent.
class Unsent {
 public:
  explicit Unsent(std::span<const std::string_view> pieces) : pieces_(pieces) { skip_empty(); }

  bool empty() const { return pieces_.empty(); }

  /// One system call; the count of bytes it took, or -1 with errno.
  ssize_t send(int fd) const {
    std::array<iovec, TcpStream::kMaxPiecesPerCall> vectors;
    std::size_t count = 0;
    std::size_t skip = sent_of_first_;
    for (const std::string_view piece : pieces_) {
      if (count == vectors.size()) break;
      vectors[count++] = {const_cast<char*>(piece.data()) + skip, piece.size() - skip};
      skip = 0;
    }
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = count;
    return ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void consume(std::size_t bytes) {
    while (bytes > 0) {
      const std::size_t rest = pieces_.front().size() - sent_of_first_;
      if (bytes < rest) {
        sent_of_first_ += bytes;
        return;
      }
      bytes -= rest;
      sent_of_first_ = 0;
      pieces_ = pieces_.subspan(1);
    }
    skip_empty();
  }

 private:
  void skip_empty() {
    while (!pieces_.empty() && sent_of_first_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      sent_of_first_ = 0;
    }
  }

  std::span<const std::string_view> pieces_;
  std::size_t sent_of_first_ = 0;
};

}  // namespace

void configure_connection(int fd) {
  const int on = 1;
  // Our writes are whole messages; waiting for more to fill a segment only delays them.
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Finds peers that vanished without a word on connections without a deadline.
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

TcpStream::TcpStream(Reactor& reactor, UniqueFd fd, const SocketAddress& peer,
                     std::shared_ptr<void> lease)
    : lease_(std::move(lease)), socket_(reactor, std::move(fd)), peer_(peer) {}

bool TcpStream::should_yield() {
  if (++calls_without_yield_ < kMaxCallsWithoutYield) return false;
  calls_without_yield_ = 0;
  return true;
}

Task<Result<std::size_t>> TcpStream::read(std::span<char> out, Deadline deadline) {
  DYAD_CHECK(!out.empty());
  if (should_yield()) co_await resume_on(socket_.reactor());
  while (socket_.fd() >= 0) {
    if (!drained_) {
      const ssize_t count = ::recv(socket_.fd(), out.data(), out.size(), MSG_DONTWAIT);
      if (count >= 0) {
        // At the end there is nothing to wait for: keep answering zero at once.
        drained_ = count > 0 && static_cast<std::size_t>(count) < out.size();
        co_return static_cast<std::size_t>(count);
      }
      if (errno == EINTR) continue;
      if (!would_block(errno)) co_return fail(socket_error("recv"));
    }
    const Pollable::Outcome outcome = co_await socket_.readable(deadline);
    calls_without_yield_ = 0;
    if (outcome != Pollable::Outcome::ready) co_return fail(wait_error(outcome));
    drained_ = false;
  }
  co_return fail(wait_error(Pollable::Outcome::cancelled));
}

Task<Result<>> TcpStream::write(std::span<const std::string_view> pieces, Deadline deadline) {
  Unsent unsent(pieces);
  while (!unsent.empty()) {
    if (should_yield()) co_await resume_on(socket_.reactor());
    if (socket_.fd() < 0) co_return fail(wait_error(Pollable::Outcome::cancelled));
    const ssize_t count = unsent.send(socket_.fd());
    if (count >= 0) {
      unsent.consume(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (!would_block(errno)) co_return fail(socket_error("send"));
    const Pollable::Outcome outcome = co_await socket_.writable(deadline);
    calls_without_yield_ = 0;
    if (outcome != Pollable::Outcome::ready) co_return fail(wait_error(outcome));
  }
  co_return Result<>();
}

Task<Result<>> TcpStream::shutdown(Deadline) {
  if (socket_.fd() < 0) co_return fail(wait_error(Pollable::Outcome::cancelled));
  if (::shutdown(socket_.fd(), SHUT_WR) != 0) co_return fail(socket_error("shutdown"));
  co_return Result<>();
}

void TcpStream::abort() {
  socket_.close();
}

}  // namespace dyad
