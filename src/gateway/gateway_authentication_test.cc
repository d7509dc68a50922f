// Who is let in: signatures of every form, and the authoriser behind them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/amz_date.h"
#include "crypto/sigv2.h"
#include "gateway/test_gateway.h"
#include "protocol/aws_chunked.h"

namespace dyad::gateway {
namespace {

TEST_F(GatewayTest, AnonymousIsDenied) {
  const std::string answer = exchange(text_of(put("x")));
  EXPECT_TRUE(has(answer, "HTTP/1.1 403")) << answer;
  EXPECT_TRUE(has(answer, "<Code>AccessDenied</Code>")) << answer;
  EXPECT_TRUE(fake_.stored.empty());
}

TEST_F(GatewayTest, SignedBodyArrives) {
  Sent sent = put("hello");
  sign(sent, hash_of("hello"));
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "HTTP/1.1 200")) << answer;
  EXPECT_TRUE(has(answer, "\"tag\"")) << answer;
  EXPECT_EQ(fake_.stored, std::vector<std::string>{"photos/a b.jpg=hello"});
}

TEST_F(GatewayTest, ABodyThatIsNotTheSignedOneIsNeverWhole) {
  Sent sent = put("hellO");
  sign(sent, hash_of("hello"));
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "HTTP/1.1 400")) << answer;
  EXPECT_TRUE(has(answer, "<Code>XAmzContentSHA256Mismatch</Code>")) << answer;
  EXPECT_TRUE(has(answer, "<ClientComputedContentSHA256>")) << answer;
  EXPECT_TRUE(fake_.stored.empty());
  EXPECT_EQ(fake_.failures.size(), 1u);
}

TEST_F(GatewayTest, ABodyThatEndsEarlyIsNeverWhole) {
  Sent sent = put("hello, world");
  sign(sent, hash_of("hello, world"));
  std::string text = text_of(sent);
  text.resize(text.size() - 4);
  exchange(text);
  EXPECT_TRUE(fake_.stored.empty());
  EXPECT_EQ(fake_.failures.size(), 1u);
}

TEST_F(GatewayTest, WrongSecret) {
  Sent sent = put("hello");
  sign(sent, hash_of("hello"), "s3", "another-secret");
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "HTTP/1.1 403")) << answer;
  for (const char* element :
       {"<Code>SignatureDoesNotMatch</Code>", "<AWSAccessKeyId>", "<StringToSign>",
        "<SignatureProvided>", "<CanonicalRequest>", "<StringToSignBytes>"})
    EXPECT_TRUE(has(answer, element)) << element << answer;
  EXPECT_FALSE(has(answer, kSecret));
}

