#include "protocol/rest_binding.h"

#include <gtest/gtest.h>

#include "api/s3/create_bucket.h"
#include "api/s3/delete_bucket.h"
#include "api/s3/get_bucket_location.h"
#include "api/s3/get_object.h"
#include "api/s3/list_buckets.h"
#include "api/s3/list_objects_v2.h"
#include "api/s3/put_bucket_cors.h"
#include "api/s3/put_object.h"
#include "api/sts/get_caller_identity.h"
#include "protocol/query_protocol.h"
#include "protocol/service_error.h"
#include "protocol/xml_codec.h"

namespace dyad::api::s3 {
namespace {

using Headers = std::vector<crypto::HeaderView>;

template <class Operation>
Result<typename Operation::Input> parse(std::string_view query, const Headers& headers = {},
                                        std::string_view body = {}) {
  const auto parameters = protocol::parse_query_string(query);
  const protocol::RestRequest::PathParameter path[] = {{"Bucket", "media"}, {"Key", "a/b.jpg"}};
  const protocol::RestRequest request = {
      .path = path, .query = *parameters, .headers = headers, .body = body};
  return protocol::parse_rest<typename Operation::Input>(Operation::kOperation, request);
}

template <class T>
const protocol::ServiceError& detail(const Result<T>& result) {
  return *protocol::as_service_error(result.error());
}

template <class Operation>
protocol::RestResponse render(const typename Operation::Output& output) {
  return protocol::render_rest(Operation::kOperation, &output);
}

std::string header(const protocol::RestResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "(none)";
}

TEST(RestRequest, PathHeadersAndMetadata) {
  const auto input = parse<PutObject>("x-id=PutObject", {{"Content-Type", "image/jpeg"},
                                                         {"content-length", "42"},
                                                         {"If-None-Match", "*"},
                                                         {"X-Amz-Meta-Author", "Ada"},
                                                         {"x-amz-meta-author", "Bob"},
                                                         {"x-amz-meta-", "no name"},
                                                         {"x-amz-storage-class", "STANDARD"}});
  ASSERT_TRUE(input);
  EXPECT_EQ(input->bucket, "media");
  EXPECT_EQ(input->key, "a/b.jpg");
  EXPECT_EQ(input->content_type, "image/jpeg");
  EXPECT_EQ(input->content_length, 42);
  EXPECT_EQ(input->if_none_match, "*");
  EXPECT_EQ(input->metadata, (protocol::Map<std::string>{{"author", "Ada,Bob"}}));
}

TEST(RestRequest, ValuesThatTheModelDoesNotAllow) {
  const auto storage = parse<PutObject>("", {{"x-amz-storage-class", "CHEAP"}});
  ASSERT_FALSE(storage);
  EXPECT_EQ(detail(storage).code, "InvalidStorageClass");
  const auto keys = parse<ListObjectsV2>("max-keys=many");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().message, "Provided max-keys not an integer or within integer range");
  EXPECT_EQ(detail(keys).fields, (std::vector<protocol::ServiceError::Field>{
                                     {"ArgumentName", "max-keys"}, {"ArgumentValue", "many"}}));
  EXPECT_EQ(parse<ListObjectsV2>("max-keys=99999999999").error().message, keys.error().message);
  const auto negative = parse<ListObjectsV2>("max-keys=-1");
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error().message,
            "Argument maxKeys must be an integer between 0 and 2147483647");
  EXPECT_EQ(detail(parse<ListObjectsV2>("encoding-type=hex")).code, "InvalidArgument");
  EXPECT_EQ(detail(parse<ListObjectsV2>("fetch-owner=perhaps")).code, "InvalidArgument");
  EXPECT_FALSE(parse<ListBuckets>("max-buckets=0"));
  EXPECT_FALSE(parse<GetObject>("partNumber=10001"));
}

