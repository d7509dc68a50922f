#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "crypto/request_view.h"
#include "protocol/operation.h"
#include "protocol/query_string.h"

namespace dyad::protocol {

/// A request to a REST service, taken apart. Nothing is owned.
struct RestRequest {
  struct PathParameter {
    std::string_view name;   ///< "Bucket", "Key".
    std::string_view value;  ///< Decoded.
  };
  std::span<const PathParameter> path;
  std::span<const QueryParameter> query;
  std::span<const crypto::HeaderView> headers;
  /// The whole body; empty for operations whose body is a stream (Operation::streaming_input).
  std::string_view body;
};

/// Parses a request of `operation` into the struct at `out`, which is new: path, query, headers,
/// and the XML document. Values that the model does not allow are answered as the overlay says,
/// otherwise kept. Service errors: InvalidArgument and what the overlay names, MalformedXML.
Result<> parse_rest(const Operation& operation, const RestRequest& request, void* out);

template <class T>
Result<T> parse_rest(const Operation& operation, const RestRequest& request) {
  T out{};
  DYAD_TRY(parse_rest(operation, request, &out));
  return out;
}

/// An answer without its body, if that is a stream.
struct RestResponse {
  std::uint16_t status = 200;
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< Bound members, content-type of XML.
  std::string body;
};

/// Renders an operation's output. Headers hold no control characters, whatever the members hold.
RestResponse render_rest(const Operation& operation, const void* output);

}  // namespace dyad::protocol
