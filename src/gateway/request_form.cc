#include "gateway/request_form.h"

#include <algorithm>
#include <array>

#include "crypto/query_parameters.h"

namespace dyad::gateway {
namespace {

std::string_view before(std::string_view text, char end) {
  return text.substr(0, text.find(end));
}

/// How the operations begin that only read, DynamoDB's and this server's own; others are taken for
/// writes.
constexpr std::array<std::string_view, 7> kReads = {
    "BatchGet", "Describe", "Get", "List", "Query", "Scan", "TransactGet",
};

bool names_read(std::string_view target) {
  const std::string_view operation = target.substr(target.rfind('.') + 1);
  return std::ranges::any_of(kReads,
                             [&](std::string_view read) { return operation.starts_with(read); });
}

}  // namespace

std::string_view claimed_access_key(const http::RequestHead& head, std::string& kept) {
  const std::string_view authorization = head.value("authorization");
  constexpr std::string_view version_4 = "Credential=";
  if (const std::size_t at = authorization.find(version_4); at != std::string_view::npos)
    return before(authorization.substr(at + version_4.size()), '/');
  constexpr std::string_view version_2 = "AWS ";
  if (authorization.starts_with(version_2))
    return before(authorization.substr(version_2.size()), ':');
  if (head.query.empty()) return {};
  if (auto credential = crypto::query_parameter(head.query, "X-Amz-Credential")) {
    kept = std::move(*credential);
    return before(kept, '/');
  }
  kept = crypto::query_parameter(head.query, "AWSAccessKeyId").value_or("");
  return kept;
}

bool is_query_form(const http::RequestHead& head) {
  return head.method == "POST" && head.path == "/" &&
         head.value("content-type").starts_with("application/x-www-form-urlencoded");
}

bool may_write(const http::RequestHead& head) {
  if (head.method == "GET" || head.method == "HEAD" || head.method == "OPTIONS") return false;
  if (const http::Header* target = head.find("x-amz-target")) return !names_read(target->value);
  return !is_query_form(head);
}

}  // namespace dyad::gateway
