#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/body.h"
#include "http/buffered_input.h"
#include "http/head_parser.h"
#include "http/memory_budget.h"
#include "http/message_body.h"
#include "http/pace.h"
#include "http/response_writer.h"
#include "runtime/stream.h"

namespace dyad::http {

/// What a handler gets of a request. Valid until it returns.
struct Request {
  const RequestHead& head;
  BodyReader& body;  ///< What is not read is drained, or ends the connection.
  const Stream& stream;
};

/// Answers requests. One handler serves many connections, one request of each at a time.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Writes one answer and returns when it is out. What fails in writing needs no further care.
  virtual Task<void> handle(Request& request, ResponseWriter& response) = 0;
  /// The body of an answer to a request that could not be read: `status` and what was wrong.
  virtual std::string describe(HeadError error, ResponseWriter& response);
};

struct ConnectionOptions {
  HeadLimits head;
  std::int64_t idle_timeout_ms = 75'000;  ///< Between requests.
  std::int64_t head_timeout_ms = 20'000;  ///< From a head's first byte to its last.
  PaceLimits pace;                        ///< Of bodies, both ways.
  /// How much of an unread body is read after an answer, to keep the connection.
  std::uint64_t drain_bytes = 256 * 1024;
  /// After an answer that ends the connection, what its client still sends is swallowed for so
  /// long, or a reset would overtake the answer (RFC 9112, 9.6).
  std::int64_t linger_ms = 2'000;
  std::uint64_t linger_bytes = 16 * 1024 * 1024;
};

/// One connection of the server: reads requests one after the other, whatever was sent ahead, and
/// has each answered before the next. On the stream's executor.
class Connection {
 public:
  /// `head_memory`: of which all connections of this executor have what their heads take beyond the
  /// 4 KiB that each may. Outlives the connection.
  Connection(std::unique_ptr<Stream> stream, Handler& handler, const Clock& clock,
             const ConnectionOptions& options, LocalBudget& head_memory);

  /// Until the connection is over.
  Task<void> run();
  /// Ends it after the request that is being served; at once if there is none.
  void stop();
  /// Ends it now.
  void abort() { stream_->abort(); }

 private:
  enum class Next : std::uint8_t { request, refused, gone };

  /// Between requests: what an unusually large head took.
  void give_back_memory();
  /// Of what is buffered, the first `head_bytes` are a head: into `head_`.
  HeadError take_head(std::size_t head_bytes);
  Task<Next> read_head();
  Task<void> refuse(HeadError error);
  /// True: another request may follow.
  Task<bool> serve();
  Task<bool> finish_exchange();
  Task<void> linger();

  std::unique_ptr<Stream> stream_;
  Handler& handler_;
  const Clock& clock_;
  const ConnectionOptions& options_;
  BudgetShare memory_;  ///< What heads take beyond what each connection may.
  BufferedInput input_;
  std::string head_text_;
  RequestHead head_;
  std::size_t head_memory_bytes_ = 0;  ///< Of memory_: for head_text_ and head_.
  HeadScanner scanner_;
  MessageBody body_;
  ResponseWriter response_;
  bool idle_ = false;
  bool stopping_ = false;
};

}  // namespace dyad::http
