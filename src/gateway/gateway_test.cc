#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/test_gateway.h"

namespace dyad::gateway {
namespace {

TEST_F(GatewayTest, HealthAndMetricsNeedNoSignature) {
  EXPECT_TRUE(has(exchange(text_of({"GET", "/health", {}, ""})), "{\"status\":\"ok\"}"));
  const std::string metrics = exchange(text_of({"GET", "/metrics", {}, ""}));
  EXPECT_TRUE(has(metrics, "# TYPE dyad_requests_total counter")) << metrics;
  EXPECT_TRUE(has(metrics, "operation=\"none\",status=\"2xx\"} 1")) << metrics;
}

TEST_F(GatewayTest, ASignedHealthIsABucket) {
  Sent sent{"GET", "/health", {}, ""};
  sign(sent, hash_of(""));
  EXPECT_FALSE(has(exchange(text_of(sent)), "{\"status\""));
}

TEST_F(GatewayTest, TheCredentialScopeSaysWhoAnswers) {
  Sent no_target{"POST", "/", {}, "{}"};
  sign(no_target, hash_of("{}"), "dynamodb");
  const std::string json = exchange(text_of(no_target));
  EXPECT_TRUE(has(json, "UnknownOperationException")) << json;

  Sent action{"GET", "/?Action=FlyAway&Version=2011-06-15", {}, ""};
  sign(action, hash_of(""), "sts");
  const std::string query = exchange(text_of(action));
  EXPECT_TRUE(has(query, "<Code>InvalidAction</Code>")) << query;

  Sent other{"GET", "/photos", {}, ""};
  sign(other, hash_of(""), "sqs");
  const std::string s3 = exchange(text_of(other));
  EXPECT_TRUE(has(s3, "incorrect service")) << s3;
}

TEST_F(GatewayTest, TheHostSaysWhoAnswersWhatIsNotSigned) {
  const auto answer_of = [&](const std::string& host, const std::string& line) {
    return exchange(line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  };
  EXPECT_TRUE(
      has(answer_of("dynamodb.us-east-1.amazonaws.com", "GET /"), "UnknownOperationException"));
  EXPECT_TRUE(has(answer_of("sts.localhost:4566", "GET /?Action=GetCallerIdentity"),
                  "<Code>MissingAuthenticationToken</Code>"));
  EXPECT_TRUE(has(answer_of("photos.localhost", "GET /a"), "<Code>AccessDenied</Code>"));
  const std::string control = answer_of("123456789012.localhost:4566", "GET /v20180820/jobs");
  EXPECT_TRUE(has(control, "HTTP/1.1 501")) << control;
  EXPECT_TRUE(has(control,
                  "<ErrorResponse xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">"
                  "<Error><Code>NotImplemented</Code>"))
      << control;
}

TEST_F(GatewayTest, BucketsInHostNames) {
  for (const char* host : {"photos.localhost:4566", "photos.s3.localhost", "Photos.S3.LocalHost",
                           "photos.s3.us-east-1.localhost", "photos.s3.amazonaws.com"}) {
    crypto::Sigv4Signer signer({kKeyId, kSecret, ""}, crypto::SignatureStyle::s3, "us-east-1",
                               "s3");
    const std::vector<crypto::HeaderView> views = {{"Host", host}};
    const auto made =
        signer.sign({"PUT", "/a/b", "", views}, hash_of("x"), simulation_.clock().wall_ms());
    std::string text = "PUT /a/b HTTP/1.1\r\nHost: " + std::string(host) + "\r\n";
    for (const auto& header : made.headers) text += header.name + ": " + header.value + "\r\n";
    const std::string answer = exchange(text + "Content-Length: 1\r\n\r\nx");
    EXPECT_TRUE(has(answer, "HTTP/1.1 200")) << answer;
    ASSERT_FALSE(fake_.stored.empty());
    EXPECT_EQ(fake_.stored.back(), "photos/a/b=x") << host;
  }
}

TEST_F(GatewayTest, WhatIsNotServedSaysSo) {
  for (const char* target : {"/photos?versioning", "/photos?uploads", "/photos?tagging"}) {
    Sent sent{"GET", target, {}, ""};
    sign(sent, hash_of(""));
    const std::string answer = exchange(text_of(sent));
    EXPECT_TRUE(has(answer, "HTTP/1.1 501")) << answer;
    EXPECT_TRUE(has(answer, "<Code>NotImplemented</Code>")) << answer;
  }
  Sent sent{"PATCH", "/photos", {}, ""};
  sign(sent, hash_of(""));
  EXPECT_TRUE(has(exchange(text_of(sent)), "HTTP/1.1 405"));
}

TEST_F(GatewayTest, JsonServicesAnswerInTheirOwnWords) {
  Sent sent{"POST", "/", {{"x-amz-target", "DynamoDB_20120810.ListTables"}}, "{}"};
  std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "MissingAuthenticationToken")) << answer;
  EXPECT_TRUE(has(answer, "HTTP/1.1 400")) << answer;
  sign(sent, hash_of("{}"), "dynamodb", "another-secret");
  answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "InvalidSignatureException")) << answer;
  Sent unknown{"POST", "/", {{"x-amz-target", "DynamoDB_20120810.Fly"}}, "{}"};
  sign(unknown, hash_of("{}"), "dynamodb");
  answer = exchange(text_of(unknown));
  EXPECT_TRUE(has(answer, "UnknownOperationException")) << answer;
}

