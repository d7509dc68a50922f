#include "crypto/sigv2.h"

#include <gtest/gtest.h>

#include <vector>

#include "crypto/amz_date.h"
#include "crypto/sigv4.h"

namespace dyad::crypto {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::int64_t kNow = 1767323045'000;

Result<Sigv2Claim> check(const RequestView& request, std::string_view bucket,
                         std::int64_t now_ms = kNow) {
  DYAD_TRY_ASSIGN(Sigv2Claim claim, read_sigv2_claim(request, auth_scheme_of(request), now_ms));
  DYAD_TRY(verify_sigv2(request, claim, bucket, kSecret));
  return claim;
}

// Both were presigned with botocore 1.44.5.
const std::string kPathStyle =
    "response-content-type=image%2Fpng&versionId=ab%2Bc&x=1&AWSAccessKeyId=AKIDEXAMPLE00000000"
    "&Signature=sSBptDu18%2BL2Ayi0JEIv8nQQh6E%3D&x-amz-security-token=to%2Fken%2B%3D&Expires="
    "1767323645";
const std::string kVirtualHost =
    "uploadId=U&partNumber=3&AWSAccessKeyId=AKIDEXAMPLE00000000&Signature="
    "ipUt2fNDx1EHsGDMmA6qZiL2UB8%3D"
    "&content-type=text%2Fplain&x-amz-meta-q=v%201&Expires=1767323645";

TEST(Sigv2, BotocorePathStyle) {
  const std::vector<HeaderView> headers{{"Host", "127.0.0.1:4566"}};
  const RequestView request{"GET", "/b/photo%20one.jpg", kPathStyle, headers};
  const auto claim = check(request, "");
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->access_key, "AKIDEXAMPLE00000000");
  EXPECT_EQ(claim->security_token, "to/ken+=");
}

TEST(Sigv2, BotocoreVirtualHostWithHeadersInTheQuery) {
  const std::vector<HeaderView> headers{
      {"Host", "b.s3.amazonaws.com"}, {"Content-Type", "text/plain"}, {"x-amz-meta-q", "v 1"}};
  const auto both = check({"PUT", "/k", kVirtualHost, headers}, "b");
  EXPECT_TRUE(both) << both.error().to_string();
  const auto query_only = check({"PUT", "/k", kVirtualHost, std::span(headers).first(1)}, "b");
  EXPECT_TRUE(query_only) << query_only.error().to_string();
  EXPECT_FALSE(check({"PUT", "/k", kVirtualHost, headers}, ""));
}

TEST(Sigv2, EveryPartCounts) {
  const std::vector<HeaderView> headers{{"Host", "127.0.0.1:4566"}};
  const auto expect_mismatch = [&](std::string_view method, std::string_view path,
                                   std::string query, std::span<const HeaderView> with) {
    const auto result = check({method, path, query, with}, "");
    ASSERT_FALSE(result);
    const auto* detail = signature_error_of(result.error());
    ASSERT_NE(detail, nullptr);
    EXPECT_EQ(detail->aws_code, "SignatureDoesNotMatch");
    EXPECT_TRUE(detail->string_to_sign.starts_with(method));
  };
  expect_mismatch("PUT", "/b/photo%20one.jpg", kPathStyle, headers);
  expect_mismatch("GET", "/b/other.jpg", kPathStyle, headers);
  std::string query = kPathStyle;
  query.replace(query.find("image"), 5, "movie");
  expect_mismatch("GET", "/b/photo%20one.jpg", query, headers);
  expect_mismatch("GET", "/b/photo%20one.jpg", kPathStyle + "&acl", headers);
  const std::vector<HeaderView> more{{"Host", "127.0.0.1:4566"}, {"x-amz-acl", "public-read"}};
  expect_mismatch("GET", "/b/photo%20one.jpg", kPathStyle, more);
}