TEST(RestRequest, WhatIsEmptyOrLenientCountsAsAbsent) {
  EXPECT_EQ(parse<ListObjectsV2>("max-keys=&prefix=")->max_keys, std::nullopt);
  EXPECT_EQ(parse<ListObjectsV2>("max-keys=&prefix=")->prefix, "");
  EXPECT_EQ(parse<ListObjectsV2>("max-keys=0")->max_keys, 0);
  const auto input =
      parse<GetObject>("", {{"If-Modified-Since", "some day"},
                            {"If-Unmodified-Since", "Tue, 14 Nov 2023 22:13:20 GMT"}});
  ASSERT_TRUE(input);
  EXPECT_EQ(input->if_modified_since, std::nullopt);
  EXPECT_EQ(input->if_unmodified_since, protocol::UtcMs{1'700'000'000'000});
}

TEST(RestRequest, HeaderListsAreTakenApart) {
  const auto input =
      parse<ListObjectsV2>("", {{"x-amz-optional-object-attributes", "RestoreStatus, Other"},
                                {"X-Amz-Optional-Object-Attributes", "Third"}});
  ASSERT_TRUE(input);
  EXPECT_EQ(input->optional_object_attributes,
            (std::vector<std::string>{"RestoreStatus", "Other", "Third"}));
}

TEST(RestRequest, XmlBodies) {
  EXPECT_EQ(parse<CreateBucket>("")->create_bucket_configuration, std::nullopt);
  const auto input = parse<CreateBucket>(
      "", {},
      "<?xml version=\"1.0\"?><CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
      "2006-03-01/\"><!-- where --><LocationConstraint>eu-<![CDATA[west]]>-1</LocationConstraint>"
      "<Tags><Tag><Key>a&amp;b</Key><Value/></Tag></Tags></CreateBucketConfiguration>");
  ASSERT_TRUE(input) << input.error().message;
  const auto& configuration = *input->create_bucket_configuration;
  EXPECT_EQ(configuration.location_constraint, "eu-west-1");
  ASSERT_EQ(configuration.tags.size(), 1u);
  EXPECT_EQ(configuration.tags[0].key, "a&b");
  EXPECT_EQ(configuration.tags[0].value, "");
}

TEST(RestRequest, HostileXmlIsMalformed) {
  const std::string open = "<CreateBucketConfiguration>";
  const std::string close = "</CreateBucketConfiguration>";
  std::string deep, deep_end;
  for (int i = 0; i < 100'000; ++i) {
    deep += "<a>";
    deep_end += "</a>";
  }
  const std::string cases[] = {
      "x", "<a", open, close, open + close + open + close, "<Other></Other>",
      open + "<Unknown/>" + close,
      open +
          "<LocationConstraint>a</LocationConstraint><LocationConstraint>b</LocationConstraint>" +
          close,
      open + "<LocationConstraint><b/></LocationConstraint>" + close,
      open + "<Tags><Tag><Key>a</Key></Tag></Tags>" + close, open + "<Tags><Other/></Tags>" + close,
      "<!DOCTYPE a [<!ENTITY e \"x\">]>" + open + "<LocationConstraint>&e;</LocationConstraint>" +
          close,
      open + deep, open + deep + deep_end + close,
      open + std::string(protocol::kMaxXmlBytes, ' ') + close,
      // A NUL would end a value early, and one thing be done to another.
      open + "<LocationConstraint>eu&#0;west</LocationConstraint>" + close,
      open + "<LocationConstraint>eu&#x000;west</LocationConstraint>" + close,
      open + "<LocationConstraint>eu&#4294967296;west</LocationConstraint>" + close,
      open + "<LocationConstraint>eu&#xD800;west</LocationConstraint>" + close,
      open + "<LocationConstraint>eu&#x110000;west</LocationConstraint>" + close,
      open + std::string("<LocationConstraint>eu\0west</LocationConstraint>", 48) + close,
      open + close + std::string("\0", 1), std::string("\0\0\0", 3), "\xff\xfe<\0"};
  for (const std::string& body : cases) {
    const auto input = parse<CreateBucket>("", {}, body);
    ASSERT_FALSE(input) << body.substr(0, 80);
    EXPECT_EQ(detail(input).code, "MalformedXML") << body.substr(0, 80);
  }
  // A reference to an ordinary character, and what is none.
  const auto referring = parse<CreateBucket>(
      "", {},
      open + "<LocationConstraint>&#x41;&#9;<![CDATA[&#b;&#]]></LocationConstraint>" + close);
  ASSERT_TRUE(referring);
  EXPECT_EQ(referring->create_bucket_configuration->location_constraint, "A\t&#b;&#");
  // An entity that nobody declared stays the text that it is.
  const auto input =
      parse<CreateBucket>("", {}, open + "<LocationConstraint>&e;</LocationConstraint>" + close);
  EXPECT_EQ(input->create_bucket_configuration->location_constraint, "&e;");
}

