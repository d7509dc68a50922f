#pragma once

#include <array>
#include <string>

#include "gateway/shared.h"
#include "http/connection.h"

namespace dyad::gateway {

/// Answers to requests that are refused by their head because there are too many: SlowDown of S3,
/// ThrottlingException of DynamoDB, Throttling of the query services, which every SDK tries again.
/// They are rendered once; an answer takes a request id and one write. Used by one reactor.
class Refusals {
 public:
  explicit Refusals(Random& random);

  /// Nothing of its body was read; what the connection does not drain ends it, as with any answer.
  Task<void> answer(const http::RequestHead& head, http::ResponseWriter& response);

 private:
  struct Text {
    std::uint16_t status = 0;
    std::string before_id;
    std::string after_id;  ///< What comes behind the request's id, where the body names it.
    std::string content_type;
    std::string_view id_header;
    std::size_t id_characters = 0;
    bool names_id = false;
    bool is_s3 = false;
  };
  static Text render(const protocol::ServiceInfo& service);
  const Text& text_for(const http::RequestHead& head) const;

  Random& random_;
  const Text s3_;
  const Text dynamodb_;
  const Text sts_;
};

}  // namespace dyad::gateway
