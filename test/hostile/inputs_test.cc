#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

#include "http/content_coding.h"
#include "runtime/reactor.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "test/hostile/hostile_fixture.h"

namespace dyad::proof {
namespace {

/// One request's answer, on a machine that is busy with other things.
constexpr std::int64_t kAnswerMs = 15'000;
constexpr std::uint64_t kMemoryKib = 384u << 10;

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

class Inputs : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new HostileServer({});
    before_kib_ = server_->resident_kib();
  }
  static void TearDownTestSuite() {
    if (!kSanitized) {
      EXPECT_LE(server_->peak_kib(), before_kib_ + kMemoryKib);
    }
    EXPECT_TRUE(server_->stop());
    delete server_;
    server_ = nullptr;
  }

  /// Refused as the client's fault, in time, and the server serves right after.
  static void expect_refused(const Fields& fields, const std::string& body,
                             const std::string& what) {
    ++counts().requests;
    const auto start = std::chrono::steady_clock::now();
    std::string answer;
    const int status = server_->ask(fields, body, &answer);
    const auto took = std::chrono::steady_clock::now() - start;
    EXPECT_GE(status, 400) << what << ": " << answer.substr(0, 300);
    EXPECT_LT(status, 500) << what << ": " << answer.substr(0, 300);
    EXPECT_LT(took, std::chrono::milliseconds(kAnswerMs)) << what;
    EXPECT_TRUE(server_->serves()) << what;
  }
  static void expect_json_refused(std::string target, const std::string& json,
                                  const std::string& what) {
    Fields fields;
    fields.method = "POST";
    fields.target = std::move(target);
    expect_refused(fields, json, what);
  }

  static HostileServer* server_;
  static std::uint64_t before_kib_;
};
HostileServer* Inputs::server_ = nullptr;
std::uint64_t Inputs::before_kib_ = 0;

TEST_F(Inputs, JsonThatIsDeepOrMonstrous) {
  const auto item = [](const std::string& value) {
    return R"({"TableName":"tbl","Item":{"k":{"S":"x"},"a":)" + value + "}}";
  };
  const std::size_t mega = 1'000'000;
  expect_json_refused("PutItem", std::string(mega, '['), "a million brackets");
  expect_json_refused("PutItem", std::string(mega, '{'), "a million braces");
  expect_json_refused("PutItem", repeated(R"({"a":)", 200'000), "objects in objects");
  expect_json_refused(
      "PutItem", item(repeated(R"({"M":{"a":)", 10'000) + R"({"S":""})" + repeated("}}", 10'000)),
      "maps in maps");
  expect_json_refused("PutItem",
                      item(repeated(R"({"L":[)", 10'000) + R"({"S":""})" + repeated("]}", 10'000)),
                      "lists in lists");
  for (const std::string& number :
       {std::string(mega, '9'), std::string("1e999999999"), std::string("1e-999999999"),
        "1e" + std::string(mega, '9'), "0." + std::string(mega, '0') + "1e", std::string("--1"),
        std::string(mega, '-'), std::string("NaN"), std::string("Infinity")})
    expect_json_refused("PutItem", item(R"({"N":")" + number + R"("})"), number.substr(0, 20));
  expect_json_refused("Query", R"({"TableName":"tbl","Limit":)" + std::string(mega, '9') + "}",
                      "a limit of a million digits");
  const auto condition = [](const std::string& text) {
    return R"({"TableName":"tbl","Item":{"k":{"S":"x"}},"ConditionExpression":")" + text + R"("})";
  };
  expect_json_refused("PutItem", condition(std::string(mega, '(')), "a million parentheses");
  expect_json_refused("PutItem", condition(std::string(2000, '(') + "k" + std::string(2000, ')')),
                      "parentheses");
  expect_json_refused("PutItem", condition(repeated("NOT ", 1000) + "k"), "negations");
  expect_json_refused("PutItem", condition("a" + repeated("[0]", 1000) + " = k"), "a long path");
  expect_json_refused("PutItem", condition("a[" + std::string(4000, '9') + "] = k"), "an index");
}

TEST_F(Inputs, BodiesThatGrowWhenTheyAreUnpacked) {
  const SystemClock clock;
  Reactor reactor(clock, "packer");
  const std::string zeros(64u << 20, ' ');
  const std::string bomb = sync_wait(reactor, http::pack(zeros, http::ContentCoding::gzip));
  Fields fields;
  fields.method = "POST";
  fields.target = "PutItem";
  fields.unsigned_lines = "Content-Encoding: gzip\r\n";
  for (int i = 0; i < 4; ++i) expect_refused(fields, bomb, "a bomb");
}

TEST_F(Inputs, XmlThatIsDeepOrDeclaresThings) {
  const std::string bomb =
      R"(<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">)"
      R"(<!ENTITY c "&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;">]><Tagging>&d;</Tagging>)";
  const std::string outside =
      R"(<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Tagging>&e;</Tagging>)";
  const std::vector<std::pair<std::string, std::string>> documents = {
      {"expanding entities", bomb},
      {"an external entity", outside},
      {"deep", repeated("<a>", 100'000)},
      {"deep and closed", repeated("<a>", 100'000) + repeated("</a>", 100'000)},
      {"a huge attribute", "<Tagging x=\"" + std::string(2'000'000, 'x') + "\"><a></Tagging>"},
      {"a huge name", "<" + std::string(2'000'000, 'x') + ">"},
      {"many attributes", "<Tagging" + repeated(" a='b'", 200'000) + ">"},
      {"larger than any document", "<Tagging>" + std::string(5u << 20, ' ') + "</Tagging>"},
      {"many parts", "<CompleteMultipartUpload>" +
                         repeated("<Part><PartNumber>1</PartNumber><ETag>a</ETag></Part>", 40'000) +
                         "</CompleteMultipartUpload>"},
  };
  for (const auto& [what, document] : documents) {
    expect_refused({.method = "PUT", .path = "/bkt", .query = "tagging="}, document, what);
    expect_refused({.method = "POST", .path = "/bkt/k", .query = "uploadId=none"}, document, what);
  }
}

TEST_F(Inputs, NumbersInQueriesAndHeaders) {
  const std::string nines(10'000, '9');
  for (const std::string& query :
       {"max-keys=" + nines, std::string("max-keys=-1"), "partNumber=" + nines + "&uploadId=x",
        std::string("partNumber=1e9&uploadId=x"), std::string("max-keys=%2B5x")}) {
    const bool parts = query.starts_with("part");
    expect_refused(
        {.method = parts ? "PUT" : "GET", .path = parts ? "/bkt/k" : "/bkt", .query = query}, "",
        query.substr(0, 40));
  }
  expect_refused({.path = "/bkt", .query = repeated("a=&", 2000) + "b="}, "", "many parameters");
  for (const std::string& line :
       {"Range: bytes=0-" + nines, "Range: bytes=" + repeated("0-1,", 3000),
        "If-Modified-Since: " + nines, "x-amz-copy-source-range: bytes=" + nines,
        "X-Amz-Date: " + nines})
    expect_refused({.path = "/bkt/none", .unsigned_lines = line + "\r\n"}, "", line.substr(0, 40));
  // Presigned for longer than time lasts, by nobody.
  for (const std::string& expires : {nines, std::string("-1"), std::string("1e9")})
    expect_refused({.path = "/bkt/none", .query = "X-Amz-Expires=" + expires}, "",
                   "expires " + expires.substr(0, 10));
}

}  // namespace
}  // namespace dyad::proof
