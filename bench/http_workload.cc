#include "http_workload.h"

#include <fmt/format.h>

#include <iterator>

#include "base/check.h"

namespace dyad::bench {
namespace {

constexpr std::size_t kShownBytes = 300;

class GetItem final : public HttpWorkload {
 public:
  RequestSigner::Form form() const override { return dynamodb_form("GetItem"); }

  void build(std::uint64_t number, std::uint64_t, HttpRequest& out) const override {
    out.method = "POST";
    out.target.assign("/");
    out.body.clear();
    fmt::format_to(std::back_inserter(out.body),
                   R"({{"TableName":"{}","Key":{{"id":{{"S":"item-{:010}"}}}}}})", kTableName,
                   number);
  }

  Result<> check(std::uint64_t number, int status, std::string_view body) const override {
    if (status != 200 || body.size() < kPayloadBytes) return unexpected_answer(status, body);
    char key[32];
    const auto end = fmt::format_to_n(key, sizeof key, "\"item-{:010}\"", number).out;
    if (body.find(std::string_view(key, end)) == std::string_view::npos)
      return unexpected_answer(status, body);
    return {};
  }
};

std::string_view table_of(PutItemKind kind) {
  switch (kind) {
    case PutItemKind::plain:
    case PutItemKind::conditional:
      return kTableName;
    case PutItemKind::indexed:
      return kIndexedTableName;
    case PutItemKind::streamed:
      return kStreamedTableName;
  }
  DYAD_CHECK(false);
}

class PutItem final : public HttpWorkload {
 public:
  PutItem(const TextPool& pool, PutItemKind kind)
      : pool_(pool),
        table_(table_of(kind)),
        end_(kind == PutItemKind::conditional
                 ? R"json("}},"ConditionExpression":"attribute_exists(id)"})json"
                 : R"("}}})") {}

  RequestSigner::Form form() const override { return dynamodb_form("PutItem"); }

  void build(std::uint64_t number, std::uint64_t random, HttpRequest& out) const override {
    out.method = "POST";
    out.target.assign("/");
    out.body.clear();
    fmt::format_to(std::back_inserter(out.body),
                   R"({{"TableName":"{}","Item":{{"id":{{"S":"item-{:010}"}},)"
                   R"("owner":{{"S":"user-{:04}"}},"created":{{"N":"{}"}},"payload":{{"S":")",
                   table_, number, number % kOwners, created_of(number));
    out.body.append(pool_.cut(random, kPayloadBytes));
    out.body.append(end_);
  }

  Result<> check(std::uint64_t, int status, std::string_view body) const override {
    if (status != 200) return unexpected_answer(status, body);
    return {};
  }

 private:
  const TextPool& pool_;
  const std::string_view table_;
  const std::string_view end_;
};

void append_object_target(std::string& out, std::uint64_t number) {
  fmt::format_to(std::back_inserter(out), "/{}/photos/{:04}/{:010}.jpg", kBucketName,
                 number % kOwners, number);
}

class PutObject final : public HttpWorkload {
 public:
  explicit PutObject(const TextPool& pool) : pool_(pool) {}

  RequestSigner::Form form() const override { return s3_form(); }

  void build(std::uint64_t number, std::uint64_t random, HttpRequest& out) const override {
    out.method = "PUT";
    out.target.clear();
    append_object_target(out.target, number);
    // Its own name is where it begins, for GetObject to recognise.
    out.body.assign(out.target);
    out.body.append(pool_.cut(random, kObjectBytes - out.body.size()));
  }

  Result<> check(std::uint64_t, int status, std::string_view body) const override {
    if (status != 200) return unexpected_answer(status, body);
    return {};
  }

 private:
  const TextPool& pool_;
};

class GetObject final : public HttpWorkload {
 public:
  RequestSigner::Form form() const override { return s3_form(); }

  void build(std::uint64_t number, std::uint64_t, HttpRequest& out) const override {
    out.method = "GET";
    out.target.clear();
    append_object_target(out.target, number);
    out.body.clear();
  }

  Result<> check(std::uint64_t number, int status, std::string_view body) const override {
    if (status != 200 || body.size() != kObjectBytes) return unexpected_answer(status, body);
    char name[64];
    const auto end = fmt::format_to_n(name, sizeof name, "/{:010}.jpg", number).out;
    if (body.substr(0, sizeof name + kBucketName.size()).find(std::string_view(name, end)) ==
        std::string_view::npos)
      return unexpected_answer(status, body);
    return {};
  }
};

}  // namespace

RequestSigner::Form dynamodb_form(std::string_view operation) {
  RequestSigner::Form form;
  form.style = crypto::SignatureStyle::other;
  form.service = "dynamodb";
  form.headers.push_back({"content-type", "application/x-amz-json-1.0"});
  form.headers.push_back({"x-amz-target", "DynamoDB_20120810." + std::string(operation)});
  return form;
}

RequestSigner::Form s3_form() {
  RequestSigner::Form form;
  form.style = crypto::SignatureStyle::s3;
  form.service = "s3";
  return form;
}

Error unexpected_answer(int status, std::string_view body) {
  return Error(ErrorCode::conflict, fmt::format("unexpected answer: status {}, {} bytes: {}",
                                                status, body.size(), body.substr(0, kShownBytes)));
}

std::unique_ptr<HttpWorkload> make_get_item() {
  return std::make_unique<GetItem>();
}
std::unique_ptr<HttpWorkload> make_put_item(const TextPool& pool, PutItemKind kind) {
  return std::make_unique<PutItem>(pool, kind);
}
std::unique_ptr<HttpWorkload> make_put_object(const TextPool& pool) {
  return std::make_unique<PutObject>(pool);
}
std::unique_ptr<HttpWorkload> make_get_object() {
  return std::make_unique<GetObject>();
}

}  // namespace dyad::bench
