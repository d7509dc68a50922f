#include "request_signer.h"

#include <gtest/gtest.h>

#include <map>

#include "crypto/digest.h"

namespace dyad::bench {
namespace {

using crypto::Credentials;
using crypto::SignatureStyle;

constexpr std::int64_t kNowMs = 1'369'353'600'123;

Credentials credentials() {
  return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
}

RequestSigner::Form form_of(SignatureStyle style) {
  RequestSigner::Form form;
  form.style = style;
  form.region = "us-east-1";
  form.service = style == SignatureStyle::s3 ? "s3" : "dynamodb";
  form.host = "127.0.0.1:4566";
  if (style == SignatureStyle::other) {
    form.headers.push_back({"content-type", "application/x-amz-json-1.0"});
    form.headers.push_back({"x-amz-target", "DynamoDB_20120810.GetItem"});
  }
  return form;
}

/// The same request signed by the floor's own signer, which the SigV4 test suite vouches for.
std::string reference(SignatureStyle style, std::string_view method, std::string_view path,
                      std::string_view query, std::string_view body, std::int64_t now_ms) {
  const RequestSigner::Form form = form_of(style);
  crypto::Sigv4Signer signer(credentials(), style, form.region, form.service);
  std::vector<crypto::HeaderView> headers = {{"host", form.host}};
  for (const auto& header : form.headers) headers.push_back({header.name, header.value});
  const auto hash = crypto::sha256_hex(body);
  const auto made = signer.sign({method, path, query, headers},
                                std::string_view(hash.data(), hash.size()), now_ms);
  return made.headers.back().value;
}

std::map<std::string_view, std::string_view> by_name(std::span<const http::Header> headers) {
  std::map<std::string_view, std::string_view> all;
  for (const http::Header& header : headers)
    EXPECT_TRUE(all.emplace(header.name, header.value).second);
  return all;
}

TEST(RequestSigner, SignsAsTheReferenceDoes) {
  RequestSigner json(credentials(), form_of(SignatureStyle::other));
  RequestSigner s3(credentials(), form_of(SignatureStyle::s3));
  // Again and again with the same signer: nothing of one request may be left in the next.
  for (const std::int64_t later_ms : {0, 10, 1000, 86'400'000, 86'400'500}) {
    const std::int64_t now_ms = kNowMs + later_ms;
    for (const std::string_view body : {"", "{}", "{\"TableName\":\"t\"}"}) {
      EXPECT_EQ(by_name(json.sign("POST", "/", body, now_ms))["authorization"],
                reference(SignatureStyle::other, "POST", "/", "", body, now_ms));
      EXPECT_EQ(by_name(s3.sign("PUT", "/b/a%20key?x=1&a=2", body, now_ms))["authorization"],
                reference(SignatureStyle::s3, "PUT", "/b/a%20key", "x=1&a=2", body, now_ms));
    }
  }
}

TEST(RequestSigner, GivesAllHeadersOfTheRequest) {
  RequestSigner s3(credentials(), form_of(SignatureStyle::s3));
  auto headers = by_name(s3.sign("GET", "/b/k", "", kNowMs));
  EXPECT_EQ(headers["host"], "127.0.0.1:4566");
  EXPECT_EQ(headers["x-amz-date"], "20130524T000000Z");
  EXPECT_EQ(headers["x-amz-content-sha256"],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  RequestSigner json(credentials(), form_of(SignatureStyle::other));
  EXPECT_EQ(by_name(json.sign("POST", "/", "", kNowMs)).count("x-amz-content-sha256"), 0u);
}

}  // namespace
}  // namespace dyad::bench
