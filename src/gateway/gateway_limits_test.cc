// What is refused for its form or its size, or because too much is asked.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/test_gateway.h"

namespace dyad::gateway {
namespace {

TEST_F(GatewayTest, ABodyMayTakeLongerThanTheRestOfItsRequest) {
  shared_.options.request_deadline_ms = 1000;
  pause_ms_ = 2000;
  Sent sent = put("hello");
  sign(sent, hash_of("hello"));
  EXPECT_TRUE(has(exchange(text_of(sent)), "HTTP/1.1 200"));
  EXPECT_EQ(fake_.time_left_ms, 1000);
}

TEST_F(GatewayTest, ATransferOfUntoldLengthIsRefused) {
  Sent sent{"PUT", "/photos/a", {{"transfer-encoding", "chunked"}}, ""};
  sign(sent, "UNSIGNED-PAYLOAD");
  std::string text = "PUT /photos/a HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\n";
  for (const auto& header : sent.headers) text += header.name + ": " + header.value + "\r\n";
  const std::string answer = exchange(text + "\r\n2\r\nhi\r\n0\r\n\r\n");
  EXPECT_TRUE(has(answer, "HTTP/1.1 501")) << answer;
  EXPECT_TRUE(has(answer, "<Header>Transfer-Encoding</Header>")) << answer;
  EXPECT_TRUE(fake_.stored.empty());
}

TEST_F(GatewayTest, BodiesBeyondTheMemoryForThemAreRefused) {
  ASSERT_TRUE(body_memory_.take(body_memory_.limit_bytes()));
  Sent object = put("hello");
  sign(object, hash_of("hello"));
  const std::string s3 = exchange(text_of(object));
  EXPECT_TRUE(has(s3, "HTTP/1.1 503")) << s3;
  EXPECT_TRUE(has(s3, "<Code>SlowDown</Code>")) << s3;
  Sent list{"POST", "/", {{"x-amz-target", "DynamoDB_20120810.ListTables"}}, "{}"};
  sign(list, hash_of("{}"), "dynamodb");
  const std::string json = exchange(text_of(list));
  EXPECT_TRUE(has(json, "HTTP/1.1 400")) << json;
  EXPECT_TRUE(has(json, "ThrottlingException")) << json;
  Sent form{"POST",
            "/",
            {{"content-type", "application/x-www-form-urlencoded"}},
            "Action=GetCallerIdentity&Version=2011-06-15"};
  sign(form, hash_of(form.body), "sts");
  const std::string query = exchange(text_of(form));
  EXPECT_TRUE(has(query, "<Code>Throttling</Code>")) << query;
  body_memory_.give(body_memory_.limit_bytes());

  EXPECT_TRUE(has(exchange(text_of(object)), "HTTP/1.1 200"));
  EXPECT_EQ(fake_.stored.size(), 1u);
}

TEST_F(GatewayTest, AClientHasARate) {
  AddressRates slow(simulation_.clock(), 1, 2);
  const GatewayShared shared{{},
                             simulation_.clock(),
                             simulation_.random(),
                             credentials_,
                             authorizer_,
                             s3_,
                             none_,
                             none_,
                             metrics_,
                             body_memory_,
                             slow};
  Gateway gateway(shared, [](const protocol::Operation&) { return protocol::JsonCodec::Hooks(); });
  const auto ask = [&](const std::string& text) {
    return simulation_.run_until(run_on(gateway, text));
  };
  const std::string list = text_of({"GET", "/", {}, ""});
  const std::string tables =
      text_of({"POST", "/", {{"x-amz-target", "DynamoDB_20120810.ListTables"}}, "{}"});
  EXPECT_TRUE(has(ask(list), "AccessDenied"));
  EXPECT_TRUE(has(ask(list), "AccessDenied"));
  const std::string s3 = ask(list);
  EXPECT_TRUE(has(s3, "HTTP/1.1 503")) << s3;
  EXPECT_TRUE(has(s3, "<Code>SlowDown</Code>")) << s3;
  EXPECT_TRUE(has(ask(tables), "ThrottlingException"));
}

/// An admission whose line stands: every known key's request is refused but one in fifty.
void overload(Admission& admission) {
  constexpr std::int64_t kLateUs = 10'000'000;
  std::int64_t now_us = 0;
  for (int probe = 0; probe < 20; ++probe) {
    for (std::uint64_t i = 0; i < 8 * Admission::kLeastWaiting; ++i) admission.request_came(now_us);
    admission.probe_came(now_us, now_us + kLateUs);
    now_us += kLateUs;
  }
}

TEST_F(GatewayTest, WhereRequestsWaitTooLongTheyAreRefusedByTheirHead) {
  Admission admission(50'000, [] {});
  Gateway gateway(
      shared_, [](const protocol::Operation&) { return protocol::JsonCodec::Hooks(); }, &admission);
  overload(admission);
  ASSERT_GT(admission.share(), 0.9);
  const auto ask = [&](const std::string& text) {
    return simulation_.run_until(run_on(gateway, text));
  };
  // Refused before anything of it is believed or its body is asked for.
  const std::string waiting =
      "PUT /photos/x HTTP/1.1\r\nHost: s3.localhost\r\nContent-Length: 5000000\r\n"
      "Expect: 100-continue\r\n\r\n";
  const std::string s3 = ask(waiting);
  EXPECT_TRUE(s3.starts_with("HTTP/1.1 503 ")) << s3;
  EXPECT_TRUE(has(s3, "<Code>SlowDown</Code>")) << s3;
  EXPECT_TRUE(has(s3, "Connection: close")) << s3;
  const std::string tables =
      ask(text_of({"POST", "/", {{"x-amz-target", "DynamoDB_20120810.ListTables"}}, "{}"}));
  EXPECT_TRUE(has(tables, "HTTP/1.1 400 ")) << tables;
  EXPECT_TRUE(has(tables, "#ThrottlingException\"")) << tables;
  const std::string form =
      ask(text_of({"POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}}, "A=b"}));
  EXPECT_TRUE(has(form, "<Code>Throttling</Code>")) << form;
  EXPECT_EQ(admission.refused(), 3u);
  // How the server does may always be asked.
  EXPECT_TRUE(has(ask(text_of({"GET", "/health", {}, ""})), "HTTP/1.1 200 "));
  EXPECT_TRUE(has(ask(text_of({"GET", "/metrics", {}, ""})), "HTTP/1.1 200 "));
  // Of those who name a key a share passes.
  Sent sent = put("hello");
  sign(sent, hash_of("hello"));
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += has(ask(text_of(sent)), "HTTP/1.1 200 ") ? 1 : 0;
  EXPECT_GE(passed, 1);
  EXPECT_LE(passed, 10);
}

TEST_F(GatewayTest, WhereOnlyWritesStandInLineReadsAreServed) {
  Admission admission(
      50'000, [&] { admission.probe_came(0, 0); },
      [](std::int64_t) {
        constexpr Admission::WriteLine kStands = {10'000'000, 1000};
        return kStands;
      });
  for (std::int64_t now_us = 0; now_us < 20'000'000; now_us += 10'000)
    admission.request_came(now_us);
  ASSERT_GT(admission.share_of_writes(), 0.9);
  Gateway gateway(
      shared_, [](const protocol::Operation&) { return protocol::JsonCodec::Hooks(); }, &admission);
  const auto ask = [&](const std::string& text) {
    return simulation_.run_until(run_on(gateway, text));
  };
  // Strangers are refused for what they are, where they do not write.
  const std::string list = ask(text_of({"GET", "/", {}, ""}));
  EXPECT_TRUE(has(list, "AccessDenied")) << list;
  const std::string form = ask(text_of(
      {"POST", "/photos", {{"Content-Type", "multipart/form-data; boundary=x"}}, "--x--\r\n"}));
  EXPECT_TRUE(has(form, "<Code>SlowDown</Code>")) << form;
  Sent sent = put("hello");
  sign(sent, hash_of("hello"));
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += has(ask(text_of(sent)), "HTTP/1.1 200 ") ? 1 : 0;
  EXPECT_GE(passed, 1);
  EXPECT_LE(passed, 10);
}

TEST_F(GatewayTest, MalformedHttpIsRefusedInS3sForm) {
  const std::string answer = exchange("GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n");
  EXPECT_TRUE(has(answer, "HTTP/1.1 400")) << answer;
  EXPECT_TRUE(has(answer, "<Code>BadRequest</Code>")) << answer;
}

}  // namespace
}  // namespace dyad::gateway