TEST(RestRequest, XmlHasALimitOfElements) {
  const auto accepted = [](std::size_t tags) {
    std::string body = "<CreateBucketConfiguration><Tags>";
    for (std::size_t i = 0; i < tags; ++i) body += "<Tag><Key>a</Key><Value/></Tag>";
    body += "</Tags></CreateBucketConfiguration>";
    EXPECT_LT(body.size(), protocol::kMaxXmlBytes);
    return parse<CreateBucket>("", {}, body).has_value();
  };
  EXPECT_TRUE(accepted((protocol::kMaxXmlElements - 2) / 3));
  EXPECT_FALSE(accepted(protocol::kMaxXmlElements / 3 + 1));
}

TEST(RestRequest, XmlHasALimitOfBytes) {
  const auto accepted = [](std::size_t bytes) {
    const std::string open = "<CreateBucketConfiguration>";
    const std::string close = "</CreateBucketConfiguration>";
    const std::string space(bytes - open.size() - close.size(), ' ');
    return parse<CreateBucket>("", {}, open + space + close).has_value();
  };
  EXPECT_TRUE(accepted(protocol::kMaxXmlBytes));
  EXPECT_FALSE(accepted(protocol::kMaxXmlBytes + 1));
}

TEST(RestResponse, ListObjectsV2) {
  ListObjectsV2Output output;
  output.name = "media";
  output.key_count = 2;
  output.max_keys = 1000;
  output.is_truncated = true;
  output.next_continuation_token = "t<";
  auto& object = output.contents.emplace_back();
  object.key = "a&b.jpg";
  object.last_modified = protocol::UtcMs{1'700'000'000'000};
  object.e_tag = "\"00\"";
  object.size = 5;
  object.storage_class = "STANDARD";
  output.common_prefixes.push_back({.prefix = "x/"});
  const auto response = render<ListObjectsV2>(output);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Content-Type"), "application/xml");
  EXPECT_EQ(response.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>media</Name>"
            "<Prefix/><NextContinuationToken>t&lt;</NextContinuationToken><KeyCount>2</KeyCount>"
            "<MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated><Contents><Key>a&amp;b.jpg</Key>"
            "<LastModified>2023-11-14T22:13:20.000Z</LastModified><ETag>&quot;00&quot;</ETag>"
            "<Size>5</Size><StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes>"
            "<Prefix>x/</Prefix></CommonPrefixes></ListBucketResult>");
}

TEST(RestResponse, ListBuckets) {
  ListBucketsOutput output;
  output.owner.emplace().id = "o";
  EXPECT_EQ(render<ListBuckets>(output).body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListAllMyBucketsResult "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>o</ID></Owner>"
            "<Buckets></Buckets></ListAllMyBucketsResult>");
}

