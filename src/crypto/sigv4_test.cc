#include "crypto/sigv4.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.h"
#include "crypto/amz_date.h"
#include "crypto/chunk_signatures.h"
#include "crypto/sigv4_signer.h"
#include "crypto/uri_encoding.h"

namespace dyad::crypto {
namespace {

// The credentials of the examples in the S3 API reference.
constexpr std::string_view kDocSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::int64_t kDocNow = *parse_amz_date("20130524T000000Z");
constexpr Sigv4Rules kDocS3{SignatureStyle::s3, "us-east-1", "s3"};

// Credentials and moment of the requests that were signed with botocore 1.44.5.
constexpr std::string_view kBotoSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const std::int64_t kBotoNow = *parse_amz_date("20260102T030405Z");

struct Request {
  std::string method, path, query;
  std::vector<HeaderView> headers;
  RequestView view() const { return {method, path, query, headers}; }
};

/// Claim and verification in one; what the gateway does.
Result<Sigv4Claim> check(const Request& request, const Sigv4Rules& rules, std::string_view secret,
                         std::int64_t now_ms, std::string_view body_hash = {}) {
  Sigv4Verifier verifier;
  const RequestView view = request.view();
  DYAD_TRY_ASSIGN(Sigv4Claim claim, read_sigv4_claim(view, auth_scheme_of(view), rules, now_ms));
  const std::string_view hash = rules.style == SignatureStyle::s3 ? claim.payload_hash : body_hash;
  DYAD_TRY(verifier.verify(view, claim, rules.style, secret, hash));
  return claim;
}

SignatureErrorDetail detail_of(const Result<Sigv4Claim>& result) {
  EXPECT_FALSE(result.has_value());
  if (result.has_value()) return {};
  const auto* detail = signature_error_of(result.error());
  EXPECT_NE(detail, nullptr);
  return detail == nullptr ? SignatureErrorDetail{} : *detail;
}

Request doc_get_object() {
  return {"GET",
          "/test.txt",
          "",
          {{"Host", "examplebucket.s3.amazonaws.com"},
           {"Range", "bytes=0-9"},
           {"x-amz-content-sha256", kEmptySha256},
           {"x-amz-date", "20130524T000000Z"},
           {"Authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}}};
}

TEST(Sigv4, S3ReferenceGetObject) {
  const auto claim = check(doc_get_object(), kDocS3, kDocSecret, kDocNow);
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->access_key, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(claim->payload_hash, kEmptySha256);
}

TEST(Sigv4, S3ReferencePutObject) {
  const Request request{
      "PUT",
      "/test%24file.text",
      "",
      {{"Host", "examplebucket.s3.amazonaws.com"},
       {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
       {"x-amz-date", "20130524T000000Z"},
       {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
       {"x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"}}};
  const auto claim = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(to_hex(as_view(sha256("Welcome to Amazon S3."))), claim->payload_hash);
}

TEST(Sigv4, S3ReferenceQueriesWithAndWithoutValues) {
  const auto request = [](std::string query, std::string_view signature) {
    static std::string authorization;
    authorization =
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=" +
        std::string(signature);
    return Request{"GET",
                   "/",
                   std::move(query),
                   {{"Host", "examplebucket.s3.amazonaws.com"},
                    {"x-amz-date", "20130524T000000Z"},
                    {"x-amz-content-sha256", kEmptySha256},
                    {"Authorization", authorization}}};
  };
  const auto lifecycle = check(
      request("lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
      kDocS3, kDocSecret, kDocNow);
  EXPECT_TRUE(lifecycle) << lifecycle.error().to_string();
  const auto list =
      check(request("max-keys=2&prefix=J",
                    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
            kDocS3, kDocSecret, kDocNow);
  EXPECT_TRUE(list) << list.error().to_string();
}

Request doc_presigned() {
  return {"GET",
          "/test.txt",
          "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-"
          "east-1%2Fs3"
          "%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
          "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
          {{"Host", "examplebucket.s3.amazonaws.com"}}};
}

TEST(Sigv4, S3ReferencePresignedUntilTheVerySecond) {
  const auto claim = check(doc_presigned(), kDocS3, kDocSecret, kDocNow + 86400'000);
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_TRUE(claim->presigned);
  EXPECT_EQ(claim->expires_s, 86400);

  const auto late = check(doc_presigned(), kDocS3, kDocSecret, kDocNow + 86400'001);
  EXPECT_EQ(detail_of(late).reason, SignatureReason::expired);
  EXPECT_EQ(detail_of(late).aws_code, "AccessDenied");
  EXPECT_EQ(late.error().message, "Request has expired");
  const auto early = check(doc_presigned(), kDocS3, kDocSecret, kDocNow - 15 * 60'000 - 1);
  EXPECT_EQ(detail_of(early).reason, SignatureReason::not_yet_valid);
}

// "sigv4-streaming" and "sigv4-streaming-trailers" of the S3 API reference.
TEST(Sigv4, S3ReferenceChunkedUploads) {
  const CredentialScope scope{"20130524", "us-east-1", "s3"};
  const HmacSha256 key = derive_signing_key(kDocSecret, scope);
  const std::string first(65536, 'a'), second(1024, 'a');
  const auto text = [](const ChunkSignatures::Text& t) { return std::string(t.data(), t.size()); };

  ChunkSignatures chain(key, "20130524T000000Z", scope,
                        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  EXPECT_EQ(text(chain.next(sha256(first))),
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
  EXPECT_EQ(text(chain.next(sha256(second))),
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
  EXPECT_EQ(text(chain.next(sha256(""))),
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");

  ChunkSignatures trailing(key, "20130524T000000Z", scope,
                           "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  EXPECT_EQ(text(trailing.next(sha256(first))),
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
  EXPECT_EQ(text(trailing.next(sha256(second))),
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
  EXPECT_EQ(text(trailing.next(sha256(""))),
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
  EXPECT_EQ(text(trailing.trailer("x-amz-checksum-crc32c:sOO8/Q==\n")),
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435");
}

// aws-sig-v4-test-suite: get-vanilla-query-order-key-case.
TEST(Sigv4, TestSuiteQueryOrder) {
  const Request request{
      "GET",
      "/",
      "Param2=value2&Param1=value1",
      {{"Host", "example.amazonaws.com"},
       {"X-Amz-Date", "20150830T123600Z"},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"}}};
  const auto claim = check(request, {SignatureStyle::other, "us-east-1", "service"},
                           "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                           *parse_amz_date("20150830T123600Z"), kEmptySha256);
  EXPECT_TRUE(claim) << claim.error().to_string();
}

Request boto_dynamodb() {
  return {
      "POST",
      "/",
      "",
      {{"Host", "127.0.0.1:4566"},
       {"Accept-Encoding", "identity"},
       {"X-Amz-Target", "DynamoDB_20120810.GetItem"},
       {"Content-Type", "application/x-amz-json-1.0"},
       {"User-Agent", "Boto3/1.44.5"},
       {"X-Amz-Date", "20260102T030405Z"},
       {"X-Amz-Security-Token", "to/ken+="},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE00000000/20260102/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=accept-encoding;content-type;host;x-amz-date;x-amz-security-token;x-amz-"
        "target, "
        "Signature=f65b3bb71aa59c55748b2e14506913cd679b25860ed93c384ae17c884996904e"}}};
}
constexpr Sigv4Rules kBotoDynamodb{SignatureStyle::other, "us-east-1", "dynamodb"};
const std::string kBotoBody = R"({"TableName":"t"})";

std::string hash_of(std::string_view body) {
  return to_hex(as_view(sha256(body)));
}

TEST(Sigv4, BotocoreDynamodb) {
  const auto claim =
      check(boto_dynamodb(), kBotoDynamodb, kBotoSecret, kBotoNow, hash_of(kBotoBody));
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->security_token, "to/ken+=");
}

TEST(Sigv4, BotocoreS3PathIsNotNormalised) {
  const Request request{
      "GET",
      "/b/a%20b%2Bc/../%C3%A9//x%3Dy",
      "list-type=2&prefix=a%2Fb%20c&acl",
      {{"Host", "127.0.0.1:4566"},
       {"x-amz-meta-a", "  two   words "},
       {"X-Amz-Date", "20260102T030405Z"},
       {"X-Amz-Content-SHA256", kEmptySha256},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE00000000/20260102/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-a, "
        "Signature=1e795281548152b430d5afd5bf8e98b7b8a0d3a93c4418c076ca8386f65ed185"}}};
  auto claim = check(request, kDocS3, kBotoSecret, kBotoNow);
  EXPECT_TRUE(claim) << claim.error().to_string();
  // A client that leaves '=' as it is signs the same.
  Request other = request;
  other.path = "/b/a%20b%2bc/../%c3%a9//x=y";
  claim = check(other, kDocS3, kBotoSecret, kBotoNow);
  EXPECT_TRUE(claim) << claim.error().to_string();
}

TEST(Sigv4, BotocoreOtherServicesNormaliseThePath) {
  const Request request{
      "GET",
      "/a/./b/../c//d%20e/",
      "b=2&a=1",
      {{"Host", "h.example.com"},
       {"X-Amz-Date", "20260102T030405Z"},
       {"Authorization",
        "AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE00000000/20260102/us-east-1/execute-api/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=e8876d76beeaacd42a66526527b70e36b6ae554960764ac3a6ad72ee73a851d6"}}};
  const auto claim = check(request, {SignatureStyle::other, "us-east-1", "execute-api"},
                           kBotoSecret, kBotoNow, kEmptySha256);
  EXPECT_TRUE(claim) << claim.error().to_string();
}

TEST(Sigv4, BotocorePresignedWithToken) {
  const Request request{
      "GET",
      "/b/photo%20one.jpg",
      "versionId=abc&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE00000000%"
      "2F20260102%2Fus-east-1"
      "%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host"
      "&X-Amz-Security-Token=to%2Fken%2B%3D"
      "&X-Amz-Signature=dc8baaf14167205da1631ddd684689faee0ee2a06e497fca4782e16838f216eb",
      {{"Host", "127.0.0.1:4566"}}};
  const auto claim = check(request, kDocS3, kBotoSecret, kBotoNow);
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->security_token, "to/ken+=");
  EXPECT_EQ(claim->payload_hash, kUnsignedPayload);
}

TEST(Sigv4, AMismatchTellsWhatTheServerComputed) {
  Request request = doc_get_object();
  request.headers[1].value = "bytes=0-10";
  const auto result = check(request, kDocS3, kDocSecret, kDocNow);
  const SignatureErrorDetail detail = detail_of(result);
  EXPECT_EQ(detail.reason, SignatureReason::mismatch);
  EXPECT_EQ(detail.aws_code, "SignatureDoesNotMatch");
  EXPECT_EQ(detail.http_status, 403);
  EXPECT_EQ(detail.access_key, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(detail.signature_provided,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_TRUE(detail.canonical_request.starts_with(
      "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-10\n"));
  EXPECT_TRUE(detail.string_to_sign.starts_with(
      "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/"));

  const auto dynamodb = check(boto_dynamodb(), kBotoDynamodb, kBotoSecret, kBotoNow, hash_of("{}"));
  EXPECT_EQ(detail_of(dynamodb).aws_code, "InvalidSignatureException");
  EXPECT_EQ(detail_of(dynamodb).http_status, 400);
}

TEST(Sigv4, TheClockMayBeFifteenMinutesOff) {
  for (const std::int64_t skew : {-kMaxClockSkewMs, kMaxClockSkewMs}) {
    EXPECT_TRUE(check(doc_get_object(), kDocS3, kDocSecret, kDocNow + skew));
    const auto s3 =
        check(doc_get_object(), kDocS3, kDocSecret, kDocNow + skew + (skew > 0 ? 1 : -1));
    EXPECT_EQ(detail_of(s3).aws_code, "RequestTimeTooSkewed");
    EXPECT_EQ(detail_of(s3).request_time, "20130524T000000Z");
    const auto dynamodb = check(boto_dynamodb(), kBotoDynamodb, kBotoSecret,
                                kBotoNow + skew + (skew > 0 ? 1 : -1), hash_of(kBotoBody));
    EXPECT_EQ(detail_of(dynamodb).aws_code, "InvalidSignatureException");
    EXPECT_EQ(detail_of(dynamodb).reason, SignatureReason::time_skewed);
  }
  const auto old = check(boto_dynamodb(), kBotoDynamodb, kBotoSecret, kBotoNow + 20 * 60'000,
                         hash_of(kBotoBody));
  EXPECT_EQ(old.error().message,
            "Signature expired: 20260102T030405Z is now earlier than 20260102T030905Z "
            "(20260102T032405Z - 15 min.)");
}

TEST(Sigv4, HostAndAmzHeadersMustBeSigned) {
  Request request = doc_get_object();
  request.headers.push_back({"X-Amz-Copy-Source", "other/secret"});
  const auto added = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(added).reason, SignatureReason::unsigned_headers);
  EXPECT_EQ(detail_of(added).aws_code, "AccessDenied");
  EXPECT_EQ(detail_of(added).headers_not_signed, "x-amz-copy-source");

  Request presigned = doc_presigned();
  presigned.headers.push_back({"x-amz-acl", "public-read"});
  EXPECT_EQ(detail_of(check(presigned, kDocS3, kDocSecret, kDocNow)).reason,
            SignatureReason::unsigned_headers);

  presigned = doc_presigned();
  presigned.query.replace(presigned.query.find("SignedHeaders=host"), 18, "SignedHeaders=date");
  EXPECT_EQ(detail_of(check(presigned, kDocS3, kDocSecret, kDocNow)).headers_not_signed, "host");
}

TEST(Sigv4, ADuplicateOfASignedHeaderBreaksTheSignature) {
  Request request = doc_get_object();
  request.headers.push_back({"range", "bytes=0-99"});
  EXPECT_EQ(detail_of(check(request, kDocS3, kDocSecret, kDocNow)).reason,
            SignatureReason::mismatch);
}

std::string with_authorization(Request& request, std::string_view from, std::string_view to) {
  std::string value(request.headers.back().value);
  value.replace(value.find(from), from.size(), to);
  return value;
}

TEST(Sigv4, MalformedAuthorizationHeaders) {
  struct Case {
    std::string_view from, to;
    SignatureReason reason;
    std::string_view code;
  };
  const Case cases[] = {
      {"us-east-1", "eu-west-1", SignatureReason::wrong_scope, "AuthorizationHeaderMalformed"},
      {"/s3/", "/sqs/", SignatureReason::wrong_scope, "AuthorizationHeaderMalformed"},
      {"aws4_request", "aws5_request", SignatureReason::wrong_scope,
       "AuthorizationHeaderMalformed"},
      {"/20130524/", "/20130525/", SignatureReason::wrong_scope, "AuthorizationHeaderMalformed"},
      {"/20130524/", "/", SignatureReason::malformed, "AuthorizationHeaderMalformed"},
      {"/20130524/", "/a/b/", SignatureReason::malformed, "AuthorizationHeaderMalformed"},
      {"AKIAIOSFODNN7EXAMPLE", "", SignatureReason::malformed, "AuthorizationHeaderMalformed"},
      {"Signature=", "Signatur=", SignatureReason::malformed, "AuthorizationHeaderMalformed"},
      {"host;range", "Host;range", SignatureReason::malformed, "AuthorizationHeaderMalformed"},
      {"AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA512 ", SignatureReason::unsupported_algorithm,
       "InvalidRequest"},
      {"AWS4-HMAC-SHA256 ", "AWS AKID:", SignatureReason::unsupported_algorithm, "InvalidRequest"},
      {"AWS4-HMAC-SHA256 ", "Bearer ", SignatureReason::unsupported_authorization,
       "InvalidArgument"},
  };
  for (const Case& c : cases) {
    Request request = doc_get_object();
    const std::string value = with_authorization(request, c.from, c.to);
    request.headers.back().value = value;
    const auto result = check(request, kDocS3, kDocSecret, kDocNow);
    EXPECT_EQ(detail_of(result).reason, c.reason) << value;
    EXPECT_EQ(detail_of(result).aws_code, c.code) << value;
  }
  Request request = doc_get_object();
  const std::string value = with_authorization(request, "us-east-1", "eu-west-1");
  request.headers.back().value = value;
  const auto result = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(result.error().message,
            "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting "
            "'us-east-1'");
  EXPECT_EQ(detail_of(result).expected_region, "us-east-1");
}

TEST(Sigv4, WhatIsSaidTwiceIsRefused) {
  struct Case {
    std::string_view name;
    std::string_view code;
  };
  const Case cases[] = {{"authorization", "AuthorizationHeaderMalformed"},
                        {"x-amz-date", "AccessDenied"},
                        {"x-amz-content-sha256", "SignatureDoesNotMatch"}};
  for (const Case& c : cases) {
    Request request = doc_get_object();
    const HeaderView* first = find_header(request.headers, c.name);
    ASSERT_NE(first, nullptr);
    request.headers.push_back(*first);
    EXPECT_EQ(detail_of(check(request, kDocS3, kDocSecret, kDocNow)).aws_code, c.code) << c.name;
  }
  for (const std::string_view parameter :
       {"&X-Amz-Expires=86400", "&X-Amz-Date=20130524T000000Z", "&X-Amz-SignedHeaders=host",
        "&X-Amz-Algorithm=AWS4-HMAC-SHA256", "&X-Amz-Signature=0", "&X-Amz-Credential=a"}) {
    Request request = doc_presigned();
    request.query += parameter;
    EXPECT_FALSE(check(request, kDocS3, kDocSecret, kDocNow)) << parameter;
  }
}

TEST(Sigv4, OneAuthenticationARequest) {
  Request request = doc_get_object();
  request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256";
  auto result = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(result).aws_code, "InvalidArgument");
  EXPECT_TRUE(result.error().message.starts_with("Only one auth mechanism allowed; "));
  request.query = "Signature=a";
  result = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(result).aws_code, "InvalidArgument");
  Request other = doc_get_object();
  other.headers.back().value = "Basic dXNlcjpwYXNz";
  result = check(other, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(result.error().message, "Unsupported Authorization Type");
  EXPECT_EQ(detail_of(result).argument_value, "Basic dXNlcjpwYXNz");
}

TEST(Sigv4, DyadHeadersMustBeSignedToo) {
  Request request = doc_get_object();
  request.headers.push_back({"X-Dyad-Lease", "7"});
  EXPECT_EQ(detail_of(check(request, kDocS3, kDocSecret, kDocNow)).headers_not_signed,
            "x-dyad-lease");
}

TEST(Sigv4, MissingPieces) {
  Request request = doc_get_object();
  request.headers.pop_back();
  auto result = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(result).reason, SignatureReason::missing);
  result = check(request, kBotoDynamodb, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(result).aws_code, "MissingAuthenticationTokenException");

  request = doc_get_object();
  request.headers.erase(request.headers.begin() + 2);
  result = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(result).reason, SignatureReason::missing_content_sha256);

  request = doc_get_object();
  request.headers.erase(request.headers.begin() + 3);
  result = check(request, kDocS3, kDocSecret, kDocNow);
  EXPECT_EQ(detail_of(result).reason, SignatureReason::missing_date);
}

TEST(Sigv4, PresignedParametersAreChecked) {
  const auto reason_with = [](std::string_view from, std::string_view to) {
    Request request = doc_presigned();
    request.query.replace(request.query.find(from), from.size(), to);
    const auto result = check(request, kDocS3, kDocSecret, kDocNow);
    const auto detail = detail_of(result);
    return std::string(detail.aws_code) + ": " + (result ? "" : result.error().message);
  };
  EXPECT_EQ(reason_with("Expires=86400", "Expires=604801"),
            "AuthorizationQueryParametersError: X-Amz-Expires must be less than a week (in "
            "seconds); that is, the "
            "given X-Amz-Expires must be less than 604800 seconds");
  EXPECT_TRUE(
      reason_with("Expires=86400", "Expires=99999999999999999999").contains("less than a week"));
  EXPECT_TRUE(reason_with("Expires=86400", "Expires=-1").contains("must be non-negative"));
  EXPECT_TRUE(reason_with("Expires=86400", "Expires=1h").contains("should be a number"));
  EXPECT_TRUE(reason_with("&X-Amz-Expires=86400", "").contains("requires the X-Amz-Algorithm"));
  EXPECT_TRUE(reason_with("Date=20130524T000000Z", "Date=yesterday").contains("ISO8601"));
  EXPECT_TRUE(
      reason_with("AWS4-HMAC-SHA256&", "AWS4-FOO&").contains("X-Amz-Algorithm only supports"));
  EXPECT_TRUE(
      reason_with("us-east-1", "eu-west-1")
          .starts_with(
              "AuthorizationQueryParametersError: Error parsing the X-Amz-Credential parameter; "
              "the region 'eu-west-1' is wrong"));
  EXPECT_TRUE(reason_with("Expires=86400", "Expires=604800").starts_with("SignatureDoesNotMatch"));
  EXPECT_TRUE(reason_with("Expires=86400", "Expires=1").starts_with("SignatureDoesNotMatch"));
  EXPECT_TRUE(reason_with("Expires=86400", "Expires=").contains("requires the X-Amz-Algorithm"));
}

TEST(Sigv4, PayloadKinds) {
  EXPECT_EQ(*payload_kind_of("UNSIGNED-PAYLOAD"), PayloadKind::unsigned_payload);
  EXPECT_EQ(*payload_kind_of(kEmptySha256), PayloadKind::hashed);
  EXPECT_EQ(*payload_kind_of("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            PayloadKind::streaming_unsigned_trailer);
  EXPECT_EQ(*payload_kind_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), PayloadKind::streaming_signed);
  EXPECT_EQ(*payload_kind_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
            PayloadKind::streaming_signed_trailer);
  EXPECT_FALSE(payload_kind_of("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"));
  EXPECT_FALSE(payload_kind_of(kEmptySha256.substr(1)));
  EXPECT_FALSE(payload_kind_of(""));
}

TEST(Sigv4, WhatTheSignerSignsIsAccepted) {
  const Credentials credentials{"AKIDSIGNER", std::string(kBotoSecret), "a/token="};
  Sigv4Signer signer(credentials, SignatureStyle::s3, "us-east-1", "s3");
  Request request{
      "PUT", "/b/k%20%C3%A9", "x=1&a=b%20c", {{"Host", "h:1"}, {"x-amz-meta-z", " a  b "}}};
  const auto made = signer.sign(request.view(), kUnsignedPayload, kBotoNow);
  Request signed_request = request;
  for (const auto& header : made.headers)
    signed_request.headers.push_back({header.name, header.value});
  auto claim = check(signed_request, kDocS3, kBotoSecret, kBotoNow);
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->security_token, "a/token=");
  EXPECT_EQ(claim->signature, made.signature);

  Request presigned = request;
  presigned.query = signer.presign(request.view(), kUnsignedPayload, 60, kBotoNow);
  claim = check(presigned, kDocS3, kBotoSecret, kBotoNow + 60'000);
  ASSERT_TRUE(claim) << claim.error().to_string();
  EXPECT_EQ(claim->security_token, "a/token=");
}

TEST(SigningKeyCache, IsBoundedAndFollowsAChangedSecret) {
  SigningKeyCache cache(3);
  const auto scope_of = [](int day) {
    return CredentialScope{"2026010" + std::to_string(day), "us-east-1", "s3"};
  };
  const auto signature = [&](int day, std::string_view secret) {
    return cache.get("AKID", secret, scope_of(day)).sign("x");
  };
  for (int day = 1; day <= 5; ++day)
    EXPECT_EQ(signature(day, "s"), derive_signing_key("s", scope_of(day)).sign("x"));
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_EQ(cache.derived(), 5u);
  signature(3, "s");
  EXPECT_EQ(cache.derived(), 5u);
  signature(6, "s");  // Drops day 4, the one used longest ago.
  signature(3, "s");
  signature(5, "s");
  EXPECT_EQ(cache.derived(), 6u);
  signature(4, "s");
  EXPECT_EQ(cache.derived(), 7u);
  EXPECT_EQ(signature(4, "another"), derive_signing_key("another", scope_of(4)).sign("x"));
}

TEST(CanonicalRequest, ValuesAreTrimmedAndBlanksJoined) {
  const auto canonical = [](std::string_view value) {
    std::string out;
    append_canonical_value(out, value);
    return out;
  };
  EXPECT_EQ(canonical("  a   b\t c  "), "a b c");
  EXPECT_EQ(canonical("a\tb"), "a b");
  EXPECT_EQ(canonical("a b"), "a b");
  EXPECT_EQ(canonical(""), "");
  EXPECT_EQ(canonical(" \t "), "");
}

TEST(UriEncoding, RoundTripsAndRejects) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  std::string encoded;
  append_uri_encoded(encoded, all, false);
  EXPECT_EQ(uri_decoded(encoded, false), all);
  EXPECT_FALSE(uri_decoded("%", false));
  EXPECT_FALSE(uri_decoded("a%2", false));
  EXPECT_FALSE(uri_decoded("%zz", false));
  EXPECT_EQ(uri_decoded("a+b", true), "a b");
  EXPECT_EQ(uri_decoded("a+b", false), "a+b");
  std::string lenient;
  append_uri_decoded_leniently(lenient, "100%&%41", true);
  EXPECT_EQ(lenient, "100%&A");
}

TEST(AmzDate, RoundTripsAndRejects) {
  EXPECT_EQ(parse_amz_date("19700101T000000Z"), 0);
  EXPECT_EQ(to_amz_date(*parse_amz_date("20240229T235959Z")), "20240229T235959Z");
  for (const char* bad :
       {"", "20230229T000000Z", "20131301T000000Z", "20130524T240000Z", "20130524T006000Z",
        "20130524 000000Z", "2013052aT000000Z", "20130524T000000", "20130524T000000ZZ"})
    EXPECT_FALSE(parse_amz_date(bad)) << bad;
  EXPECT_EQ(to_http_date(kDocNow), "Fri, 24 May 2013 00:00:00 GMT");
  EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:00 GMT"), kDocNow);
  EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:00 -0000"), kDocNow);
  EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:00 +0000"), kDocNow);
  EXPECT_EQ(to_iso_date(kDocNow), "2013-05-24T00:00:00Z");
  for (const char* bad : {"", "Fri, 24 May 2013 00:00:00", "Fri, 24 anM 2013 00:00:00 GMT",
                          "Fri, 31 Feb 2013 00:00:00 GMT", "Friday, 24-May-13 00:00:00 GMT",
                          "Fri, 24 May 2013 00:00:00 +0100"})
    EXPECT_FALSE(parse_http_date(bad)) << bad;
}

}  // namespace
}  // namespace dyad::crypto
