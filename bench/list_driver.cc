#include "list_driver.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace dyad::bench {
namespace {

/// What stands between `<name>` and `</name>`; empty: they are not there.
std::string_view element(std::string_view body, std::string_view name) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  const std::size_t begin = body.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t from = begin + open.size();
  const std::size_t end = body.find(close, from);
  if (end == std::string_view::npos) return {};
  return body.substr(from, end - from);
}

}  // namespace

Result<ListedPage> read_listed_page(std::string_view body) {
  ListedPage page;
  const std::string_view count = element(body, "KeyCount");
  const auto read = std::from_chars(count.data(), count.data() + count.size(), page.count);
  const std::string_view truncated = element(body, "IsTruncated");
  if (count.empty() || read.ptr != count.data() + count.size())
    return fail(ErrorCode::conflict, fmt::format("no page of keys: {}", body.substr(0, 300)));
  if (truncated == "true") page.next = element(body, "NextContinuationToken");
  if ((truncated == "true") == page.next.empty())
    return fail(ErrorCode::conflict, "a page does not say how it goes on");
  return page;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

ListDriver::ListDriver(std::unique_ptr<HttpConnection> connection, std::string_view bucket,
                       bool delimited)
    : connection_(std::move(connection)),
      start_(fmt::format("/{}?list-type=2{}", bucket, delimited ? "&delimiter=%2F" : "")) {
  request_.method = "GET";
}

Task<Result<>> ListDriver::operate() {
  request_.target = start_;
  if (page_.next.empty()) {
    in_walk_ = 0;
  } else {
    request_.target += "&continuation-token=" + percent_encoded(page_.next);
  }
  DYAD_CO_TRY(co_await connection_->exchange(request_, answer_));
  if (answer_.status != 200) co_return fail(unexpected_answer(answer_.status, answer_.body()));
  DYAD_CO_TRY_ASSIGN(page_, read_listed_page(answer_.body()));
  in_walk_ += page_.count;
  co_return Result<>();
}

}  // namespace dyad::bench
