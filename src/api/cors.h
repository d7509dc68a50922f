#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"

namespace dyad::api {

/// What of a request matters to cross-origin resource sharing (the Fetch standard, "CORS
/// protocol"). Points into the request, which outlives the answer.
struct CorsRequest {
  std::string_view bucket;                       ///< Empty: the service itself.
  bool of_object = false;                        ///< Something in the bucket.
  std::string_view method;                       ///< Of the request itself; OPTIONS of a preflight.
  std::string_view origin;                       ///< Empty: there is none.
  std::optional<std::string_view> asked_method;  ///< Access-Control-Request-Method.
  std::optional<std::string_view> asked_headers;  ///< Access-Control-Request-Headers.
  Deadline deadline;
};

/// Access-Control-* and Vary.
using CorsHeaders = std::vector<std::pair<std::string, std::string>>;

/// Which pages of other origins a service lets read its answers. Used by all reactors; asked before
/// a request is authenticated, so that a page can read an error, too: it tells of nothing but its
/// own rules.
class CorsPolicy {
 public:
  virtual ~CorsPolicy() = default;
  /// What a preflight request (OPTIONS) is answered with; errors in the service's words.
  virtual Task<Result<CorsHeaders>> preflight(CorsRequest request) const = 0;
  /// What the answer to any other request, of `request.origin`, says beside itself; may be nothing.
  virtual Task<CorsHeaders> allowed(CorsRequest request) const = 0;
};

}  // namespace dyad::api
