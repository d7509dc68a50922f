#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/object_url.h"
#include "auth/authorizer.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "http/body.h"
#include "http/message.h"
#include "protocol/aws_chunked.h"
#include "protocol/operation.h"

namespace dyad::api {

/// What a handler knows of its request beside the operation's input, and what it may say beside its
/// output. Lives as long as the handler's task.
struct RequestContext {
  const protocol::Operation* operation = nullptr;
  const auth::Principal* principal = nullptr;
  std::string_view region;
  std::string_view account_id;
  std::string_view request_id;
  const Clock* clock = nullptr;
  /// Already passed for what the operation names (OperationHandler::accesses); to be asked again
  /// for parts that are refused one by one. Null: everything is allowed (tests of handlers).
  const auth::AccessGate* access = nullptr;
  Deadline deadline;

  ClientAddress address;
  /// As they came, for what no input has a member for. Empty: not told.
  std::span<const http::Header> headers;
  /// The body of an operation whose input is a document, as its digests were taken over it.
  std::string_view document;
  /// Streaming input: the body, decoded, checked against its signature as it is read. Never null
  /// then.
  http::BodyReader* body = nullptr;
  /// The trailers that the request announces (x-amz-trailer); empty: none.
  std::string_view announced_trailers;
  /// Their names, in lower case, and values; complete once `body` has told its end. Null: none.
  const std::vector<protocol::AwsTrailer>* trailers = nullptr;

  // For the answer:

  /// Streaming output: its body. Null: none.
  std::unique_ptr<http::BodyReader> reply_body;
  /// In place of the operation's own (206 of a range). 0: the operation's own.
  std::uint16_t status = 0;
};

}  // namespace dyad::api
