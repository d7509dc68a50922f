#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/s3/put_object.h"
#include "auth/authorizer.h"
#include "crypto/amz_date.h"
#include "crypto/digest.h"
#include "crypto/sigv2.h"
#include "crypto/sigv4_signer.h"
#include "http/test_stream.h"
#include "protocol/aws_chunked.h"
#include "protocol/service_error.h"
#include "runtime/simulation.h"

namespace dyad::gateway {
namespace {

constexpr char kKeyId[] = "AKIAEXAMPLE";
constexpr char kSecret[] = "secret-of-the-example";
constexpr char kHost[] = "127.0.0.1:4566";

/// Keeps what a PutObject's body was, or why it could not be read.
struct FakeS3 {
  std::vector<std::string> stored;
  std::vector<std::string> failures;
  std::int64_t time_left_ms = 0;  ///< When the body was there.
  api::s3::PutObjectInput last;
};

Task<Result<api::s3::PutObjectOutput>> put_object(FakeS3& service, api::RequestContext& context,
                                                  api::s3::PutObjectInput& input) {
  Result<std::string> body = co_await http::read_all(*context.body, 1u << 20);
  if (!body) {
    service.failures.push_back(body.error().message);
    co_return fail(std::move(body).error());
  }
  service.time_left_ms = (context.deadline.steady_us - context.clock->steady_us()) / 1000;
  service.stored.push_back(input.bucket + "/" + input.key + "=" + *body);
  service.last = input;
  api::s3::PutObjectOutput output;
  output.e_tag = "\"tag\"";
  co_return output;
}

std::vector<std::unique_ptr<api::OperationHandler>> fake_handlers(FakeS3& service) {
  std::vector<std::unique_ptr<api::OperationHandler>> handlers;
  handlers.push_back(api::bind<api::s3::PutObject>(service, put_object));
  return handlers;
}

/// Allows pages of one origin, and says what it was asked.
class FakePolicy final : public api::CorsPolicy {
 public:
  Task<Result<api::CorsHeaders>> preflight(api::CorsRequest request) const override {
    if (request.origin != "http://page")
      co_return fail(protocol::service_error("AccessForbidden", 403, "not from there"));
    co_return said(request);
  }
  Task<api::CorsHeaders> allowed(api::CorsRequest request) const override {
    if (request.origin != "http://page") co_return api::CorsHeaders();
    co_return said(request);
  }

 private:
  static api::CorsHeaders said(const api::CorsRequest& request) {
    std::string asked = std::string(request.method) + " " + std::string(request.bucket);
    if (request.of_object) asked += " object";
    asked += " " + std::string(request.asked_method.value_or("none"));
    asked += " " + std::string(request.asked_headers.value_or("none"));
    return {{"X-Asked", asked}};
  }
};

auth::CredentialStore credentials() {
  auth::Credential root;
  root.access_key_id = kKeyId;
  root.secret_access_key = kSecret;
  root.principal.kind = auth::Principal::Kind::root;
  root.principal.account_id = "000000000000";
  return auth::CredentialStore(root);
}

struct Sent {
  std::string method = "GET";
  std::string target = "/";
  std::vector<crypto::Sigv4Signer::Header> headers;
  std::string body;
};

class GatewayTest : public testing::Test {
 protected:
  std::string exchange(std::string text) { return simulation_.run_until(run(std::move(text))); }

  Task<std::string> run(std::string text) { return run_on(gateway_, std::move(text)); }

  Task<std::string> run_on(Gateway& gateway, std::string text) {
    auto [server, client] = http::TestStream::pair();
    http::Connection connection(std::move(server), gateway, simulation_.clock(), options_,
                                head_memory_);
    Completion<bool> over;
    const auto serve = [](http::Connection& c, Completion<bool>& done) -> Task<void> {
      co_await c.run();
      c.abort();  // What the end of the connection does to a socket.
      done.set(true);
    };
    Executor::current()->spawn(serve(connection, over));
    const std::string_view all(text);
    const std::string_view pieces[] = {all.substr(0, all.size() - 1)};
    (void)co_await client->write(pieces, Deadline::never());
    co_await SleepUntil(simulation_.clock().steady_us() + pause_ms_ * 1000);
    const std::string_view last_byte[] = {all.substr(all.size() - 1)};
    (void)co_await client->write(last_byte, Deadline::never());
    (void)co_await client->shutdown(Deadline::never());
    std::string answer;
    char buffer[4096];
    while (true) {
      const auto got = co_await client->read(buffer, Deadline::never());
      if (!got || *got == 0) break;
      answer.append(buffer, *got);
    }
    (void)co_await over;
    co_return answer;
  }

