#include "test/support/wire_objects.h"

#include <fmt/format.h>

namespace dyad::proof {
namespace {

std::string bare(std::string e_tag) {
  for (const std::string_view quote : {"&quot;", "&#34;", "\""})
    for (std::size_t at = e_tag.find(quote); at != std::string::npos; at = e_tag.find(quote))
      e_tag.erase(at, quote.size());
  return e_tag;
}

}  // namespace

std::vector<std::string> elements_of(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  std::vector<std::string> found;
  for (std::size_t at = xml.find(open); at != std::string_view::npos; at = xml.find(open, at)) {
    at += open.size();
    const std::size_t end = xml.find(close, at);
    if (end == std::string_view::npos) break;
    found.emplace_back(xml.substr(at, end - at));
  }
  return found;
}

std::string element_of(std::string_view xml, std::string_view name) {
  std::vector<std::string> all = elements_of(xml, name);
  return all.empty() ? std::string() : std::move(all.front());
}

std::string completion_xml(const std::vector<ObjectCalls::Part>& parts) {
  std::string xml = "<CompleteMultipartUpload>";
  for (const ObjectCalls::Part& part : parts)
    xml += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>", part.number,
                       part.e_tag);
  return xml + "</CompleteMultipartUpload>";
}

Task<Result<Answer>> WireObjects::ask(std::string_view method, std::string target,
                                      AwsClient::Headers headers, std::string body) {
  DYAD_CO_TRY_ASSIGN(Answer answer,
                     co_await client_.s3(method, std::move(target), std::move(headers), body));
  if (answer.ok()) co_return answer;
  const std::string said = fmt::format("{} {}", answer.status, answer.body);
  if (answer.status == 404) co_return fail(ErrorCode::not_found, said);
  // Slow down, come again: nothing happened, but it is no answer that anybody expects.
  if (answer.status < 500) co_return fail(ErrorCode::failed_condition, said);
  co_return fail(ErrorCode::internal, said);
}

Task<Result<std::string>> WireObjects::put(std::string key, std::string body) {
  AwsClient::Headers headers;
  DYAD_CO_TRY_ASSIGN(const Answer answer,
                     co_await ask("PUT", path(key), std::move(headers), std::move(body)));
  co_return bare(answer.etag);
}

Task<Result<std::optional<ObjectCalls::Object>>> WireObjects::get(std::string key) {
  AwsClient::Headers headers;
  Result<Answer> answer = co_await ask("GET", path(key), std::move(headers), {});
  if (!answer && answer.error().code == ErrorCode::not_found) co_return std::optional<Object>();
  DYAD_CO_TRY(answer);
  Object object;
  object.e_tag = bare(answer->etag);
  object.body = std::move(answer->body);
  co_return std::optional<Object>(std::move(object));
}

Task<Result<>> WireObjects::erase(std::string key) {
  AwsClient::Headers headers;
  DYAD_CO_TRY(co_await ask("DELETE", path(key), std::move(headers), {}));
  co_return Result<>();
}

Task<Result<>> WireObjects::copy(std::string from, std::string to) {
  AwsClient::Headers headers;
  headers.emplace_back("x-amz-copy-source", path(from));
  DYAD_CO_TRY(co_await ask("PUT", path(to), std::move(headers), {}));
  co_return Result<>();
}

Task<Result<std::string>> WireObjects::begin(std::string key) {
  AwsClient::Headers headers;
  DYAD_CO_TRY_ASSIGN(const Answer answer,
                     co_await ask("POST", path(key) + "?uploads", std::move(headers), {}));
  co_return element_of(answer.body, "UploadId");
}

Task<Result<std::string>> WireObjects::put_part(std::string key, std::string upload, int number,
                                                std::string body) {
  AwsClient::Headers headers;
  DYAD_CO_TRY_ASSIGN(
      const Answer answer,
      co_await ask("PUT", fmt::format("{}?partNumber={}&uploadId={}", path(key), number, upload),
                   std::move(headers), std::move(body)));
  co_return bare(answer.etag);
}

Task<Result<std::string>> WireObjects::complete(std::string key, std::string upload,
                                                std::vector<Part> parts, bool only_new) {
  AwsClient::Headers headers;
  if (only_new) headers.emplace_back("if-none-match", "*");
  DYAD_CO_TRY_ASSIGN(const Answer answer, co_await ask("POST", path(key) + "?uploadId=" + upload,
                                                       std::move(headers), completion_xml(parts)));
  co_return bare(element_of(answer.body, "ETag"));
}

Task<Result<>> WireObjects::abort(std::string key, std::string upload) {
  AwsClient::Headers headers;
  DYAD_CO_TRY(co_await ask("DELETE", path(key) + "?uploadId=" + upload, std::move(headers), {}));
  co_return Result<>();
}

Task<Result<std::vector<ObjectCalls::Part>>> WireObjects::parts(std::string key,
                                                                std::string upload) {
  AwsClient::Headers headers;
  DYAD_CO_TRY_ASSIGN(const Answer answer, co_await ask("GET", path(key) + "?uploadId=" + upload,
                                                       std::move(headers), {}));
  std::vector<Part> parts;
  for (const std::string& one : elements_of(answer.body, "Part"))
    parts.push_back({std::stoi(element_of(one, "PartNumber")), bare(element_of(one, "ETag")),
                     std::stoull(element_of(one, "Size"))});
  co_return parts;
}

Task<Result<std::vector<std::string>>> WireObjects::uploads(std::string key) {
  AwsClient::Headers headers;
  DYAD_CO_TRY_ASSIGN(
      const Answer answer,
      co_await ask("GET", "/" + bucket_ + "?prefix=" + key + "&uploads", std::move(headers), {}));
  std::vector<std::string> ids;
  for (const std::string& one : elements_of(answer.body, "Upload"))
    if (element_of(one, "Key") == key) ids.push_back(element_of(one, "UploadId"));
  co_return ids;
}

}  // namespace dyad::proof
