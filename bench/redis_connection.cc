#include "redis_connection.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "runtime/connect.h"

namespace dyad::bench {
namespace {

constexpr std::int64_t kTimeoutMs = 60'000;
constexpr std::size_t kMaxAnswerBytes = 1u << 20;
constexpr std::size_t kReadBytes = 8192;

}  // namespace

std::size_t complete_redis_answer(std::string_view bytes, std::string_view& answer) {
  const std::size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos) return 0;
  answer = bytes.substr(0, line_end);
  if (!bytes.starts_with('$')) return line_end + 2;
  std::int64_t length = -1;
  std::from_chars(bytes.data() + 1, bytes.data() + line_end, length);
  if (length < 0) return line_end + 2;  // "$-1": there is no such key.
  const std::size_t end = line_end + 2 + static_cast<std::size_t>(length);
  if (bytes.size() < end + 2) return 0;
  answer = bytes.substr(line_end + 2, static_cast<std::size_t>(length));
  return end + 2;
}

Task<Result<std::unique_ptr<RedisConnection>>> RedisConnection::open(Reactor& reactor,
                                                                     std::string address) {
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<Stream> stream,
                     co_await connect(reactor, address, ConnectOptions(),
                                      Deadline::after_ms(reactor.clock(), kTimeoutMs)));
  co_return std::make_unique<RedisConnection>(std::move(stream), reactor.clock());
}

Task<Result<>> RedisConnection::exchange(const std::string& command) {
  const std::string_view pieces[] = {command};
  const Deadline deadline = Deadline::after_ms(clock_, kTimeoutMs);
  DYAD_CO_TRY(co_await stream_->write(pieces, deadline));
  std::size_t filled = 0;
  for (;;) {
    if (buffer_.size() < filled + kReadBytes) buffer_.resize(filled + kReadBytes);
    const std::span<char> rest(buffer_.data() + filled, buffer_.size() - filled);
    DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await stream_->read(rest, deadline));
    filled += got;
    if (got == 0) co_return fail(ErrorCode::cancelled, "redis closed the connection");
    const std::string_view bytes(buffer_.data(), filled);
    if (complete_redis_answer(bytes, answer_) > 0) break;
    if (filled > kMaxAnswerBytes)
      co_return fail(ErrorCode::conflict, "redis' answer is longer than what was asked for");
  }
  if (answer_.starts_with('-')) co_return fail(ErrorCode::conflict, std::string(answer_));
  co_return Result<>();
}

Task<Result<>> ask_redis_ping(Reactor& reactor, std::string address) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<RedisConnection> connection,
                     co_await RedisConnection::open(reactor, address));
  DYAD_CO_TRY(co_await connection->exchange("*1\r\n$4\r\nPING\r\n"));
  co_return Result<>();
}

Task<Result<>> RedisDriver::operate() {
  const std::uint64_t number = keys_.next();
  command_.clear();
  if (writes_) {
    fmt::format_to(std::back_inserter(command_), "*3\r\n$3\r\nSET\r\n$15\r\nitem-{:010}\r\n${}\r\n",
                   number, kItemBytes);
    command_.append(pool_.cut(keys_.random(), kItemBytes)).append("\r\n");
  } else {
    fmt::format_to(std::back_inserter(command_), "*2\r\n$3\r\nGET\r\n$15\r\nitem-{:010}\r\n",
                   number);
  }
  DYAD_CO_TRY(co_await connection_->exchange(command_));
  const std::string_view answer = connection_->answer();
  const bool right = writes_ ? answer == "+OK" : answer.size() == kItemBytes;
  if (!right) {
    co_return fail(ErrorCode::conflict, fmt::format("redis' answer: {}", answer.substr(0, 100)));
  }
  co_return Result<>();
}

}  // namespace dyad::bench