TEST_F(GatewayTest, SignedChunksWithATrailer) {
  Sent sent = put("");
  sent.headers = {{"content-encoding", "aws-chunked"},
                  {"x-amz-decoded-content-length", "11"},
                  {"x-amz-trailer", "x-amz-checksum-crc32c"}};
  const auto seed = sign(sent, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER");
  crypto::Sigv4Signer signer({kKeyId, kSecret, ""}, crypto::SignatureStyle::s3, "us-east-1", "s3");
  const std::int64_t now_ms = simulation_.clock().wall_ms();
  std::string amz_date;
  for (const auto& header : seed.headers)
    if (header.name == "x-amz-date") amz_date = header.value;
  const auto encoded = [&](const std::string& data) {
    crypto::ChunkSignatures signatures(signer.key(now_ms), amz_date, signer.scope(now_ms),
                                       seed.signature);
    const std::vector<protocol::AwsTrailer> trailers = {{"x-amz-checksum-crc32c", "yZRlqg=="}};
    return protocol::encode_aws_chunked(data, 8192, &signatures, &trailers);
  };
  Sent good = sent;
  good.body = encoded("hello world");
  const std::string answer = exchange(text_of(good));
  EXPECT_TRUE(has(answer, "HTTP/1.1 200")) << answer;
  EXPECT_EQ(fake_.stored, std::vector<std::string>{"photos/a b.jpg=hello world"});

  Sent bad = sent;
  bad.body = encoded("hello world");
  bad.body[bad.body.find("hello world")] = 'J';
  const std::string refused = exchange(text_of(bad));
  EXPECT_TRUE(has(refused, "<Code>SignatureDoesNotMatch</Code>")) << refused;
  EXPECT_EQ(fake_.stored.size(), 1u);
}

TEST_F(GatewayTest, PresignedByVersion4AndVersion2) {
  crypto::Sigv4Signer signer({kKeyId, kSecret, ""}, crypto::SignatureStyle::s3, "us-east-1", "s3");
  const std::vector<crypto::HeaderView> headers = {{"Host", kHost}};
  crypto::RequestView view;
  view.method = "PUT";
  view.path = "/photos/a";
  view.headers = headers;
  const std::int64_t now_ms = simulation_.clock().wall_ms();
  Sent four{"PUT", "/photos/a?" + signer.presign(view, "UNSIGNED-PAYLOAD", 60, now_ms), {}, "4"};
  EXPECT_TRUE(has(exchange(text_of(four)), "HTTP/1.1 200"));
  Sent two{"PUT",
           "/photos/a?" + crypto::presign_sigv2(view, "", kKeyId, kSecret, now_ms / 1000 + 60),
           {},
           "2"};
  const std::string answer = exchange(text_of(two));
  EXPECT_TRUE(has(answer, "HTTP/1.1 200")) << answer;
  Sent late{"PUT",
            "/photos/a?" + crypto::presign_sigv2(view, "", kKeyId, kSecret, now_ms / 1000 - 60),
            {},
            "2"};
  const std::string refused = exchange(text_of(late));
  EXPECT_TRUE(has(refused, "HTTP/1.1 403")) << refused;
  EXPECT_TRUE(has(refused, "<Message>Request has expired</Message>")) << refused;
  EXPECT_EQ(fake_.stored.size(), 2u);
}

TEST_F(GatewayTest, Version2InAHeader) {
  Sent sent = put("by the old way");
  sent.headers = {{"x-amz-meta-a", "1"},
                  {"Date", crypto::to_http_date(simulation_.clock().wall_ms())}};
  std::vector<crypto::HeaderView> views = {{"Host", kHost}};
  for (const auto& header : sent.headers) views.push_back({header.name, header.value});
  const crypto::RequestView view{sent.method, sent.target, "", views};
  sent.headers.push_back({"Authorization", crypto::sigv2_authorization(view, "", kKeyId, kSecret)});
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "HTTP/1.1 200")) << answer;
  EXPECT_EQ(fake_.stored.size(), 1u);

  Sent changed = sent;
  changed.headers[0].value = "2";
  const std::string refused = exchange(text_of(changed));
  EXPECT_TRUE(has(refused, "<Code>SignatureDoesNotMatch</Code>")) << refused;

  shared_.options.accept_sigv2 = false;
  const std::string off = exchange(text_of(sent));
  EXPECT_TRUE(has(off, "HTTP/1.1 400")) << off;
  EXPECT_TRUE(has(off, "<Code>InvalidRequest</Code>")) << off;
  EXPECT_TRUE(has(off, "Please use AWS4-HMAC-SHA256.")) << off;
}

TEST_F(GatewayTest, Version2OfAPresignedRequestCanBeRefused) {
  const std::vector<crypto::HeaderView> headers = {{"Host", kHost}};
  const crypto::RequestView view{"PUT", "/photos/a", "", headers};
  const std::int64_t expires_s = simulation_.clock().wall_ms() / 1000 + 60;
  const Sent sent{
      "PUT", "/photos/a?" + crypto::presign_sigv2(view, "", kKeyId, kSecret, expires_s), {}, "x"};
  shared_.options.accept_sigv2 = false;
  EXPECT_TRUE(has(exchange(text_of(sent)), "Please use AWS4-HMAC-SHA256."));
  EXPECT_TRUE(fake_.stored.empty());
}

TEST_F(GatewayTest, ParametersOfAPresignedRequestStandForHeaders) {
  crypto::Sigv4Signer signer({kKeyId, kSecret, ""}, crypto::SignatureStyle::s3, "us-east-1", "s3");
  const std::vector<crypto::HeaderView> headers = {{"Host", kHost}};
  crypto::RequestView view;
  view.method = "PUT";
  view.path = "/photos/a";
  view.headers = headers;
  view.query =
      "x-amz-meta-Mood=good%20one&x-amz-tagging=a%3Db&X-Amz-Storage-Class=STANDARD_IA"
      "&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&If-None-Match=%2A"
      "&cache-control=no";
  const auto presigned = [&] {
    return "/photos/a?" +
           signer.presign(view, "UNSIGNED-PAYLOAD", 60, simulation_.clock().wall_ms());
  };
  const std::string answer = exchange(text_of({"PUT", presigned(), {}, "body"}));
  ASSERT_TRUE(has(answer, "HTTP/1.1 200")) << answer;
  EXPECT_EQ(fake_.last.metadata.at("mood"), "good one");
  EXPECT_EQ(fake_.last.tagging, "a=b");
  EXPECT_EQ(fake_.last.if_none_match, "*");
  EXPECT_TRUE(fake_.last.storage_class.has_value());
  EXPECT_FALSE(fake_.last.checksum_crc32);
  EXPECT_FALSE(fake_.last.checksum_algorithm);
  EXPECT_FALSE(fake_.last.cache_control);

  view.query = "x-amz-meta-a=line%0Abreak";
  const std::string refused = exchange(text_of({"PUT", presigned(), {}, "body"}));
  EXPECT_TRUE(has(refused, "<ArgumentName>x-amz-meta-a</ArgumentName>")) << refused;

  // In a request that is signed by its header, they are parameters and no more.
  Sent plain{"PUT", "/photos/a?x-amz-meta-a=1", {}, "body"};
  sign(plain, hash_of("body"));
  EXPECT_TRUE(has(exchange(text_of(plain)), "HTTP/1.1 200"));
  EXPECT_TRUE(fake_.last.metadata.empty());
}

