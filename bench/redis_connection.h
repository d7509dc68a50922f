#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "key_choice.h"
#include "phase.h"
#include "runtime/reactor.h"
#include "runtime/stream.h"
#include "sample_data.h"

namespace dyad::bench {

/// Redis' protocol (RESP2) as far as GET, SET and PING need it.
class RedisConnection {
 public:
  static Task<Result<std::unique_ptr<RedisConnection>>> open(Reactor& reactor, std::string address);
  RedisConnection(std::unique_ptr<Stream> stream, const Clock& clock)
      : stream_(std::move(stream)), clock_(clock) {}

  /// Sends `command` as it is and reads one answer. conflict: it is an error, or longer than any
  /// that was asked for.
  Task<Result<>> exchange(const std::string& command);
  /// "+OK", or the bytes of a bulk string; valid until the next exchange.
  std::string_view answer() const { return answer_; }

 private:
  std::unique_ptr<Stream> stream_;
  const Clock& clock_;
  std::string buffer_;
  std::string_view answer_;
};

/// The whole answer at the start of `bytes`: 0: more is to come. `answer` is what it says, without
/// its frame.
std::size_t complete_redis_answer(std::string_view bytes, std::string_view& answer);

Task<Result<>> ask_redis_ping(Reactor& reactor, std::string address);

/// GET or SET of values as long as the items.
class RedisDriver final : public Driver {
 public:
  /// `pool` and `keys` outlive it.
  RedisDriver(std::unique_ptr<RedisConnection> connection, bool writes, const TextPool& pool,
              KeyChoice& keys)
      : connection_(std::move(connection)), writes_(writes), pool_(pool), keys_(keys) {}
  Task<Result<>> operate() override;

 private:
  std::unique_ptr<RedisConnection> connection_;
  const bool writes_;
  const TextPool& pool_;
  KeyChoice& keys_;
  std::string command_;
};

}  // namespace dyad::bench
