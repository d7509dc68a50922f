#include "test/hostile/hostile_fixture.h"

#include "base/check.h"

namespace dyad::proof {
namespace {

constexpr std::int64_t kStartMs = 30'000;

}  // namespace

HostileCounts& counts() {
  static HostileCounts all;
  return all;
}

HostileServer::HostileServer(const std::map<std::string, std::string>& environment) {
  raise_descriptors();
  // What is proven here is each request's own bound; the door's has a proof of its own (overload).
  ::setenv("DYAD_MAX_WAIT_MS", "0", 1);
  for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
  auto started =
      ServerProcess::start(DYAD_PROGRAM, directory_.path() + "/data", directory_.path() + "/log");
  for (const auto& [name, value] : environment) ::unsetenv(name.c_str());
  ::unsetenv("DYAD_MAX_WAIT_MS");
  DYAD_CHECK(started.has_value());
  process_ = std::move(*started);
  const auto address = process_->wait_for_address(kStartMs);
  DYAD_CHECK(address.has_value());
  address_ = *address;
  DYAD_CHECK(ask({.method = "PUT", .path = "/bkt"}, "") == 200);
  DYAD_CHECK(dynamodb("CreateTable",
                      R"({"TableName":"tbl","BillingMode":"PAY_PER_REQUEST",)"
                      R"("KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],)"
                      R"("AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]})") ==
             200);
  DYAD_CHECK(dynamodb("PutItem", R"({"TableName":"tbl","Item":{"k":{"S":"kept"}}})") == 200);
}

int HostileServer::ask(const Fields& fields, std::string_view body, std::string* answer) const {
  Wire wire(address_);
  if (!wire.connected()) return 0;
  wire.send(signed_request(address_, fields, body));
  const int status = wire.answer();
  if (answer != nullptr) *answer = wire.body();
  return status;
}

int HostileServer::dynamodb(std::string target, std::string_view json, std::string* answer) const {
  Fields fields;
  fields.method = "POST";
  fields.target = std::move(target);
  return ask(fields, json, answer);
}

bool HostileServer::serves() const {
  std::string answer;
  const int status =
      dynamodb("GetItem", R"({"TableName":"tbl","Key":{"k":{"S":"kept"}}})", &answer);
  return status == 200 && answer.find("kept") != std::string::npos;
}

}  // namespace dyad::proof