TEST_F(GatewayTest, AnotherRegionIsToldWhereTheBucketIs) {
  crypto::Sigv4Signer signer({kKeyId, kSecret, ""}, crypto::SignatureStyle::s3, "eu-west-1", "s3");
  const std::vector<crypto::HeaderView> views = {{"Host", kHost}};
  Sent sent{"GET", "/photos", {}, ""};
  const auto made =
      signer.sign({"GET", "/photos", "", views}, hash_of(""), simulation_.clock().wall_ms());
  for (const auto& header : made.headers) sent.headers.push_back(header);
  const std::string answer = exchange(text_of(sent));
  EXPECT_TRUE(has(answer, "HTTP/1.1 400")) << answer;
  EXPECT_TRUE(has(answer, "<Code>AuthorizationHeaderMalformed</Code>")) << answer;
  EXPECT_TRUE(has(answer, "the region &apos;eu-west-1&apos; is wrong") ||
              has(answer, "the region 'eu-west-1' is wrong"))
      << answer;
  EXPECT_TRUE(has(answer, "<Region>us-east-1</Region>")) << answer;
  EXPECT_TRUE(has(answer, "x-amz-bucket-region: us-east-1\r\n")) << answer;

  const auto query = signer.presign({"GET", "/photos", "", views}, "UNSIGNED-PAYLOAD", 60,
                                    simulation_.clock().wall_ms());
  const std::string presigned = exchange(text_of({"GET", "/photos?" + query, {}, ""}));
  EXPECT_TRUE(has(presigned, "<Code>AuthorizationQueryParametersError</Code>")) << presigned;
  EXPECT_TRUE(has(presigned, "<Region>us-east-1</Region>")) << presigned;
}

TEST_F(GatewayTest, OtherServicesRefuseAnotherRegionInTheirWords) {
  const auto answer_of = [&](const char* service, Sent sent) {
    crypto::Sigv4Signer signer({kKeyId, kSecret, ""}, crypto::SignatureStyle::other, "eu-west-1",
                               service);
    std::vector<crypto::HeaderView> views = {{"Host", kHost}};
    for (const auto& header : sent.headers) views.push_back({header.name, header.value});
    const auto made = signer.sign({sent.method, sent.target, "", views}, hash_of(sent.body),
                                  simulation_.clock().wall_ms());
    for (const auto& header : made.headers) sent.headers.push_back(header);
    return exchange(text_of(sent));
  };
  const std::string dynamodb = answer_of(
      "dynamodb", {"POST", "/", {{"x-amz-target", "DynamoDB_20120810.ListTables"}}, "{}"});
  EXPECT_TRUE(has(dynamodb, "InvalidSignatureException")) << dynamodb;
  EXPECT_TRUE(has(dynamodb, "Credential should be scoped to a valid region. ")) << dynamodb;
  EXPECT_FALSE(has(dynamodb, "x-amz-bucket-region")) << dynamodb;
  const std::string sts = answer_of("sts", {"POST",
                                            "/",
                                            {{"content-type", "application/x-www-form-urlencoded"}},
                                            "Action=GetCallerIdentity&Version=2011-06-15"});
  EXPECT_TRUE(has(sts, "HTTP/1.1 403")) << sts;
  EXPECT_TRUE(has(sts, "<Code>SignatureDoesNotMatch</Code>")) << sts;
  EXPECT_TRUE(has(sts, "Credential should be scoped to a valid region. ")) << sts;
}

