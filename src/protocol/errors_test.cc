#include <gtest/gtest.h>

#include "protocol/error_rendering.h"
#include "protocol/service_error.h"

namespace dyad::protocol {
namespace {

constexpr ErrorInfo kJsonErrors[] = {
    {.code = "InternalServerError", .http_status = 500, .message = "Sorry."},
    {.code = "ResourceNotFoundException", .type_prefix = "com.amazonaws.dynamodb.v20120810#"},
    {.code = "SerializationException",
     .type_prefix = "com.amazon.coral.service#",
     .message_key = "Message"},
    {.code = "ServiceUnavailable", .http_status = 503, .message = "Later."},
    {.code = "ThrottlingException", .message = "Slower."},
};
constexpr ServiceInfo kJson = {.name = "dynamodb",
                               .not_implemented_code = "InternalServerError",
                               .protocol = Protocol::aws_json_1_0,
                               .errors = kJsonErrors};
constexpr ErrorInfo kS3Errors[] = {
    {.code = "InternalError", .http_status = 500, .message = "Sorry."},
    {.code = "NoSuchKey", .http_status = 404, .message = "No key."},
    {.code = "NotImplemented", .http_status = 501},
    {.code = "ServiceUnavailable", .http_status = 503, .message = "Later."}};
constexpr ServiceInfo kS3 = {.name = "s3",
                             .not_implemented_code = "NotImplemented",
                             .protocol = Protocol::rest_xml,
                             .errors = kS3Errors};
constexpr ErrorInfo kStsErrors[] = {{.code = "InternalFailure", .http_status = 500}};
constexpr ServiceInfo kSts = {.name = "sts",
                              .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
                              .not_implemented_code = "InternalFailure",
                              .protocol = Protocol::query,
                              .errors = kStsErrors};

constexpr ErrorContext kContext = {.request_id = "R1", .host_id = "H1", .resource = "/b/k"};

TEST(ErrorRendering, AwsJson) {
  const auto missing =
      render_error(kJson, service_error("ResourceNotFoundException", 400, "say \"no\""), kContext);
  EXPECT_EQ(missing.status, 400);
  EXPECT_EQ(missing.body,
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",)"
            R"("message":"say \"no\""})");
  const auto broken =
      render_error(kJson, service_error("SerializationException", 400, "bad"), kContext);
  EXPECT_EQ(broken.body,
            R"({"__type":"com.amazon.coral.service#SerializationException","Message":"bad"})");
  const auto silent =
      render_error(kJson, service_error("SerializationException", 400, ""), kContext);
  EXPECT_EQ(silent.body, R"({"__type":"com.amazon.coral.service#SerializationException"})");
}

TEST(ErrorRendering, AwsJsonMembersBesideTheMessage) {
  Error error = service_error("ResourceNotFoundException", 400, "m");
  error = with_json_members(std::move(error), R"("Item":{})");
  error = with_json_members(std::move(error), R"("More":[1])");
  EXPECT_TRUE(render_error(kJson, error, kContext)
                  .body.ends_with(R"("message":"m","Item":{},"More":[1]})"));
}

TEST(ErrorRendering, S3) {
  const Error error =
      with_field(service_error(kS3Errors[1], "gone & lost"), "Key", "photos/<1>.jpg");
  const auto response = render_error(kS3, error, kContext);
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<Error><Code>NoSuchKey</Code><Message>gone &amp; lost</Message>"
            "<Key>photos/&lt;1&gt;.jpg</Key><RequestId>R1</RequestId><HostId>H1</HostId></Error>");
  const auto plain = render_error(kS3, service_error(kS3Errors[1]), kContext);
  EXPECT_NE(plain.body.find("<Resource>/b/k</Resource>"), std::string::npos);
}

TEST(ErrorRendering, NotModifiedHasNoBodyButItsHeaders) {
  const Error error = with_header(service_error("NotModified", 304, ""), "ETag", "\"x\"");
  const auto response = render_error(kS3, error, kContext);
  EXPECT_EQ(response.status, 304);
  EXPECT_TRUE(response.body.empty());
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0].second, "\"x\"");
}

TEST(ErrorRendering, Query) {
  const auto response =
      render_error(kSts, service_error("InvalidClientTokenId", 403, "no"), kContext);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.body,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
            "<Type>Sender</Type><Code>InvalidClientTokenId</Code><Message>no</Message></Error>"
            "<RequestId>R1</RequestId></ErrorResponse>");
}

TEST(ErrorRendering, ErrorsOfOtherFloorsDoNotTellWhatTheySay) {
  const Error inside(ErrorCode::corruption, "segment 000003.log, block 17");
  const auto response = render_error(kS3, inside, kContext);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.code, "InternalError");
  EXPECT_EQ(response.body.find("segment"), std::string::npos);
  EXPECT_EQ(render_error(kJson, Error(ErrorCode::overloaded, "x"), kContext).code,
            "ThrottlingException");
}

TEST(ErrorRendering, AFullDiskIsSaidInWordsAndMayBeTriedAgain) {
  const Error full(ErrorCode::no_space, "/data: 5 bytes are free");
  for (const ServiceInfo* service : {&kJson, &kS3}) {
    const auto response = render_error(*service, full, kContext);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.code, "ServiceUnavailable");
    EXPECT_NE(response.body.find("disk is nearly full"), std::string::npos);
    EXPECT_EQ(response.body.find("/data"), std::string::npos);
  }
}

TEST(ServiceError, ChangesLeaveTheOriginalAlone) {
  const Error original = service_error(kS3Errors[1]);
  const Error changed = with_field(original, "Key", "a");
  EXPECT_TRUE(as_service_error(original)->fields.empty());
  EXPECT_EQ(as_service_error(changed)->fields.size(), 1u);
  EXPECT_EQ(original.code, ErrorCode::not_found);
  EXPECT_EQ(service_code(changed), "NoSuchKey");
  const Error foreign = with_field(Error(ErrorCode::io_error, "disk"), "Key", "a");
  EXPECT_EQ(as_service_error(foreign), nullptr);
}

}  // namespace
}  // namespace dyad::protocol