  static std::string text_of(const Sent& sent) {
    std::string text = sent.method + " " + sent.target + " HTTP/1.1\r\nHost: " + kHost + "\r\n";
    for (const auto& header : sent.headers) text += header.name + ": " + header.value + "\r\n";
    if (!sent.body.empty() || sent.method == "PUT" || sent.method == "POST")
      text += "Content-Length: " + std::to_string(sent.body.size()) + "\r\n";
    return text + "\r\n" + sent.body;
  }

  /// Adds version 4 headers over what is there.
  crypto::Sigv4Signer::Signed sign(Sent& sent, std::string_view payload_hash,
                                   const char* service = "s3", const char* secret = kSecret) {
    const bool s3 = std::string_view(service) == "s3";
    crypto::Sigv4Signer signer({kKeyId, secret, ""},
                               s3 ? crypto::SignatureStyle::s3 : crypto::SignatureStyle::other,
                               "us-east-1", service);
    std::vector<crypto::HeaderView> views = {{"Host", kHost}};
    for (const auto& header : sent.headers) views.push_back({header.name, header.value});
    const std::size_t question = sent.target.find('?');
    crypto::RequestView view;
    view.method = sent.method;
    view.path = std::string_view(sent.target).substr(0, question);
    if (question != std::string::npos)
      view.query = std::string_view(sent.target).substr(question + 1);
    view.headers = views;
    auto signed_headers = signer.sign(view, payload_hash, simulation_.clock().wall_ms());
    for (const auto& header : signed_headers.headers) sent.headers.push_back(header);
    return signed_headers;
  }

  static std::string hash_of(std::string_view body) {
    const auto hex = crypto::sha256_hex(body);
    return std::string(hex.data(), hex.size());
  }
  static Sent put(std::string body) {
    Sent sent;
    sent.method = "PUT";
    sent.target = "/photos/a%20b.jpg";
    sent.body = std::move(body);
    return sent;
  }

  Simulation simulation_{1};
  std::int64_t pause_ms_ = 0;  ///< Before the last byte that is sent.
  FakeS3 fake_;
  auth::RootOnlyAuthorizer authorizer_;
  auth::CredentialStore credentials_ = credentials();
  ServiceHandlers s3_{fake_handlers(fake_), std::make_unique<FakePolicy>()};
  ServiceHandlers none_{{}};
  ServiceHandlers open_{{}, std::make_unique<FakePolicy>()};
  Metrics metrics_;
  http::MemoryBudget body_memory_{8u << 20};
  AddressRates rates_{simulation_.clock(), 0, 0};
  GatewayShared shared_{{},
                        simulation_.clock(),
                        simulation_.random(),
                        credentials_,
                        authorizer_,
                        s3_,
                        open_,
                        none_,
                        metrics_,
                        body_memory_,
                        rates_};
  Gateway gateway_{shared_,
                   [](const protocol::Operation&) { return protocol::JsonCodec::Hooks(); }};
  http::ConnectionOptions options_;
  http::MemoryBudget all_heads_{1u << 20};
  http::LocalBudget head_memory_{all_heads_};
};

bool has(const std::string& answer, std::string_view text) {
  return answer.find(text) != std::string::npos;
}

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

TEST_F(GatewayTest, ABodyMayTakeLongerThanTheRestOfItsRequest) {
  shared_.options.request_deadline_ms = 1000;
  pause_ms_ = 2000;
  Sent sent = put("hello");
  sign(sent, hash_of("hello"));
  EXPECT_TRUE(has(exchange(text_of(sent)), "HTTP/1.1 200"));
  EXPECT_EQ(fake_.time_left_ms, 1000);
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

TEST_F(GatewayTest, MalformedHttpIsRefusedInS3sForm) {
  const std::string answer = exchange("GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n");
  EXPECT_TRUE(has(answer, "HTTP/1.1 400")) << answer;
  EXPECT_TRUE(has(answer, "<Code>BadRequest</Code>")) << answer;
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