TEST_F(GatewayTest, APreflightPassesWithoutASignatureAndLearnsTheVerdictAlone) {
  Sent sent{"OPTIONS", "/photos/a%20b?acl", {{"Origin", "http://page"}}, ""};
  sent.headers.push_back({"Access-Control-Request-Method", "PUT"});
  sent.headers.push_back({"Access-Control-Request-Headers", "x-amz-date"});
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(has(answer, "X-Asked: OPTIONS photos object PUT x-amz-date\r\n")) << answer;
  EXPECT_TRUE(has(answer, "x-amz-request-id: ")) << answer;
  EXPECT_TRUE(has(answer, "Content-Length: 0\r\n")) << answer;
  sent.headers[0].value = "http://other";
  const std::string refused = exchange(text_of(sent));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403")) << refused;
  EXPECT_TRUE(has(refused, "<Code>AccessForbidden</Code>")) << refused;
  EXPECT_FALSE(has(refused, "X-Asked")) << refused;
  EXPECT_TRUE(fake_.stored.empty());
}

TEST_F(GatewayTest, AnswersToPagesSayWhatIsAllowed) {
  Sent sent = put("hello");
  sent.headers.push_back({"Origin", "http://page"});
  // An error, too: a page could not read it otherwise.
  const std::string denied = exchange(text_of(sent));
  EXPECT_TRUE(denied.starts_with("HTTP/1.1 403")) << denied;
  EXPECT_TRUE(has(denied, "X-Asked: PUT photos object none none\r\n")) << denied;
  sign(sent, hash_of("hello"));
  const std::string stored = exchange(text_of(sent));
  EXPECT_TRUE(stored.starts_with("HTTP/1.1 200")) << stored;
  EXPECT_TRUE(has(stored, "X-Asked: PUT photos object none none\r\n")) << stored;
  EXPECT_EQ(fake_.stored.size(), 1u);
  Sent other = put("hello");
  other.headers.push_back({"Origin", "http://other"});
  EXPECT_FALSE(has(exchange(text_of(other)), "X-Asked"));
  EXPECT_FALSE(has(exchange(text_of(put("hello"))), "X-Asked"));
}

TEST_F(GatewayTest, ServicesWithTargetsAnswerPagesThemselves) {
  Sent sent{"OPTIONS", "/", {{"Origin", "http://page"}}, ""};
  sent.headers.push_back({"Access-Control-Request-Headers", "authorization,X-Amz-Target"});
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  EXPECT_TRUE(has(answer, "x-amzn-RequestId: ")) << answer;
  EXPECT_TRUE(has(answer, "X-Asked: OPTIONS  none authorization,X-Amz-Target\r\n")) << answer;
  Sent call{"POST", "/", {{"X-Amz-Target", "DynamoDB_20120810.ListTables"}}, "{}"};
  call.headers.push_back({"Origin", "http://page"});
  const std::string unsigned_call = exchange(text_of(call));
  EXPECT_TRUE(unsigned_call.starts_with("HTTP/1.1 400")) << unsigned_call;
  EXPECT_TRUE(has(unsigned_call, "X-Asked: POST  none none\r\n")) << unsigned_call;
}

}  // namespace
}  // namespace dyad::gateway