TEST(Sigv2, ExpiresAndForm) {
  const std::vector<HeaderView> headers{{"Host", "h"}};
  const auto message = [&](std::string_view query, std::int64_t now_ms) {
    const auto claim =
        read_sigv2_claim({"GET", "/b/k", query, headers}, AuthScheme::sigv2_query, now_ms);
    EXPECT_FALSE(claim);
    return claim ? std::string() : claim.error().message;
  };
  const RequestView request{"GET", "/b/photo%20one.jpg", kPathStyle, headers};
  EXPECT_TRUE(check(request, "", 1767323645'999));
  EXPECT_EQ(message(kPathStyle, 1767323646'000), "Request has expired");
  EXPECT_EQ(message("AWSAccessKeyId=a&Signature=b&Expires=soon", kNow),
            "Invalid date (should be seconds since epoch): soon");
  EXPECT_EQ(
      message("AWSAccessKeyId=a&Signature=b", kNow),
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
}

TEST(Sigv2, Headers) {
  const std::string date = to_http_date(kNow);
  std::vector<HeaderView> headers{{"Host", "h"}, {"Date", date}, {"x-amz-meta-a", "1"}};
  const RequestView unsigned_request{"PUT", "/b/k", "acl", headers};
  const std::string authorization = sigv2_authorization(unsigned_request, "", "AKID", kSecret);
  headers.push_back({"Authorization", authorization});
  const RequestView request{"PUT", "/b/k", "acl", headers};
  EXPECT_EQ(auth_scheme_of(request), AuthScheme::sigv2_header);
  const auto claim = check(request, "");
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->access_key, "AKID");
  EXPECT_FALSE(claim->presigned);
  const auto code = [&](const RequestView& changed, std::int64_t now_ms) {
    const auto result = check(changed, "", now_ms);
    return result ? std::string() : std::string(signature_error_of(result.error())->aws_code);
  };
  EXPECT_EQ(code({"PUT", "/b/other", "acl", headers}, kNow), "SignatureDoesNotMatch");
  EXPECT_EQ(code({"PUT", "/b/k", "", headers}, kNow), "SignatureDoesNotMatch");
  EXPECT_EQ(code(request, kNow + kMaxClockSkewMs), "");
  EXPECT_EQ(code(request, kNow + kMaxClockSkewMs + 1000), "RequestTimeTooSkewed");
  EXPECT_EQ(code(request, kNow - kMaxClockSkewMs - 1000), "RequestTimeTooSkewed");

  headers.push_back({"x-dyad-lease", "1"});
  const auto added = check({"PUT", "/b/k", "acl", headers}, "");
  EXPECT_EQ(signature_error_of(added.error())->headers_not_signed, "x-dyad-lease");
  headers.back() = {"Authorization", authorization};
  EXPECT_EQ(code({"PUT", "/b/k", "acl", headers}, kNow), "SignatureDoesNotMatch");
  headers.back() = {"Date", date};
  EXPECT_EQ(code({"PUT", "/b/k", "acl", headers}, kNow), "AccessDenied");
  headers.back() = {"x-amz-date", date};
  EXPECT_EQ(code({"PUT", "/b/k", "acl", headers}, kNow), "SignatureDoesNotMatch");
}

TEST(Sigv2, HeadersAreDatedByAmzDateFirst) {
  const std::string date = to_http_date(kNow);
  std::vector<HeaderView> headers{{"Host", "h"}, {"x-amz-date", date}, {"Date", "long ago"}};
  const std::string authorization =
      sigv2_authorization({"GET", "/b/k", "", headers}, "", "AKID", kSecret);
  headers.push_back({"Authorization", authorization});
  const auto claim = check({"GET", "/b/k", "", headers}, "");
  EXPECT_TRUE(claim) << claim.error().to_string();
}

TEST(Sigv2, DatesThatAreNoneAreNotCalledSkewed) {
  const auto answer = [](std::string_view name, std::string_view date) {
    std::vector<HeaderView> headers{{"Host", "h"}, {"Date", to_http_date(kNow)}, {name, date}};
    if (name == "Date") headers.erase(headers.begin() + 1);
    const std::string authorization =
        sigv2_authorization({"PUT", "/b/k", "", headers}, "", "AKID", kSecret);
    headers.push_back({"Authorization", authorization});
    const auto claim = check({"PUT", "/b/k", "", headers}, "");
    return claim ? std::string() : std::string(signature_error_of(claim.error())->aws_code);
  };
  for (const char* name : {"x-amz-date", "Date"}) {
    EXPECT_EQ(answer(name, ""), "AccessDenied");
    EXPECT_EQ(answer(name, "Bad Date"), "AccessDenied");
    EXPECT_EQ(answer(name, "Fri, 07 Jul 1950 21:53:04 GMT"), "AccessDenied");
    EXPECT_EQ(answer(name, "Wed, 07 Jul 2010 21:53:04 GMT"), "RequestTimeTooSkewed");
    EXPECT_EQ(answer(name, "Wed, 07 Jul 9999 21:53:04 GMT"), "RequestTimeTooSkewed");
  }
}

TEST(Sigv2, ABucketMayBeSignedWithASlash) {
  const std::string date = to_http_date(kNow);
  std::vector<HeaderView> headers{{"Host", "h"}, {"Date", date}};
  const std::string authorization =
      sigv2_authorization({"GET", "/b/", "", headers}, "", "AKID", kSecret);
  headers.push_back({"Authorization", authorization});
  EXPECT_TRUE(check({"GET", "/b", "", headers}, ""));
  EXPECT_FALSE(check({"GET", "/bb", "", headers}, ""));
  EXPECT_FALSE(check({"GET", "/b/k", "", headers}, ""));
  EXPECT_FALSE(check({"GET", "/", "", headers}, ""));
}

TEST(Sigv2, MalformedHeaders) {
  for (const char* value : {"AWS", "AWS ", "AWS AKID", "AWS :signature", "AWS AKID:"}) {
    const std::vector<HeaderView> headers{{"Host", "h"}, {"Authorization", value}};
    const auto claim = check({"GET", "/b/k", "", headers}, "");
    ASSERT_FALSE(claim);
    EXPECT_EQ(claim.error().message,
              "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature");
    EXPECT_EQ(signature_error_of(claim.error())->aws_code, "InvalidArgument");
  }
  const std::vector<HeaderView> undated{{"Host", "h"}, {"Authorization", "AWS AKID:c2ln"}};
  EXPECT_EQ(check({"GET", "/b/k", "", undated}, "").error().message,
            "AWS authentication requires a valid Date or x-amz-date header");
}

TEST(Sigv2, WhatIsSaidTwiceIsRefused) {
  const std::vector<HeaderView> headers{{"Host", "h"}};
  const std::string query =
      presign_sigv2({"GET", "/b/k", "", headers}, "", "AKID", kSecret, kNow / 1000 + 5);
  EXPECT_TRUE(check({"GET", "/b/k", query, headers}, ""));
  for (const char* more : {"&Expires=9999999999", "&Signature=x", "&x-amz-acl=private"}) {
    const std::string longer = query + more;
    EXPECT_FALSE(check({"GET", "/b/k", longer, headers}, "")) << more;
  }
  const std::vector<HeaderView> dyad{{"Host", "h"}, {"X-Dyad-Lease", "1"}};
  EXPECT_FALSE(check({"GET", "/b/k", query, dyad}, ""));
}

TEST(Sigv2, NoSpellingOfAParameterEscapesTheSignature) {
  const std::vector<HeaderView> headers{{"Host", "h"}};
  const std::string query = presign_sigv2({"PUT", "/b/k", "x-amz-meta-a=1", headers}, "", "AKID",
                                          kSecret, kNow / 1000 + 5);
  EXPECT_TRUE(check({"PUT", "/b/k", query, headers}, ""));
  // Names are decoded before anybody acts on them.
  for (const char* more :
       {"&%74agging", "&upload%49d=U&p%61rtNumber=1", "&response%2Dcontent-type=text%2Fhtml",
        "&x%2Damz-meta-b=2", "&X%2damz-tagging=a%3Db", "&x-amz-meta-a=2", "&X-Amz-Meta-A=2"}) {
    const std::string longer = query + more;
    EXPECT_FALSE(check({"PUT", "/b/k", longer, headers}, "")) << more;
  }
  const std::string spelt = presign_sigv2({"PUT", "/b/k", "%74agging&x%2Damz-meta-b=2", headers},
                                          "", "AKID", kSecret, kNow / 1000 + 5);
  std::string plain = spelt;
  plain.replace(plain.find("%74"), 3, "t");
  EXPECT_TRUE(check({"PUT", "/b/k", plain, headers}, ""));
}

TEST(Sigv2, WhatThePresignerMakesIsAccepted) {
  const std::vector<HeaderView> headers{{"Host", "h"}};
  RequestView request{"GET", "/b/k", "versions&prefix=a", headers};
  const std::string query = presign_sigv2(request, "", "AKID", kSecret, kNow / 1000 + 5);
  request.query = query;
  const auto claim = check(request, "");
  EXPECT_TRUE(claim) << claim.error().to_string();
}

}  // namespace
}  // namespace dyad::crypto