TEST(RestResponse, HeadersOfAStreamedAnswer) {
  GetObjectOutput output;
  output.e_tag = "\"00\"";
  output.content_length = 5;
  output.last_modified = protocol::UtcMs{1'700'000'000'000};
  output.metadata = {{"author", "Ada"}};
  output.content_disposition = "inline\r\nSet-Cookie: a=b";
  const auto response = render<GetObject>(output);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(header(response, "ETag"), "\"00\"");
  EXPECT_EQ(header(response, "Content-Length"), "5");
  EXPECT_EQ(header(response, "Last-Modified"), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(header(response, "x-amz-meta-author"), "Ada");
  EXPECT_EQ(header(response, "Content-Disposition"), "inline  Set-Cookie: a=b");
  EXPECT_TRUE(GetObject::kOperation.streaming_output);
  EXPECT_TRUE(PutObject::kOperation.streaming_input);
}

TEST(RestResponse, OperationsWithoutOutput) {
  const auto response = render<DeleteBucket>({});
  EXPECT_EQ(response.status, 204);
  EXPECT_TRUE(response.headers.empty());
  EXPECT_TRUE(response.body.empty());
}

TEST(QueryProtocol, GetCallerIdentity) {
  const auto form = protocol::parse_query_string("Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(protocol::form_value(*form, "Action"), "GetCallerIdentity");
  EXPECT_TRUE(
      protocol::parse_form<sts::GetCallerIdentityInput>(sts::GetCallerIdentity::kOperation, *form));
  const sts::GetCallerIdentityOutput output = {.arn = "arn:aws:iam::000000000000:root",
                                               .user_id = "000000000000",
                                               .account = "000000000000"};
  EXPECT_EQ(
      protocol::render_query(sts::GetCallerIdentity::kOperation, &output, "R1"),
      "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
      "<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn>"
      "<UserId>000000000000</UserId><Account>000000000000</Account></GetCallerIdentityResult>"
      "<ResponseMetadata><RequestId>R1</RequestId></ResponseMetadata></GetCallerIdentityResponse>");
}

TEST(QueryProtocol, FormsOfStructuresAndLists) {
  // No served operation of a query service has such an input; the codec reads S3's tags for them.
  static const protocol::ServiceInfo kService = {.name = "test"};
  static const protocol::Operation kOperation = {
      .name = "Test", .service = &kService, .input = &CreateBucketConfiguration::kShape};
  const auto form = protocol::parse_query_string(
      "Location.Name=here&Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.Tag.2.Key=b&Tags.Tag.2.Value=2");
  const auto input = protocol::parse_form<CreateBucketConfiguration>(kOperation, *form);
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ(input->location->name, "here");
  ASSERT_EQ(input->tags.size(), 2u);
  EXPECT_EQ(input->tags[1].key, "b");
  const auto partial = protocol::parse_query_string("Tags.Tag.1.Key=a");
  const auto missing = protocol::parse_form<CreateBucketConfiguration>(kOperation, *partial);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message,
            "1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy "
            "constraint: Member must not be null");
}

TEST(RestBindingTest, ALocationIsTheDocumentItself) {
  const std::string open =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  GetBucketLocationOutput output;
  EXPECT_EQ(render<GetBucketLocation>(output).body, open + "</LocationConstraint>");
  output.location_constraint = "<EU>";
  EXPECT_EQ(render<GetBucketLocation>(output).body, open + "&lt;EU&gt;</LocationConstraint>");
}

TEST(RestBindingTest, ADocumentThatMustBeThere) {
  const auto none = parse<PutBucketCors>("cors");
  ASSERT_FALSE(none);
  EXPECT_EQ(protocol::service_code(none.error()), "MissingRequestBodyError");
  EXPECT_EQ(
      protocol::service_code(parse<PutBucketCors>("cors", {}, "<CORSConfiguration/>").error()),
      "MalformedXML");
  const auto rule = parse<PutBucketCors>(
      "cors", {},
      "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod>"
      "<AllowedOrigin>*</AllowedOrigin><AllowedOrigin/></CORSRule></CORSConfiguration>");
  ASSERT_TRUE(rule) << rule.error().to_string();
  EXPECT_EQ(rule->cors_configuration.cors_rules.at(0).allowed_origins,
            (std::vector<std::string>{"*", ""}));
}

}  // namespace
}  // namespace dyad::api::s3