TEST_F(GatewayTest, OneAuthenticationARequest) {
  Sent basic{"GET", "/photos", {{"Authorization", "Basic dXNlcjpwYXNz"}}, ""};
  const std::string unsupported = exchange(text_of(basic));
  EXPECT_TRUE(has(unsupported, "HTTP/1.1 400")) << unsupported;
  EXPECT_TRUE(has(unsupported, "<Code>InvalidArgument</Code>")) << unsupported;
  EXPECT_TRUE(has(unsupported, "<ArgumentValue>Basic dXNlcjpwYXNz</ArgumentValue>"));

  Sent both{"GET", "/photos?X-Amz-Algorithm=AWS4-HMAC-SHA256", {}, ""};
  sign(both, hash_of(""));
  const std::string several = exchange(text_of(both));
  EXPECT_TRUE(has(several, "Only one auth mechanism allowed; ")) << several;
  EXPECT_TRUE(has(several, "<ArgumentName>Authorization</ArgumentName>")) << several;
}

TEST_F(GatewayTest, HeadersThatAreNotSignedAreRefused) {
  for (const char* name : {"x-amz-acl", "X-Amz-Meta-A", "x-dyad-lease"}) {
    Sent sent = put("x");
    sign(sent, hash_of("x"));
    sent.headers.push_back({name, "1"});
    const std::string answer = exchange(text_of(sent));
    EXPECT_TRUE(has(answer, "HTTP/1.1 403")) << answer;
    EXPECT_TRUE(has(answer, "<HeadersNotSigned>")) << answer;
    EXPECT_TRUE(has(answer, "There were headers present in the request which were not signed"));
  }
  EXPECT_TRUE(fake_.stored.empty());
}

/// Allows what it is told to, and remembers what it was asked.
class Picky final : public auth::Authorizer {
 public:
  Verdict of_principal(const auth::Principal& principal) const override {
    return principal.kind == auth::Principal::Kind::root ? Verdict::depends : Verdict::denied;
  }
  Result<> authorise(const auth::AccessRequest& request) const override {
    asked.push_back(std::string(request.action) + " " + std::string(request.resource) + " " +
                    request.facts.value_of("aws:SecureTransport") +
                    request.facts.value_of("aws:RequestedRegion") +
                    request.facts.value_of("aws:Unknown"));
    if (request.resource == allowed) return {};
    return fail(ErrorCode::permission_denied, "no");
  }
  std::string allowed;
  mutable std::vector<std::string> asked;
};

TEST_F(GatewayTest, EveryRequestPassesTheAuthoriser) {
  Picky picky;
  const GatewayShared shared{{},
                             simulation_.clock(),
                             simulation_.random(),
                             credentials_,
                             picky,
                             s3_,
                             none_,
                             none_,
                             metrics_,
                             body_memory_,
                             rates_};
  Gateway gateway(shared, [](const protocol::Operation&) { return protocol::JsonCodec::Hooks(); });
  const auto ask = [&](const std::string& text) {
    return simulation_.run_until(run_on(gateway, text));
  };
  Sent sent = put("hello");
  sign(sent, hash_of("hello"));
  const std::string refused = ask(text_of(sent));
  EXPECT_TRUE(has(refused, "HTTP/1.1 403")) << refused;
  EXPECT_TRUE(has(refused, "<Code>AccessDenied</Code>")) << refused;
  EXPECT_EQ(picky.asked,
            std::vector<std::string>{"s3:PutObject arn:aws:s3:::photos/a b.jpg falseus-east-1"});
  EXPECT_TRUE(fake_.stored.empty());
  EXPECT_TRUE(fake_.failures.empty());
  picky.allowed = "arn:aws:s3:::photos/a b.jpg";
  EXPECT_TRUE(has(ask(text_of(sent)), "HTTP/1.1 200"));
  EXPECT_EQ(fake_.stored.size(), 1u);
  // Who may do nothing is not asked about.
  EXPECT_TRUE(has(ask(text_of(put("x"))), "<Code>AccessDenied</Code>"));
  EXPECT_EQ(picky.asked.size(), 2u);
}

TEST_F(GatewayTest, WhoSaysNotWhoItIsIsAnsweredBeforeItsBody) {
  const std::string announced = "Host: a\r\nContent-Length: 1000000\r\n";
  const std::string json = exchange(
      "POST / HTTP/1.1\r\nX-Amz-Target: DynamoDB_20120810.PutItem\r\n" + announced + "\r\n");
  EXPECT_TRUE(has(json, "MissingAuthenticationToken")) << json;
  const std::string form =
      exchange("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
               announced + "\r\n");
  EXPECT_TRUE(has(form, "MissingAuthenticationToken")) << form;
}

}  // namespace
}  // namespace dyad::gateway
