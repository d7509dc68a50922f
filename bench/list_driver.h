#pragma once

#include <memory>
#include <string>

#include "http_connection.h"
#include "phase.h"

namespace dyad::bench {

/// What ListObjectsV2 answered, as far as a walk over the bucket needs it.
struct ListedPage {
  std::uint64_t count = 0;  ///< KeyCount: keys and common prefixes.
  std::string next;         ///< Token of the next page; empty: this was the last.
};
/// conflict: it is no such answer.
Result<ListedPage> read_listed_page(std::string_view body);
/// For a query string.
std::string percent_encoded(std::string_view text);

/// Walks over a bucket page by page, and begins anew at its end. The unit is a key or a prefix.
class ListDriver final : public Driver {
 public:
  ListDriver(std::unique_ptr<HttpConnection> connection, std::string_view bucket, bool delimited);
  Task<Result<>> operate() override;
  std::uint64_t units() const override { return page_.count; }
  std::uint64_t in_walk() const { return in_walk_; }
  /// The last page was the last of its walk.
  bool at_end() const { return page_.next.empty(); }

 private:
  std::unique_ptr<HttpConnection> connection_;
  const std::string start_;
  HttpRequest request_;
  HttpAnswer answer_;
  ListedPage page_;
  std::uint64_t in_walk_ = 0;  ///< Counted since the first page.
};

}  // namespace dyad::bench
