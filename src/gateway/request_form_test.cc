#include "gateway/request_form.h"

#include <gtest/gtest.h>

namespace dyad::gateway {
namespace {

std::string key_of(std::string_view authorization, std::string_view query) {
  http::RequestHead head;
  if (!authorization.empty()) head.headers.push_back({"authorization", authorization});
  head.query = query;
  std::string kept;
  return std::string(claimed_access_key(head, kept));
}

TEST(ClaimedAccessKey, OfEachWayToSign) {
  EXPECT_EQ(key_of("AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/s3/aws4_request, "
                   "SignedHeaders=host, Signature=00",
                   ""),
            "AKID");
  EXPECT_EQ(key_of("AWS AKID:c2lnbmF0dXJl", ""), "AKID");
  EXPECT_EQ(key_of("", "X-Amz-Credential=AKID%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"), "AKID");
  EXPECT_EQ(key_of("", "x=1&AWSAccessKeyId=AKID&Signature=a"), "AKID");
}

TEST(ClaimedAccessKey, OfNothingAndNonsenseIsNone) {
  EXPECT_EQ(key_of("", ""), "");
  EXPECT_EQ(key_of("", "list-type=2"), "");
  EXPECT_EQ(key_of("Bearer AKID", ""), "");
  EXPECT_EQ(key_of("AWS4-HMAC-SHA256 Credential=", ""), "");
  EXPECT_EQ(key_of("AWS ", ""), "");
}

bool writes(std::string_view method, std::string_view path, std::string_view target,
            std::string_view type = "application/x-amz-json-1.0") {
  http::RequestHead head;
  head.method = method;
  head.path = path;
  head.headers.push_back({"content-type", type});
  if (!target.empty()) head.headers.push_back({"x-amz-target", target});
  return may_write(head);
}

TEST(MayWrite, OfEachServiceAndWhatIsUnknownMay) {
  for (const char* read : {"BatchGetItem", "DescribeTable", "GetItem", "ListTables", "Query",
                           "Scan", "TransactGetItems"})
    EXPECT_FALSE(writes("POST", "/", std::string("DynamoDB_20120810.") + read)) << read;
  for (const char* write : {"BatchWriteItem", "CreateTable", "DeleteItem", "PutItem",
                            "TransactWriteItems", "UpdateItem", "SomethingNew", ""})
    EXPECT_TRUE(writes("POST", "/", std::string("DynamoDB_20120810.") + write)) << write;
  for (const char* method : {"GET", "HEAD", "OPTIONS"})
    EXPECT_FALSE(writes(method, "/bucket/key", "")) << method;
  for (const char* method : {"PUT", "POST", "DELETE"})
    EXPECT_TRUE(writes(method, "/bucket/key", "")) << method;
  EXPECT_TRUE(writes("POST", "/bucket", "", "multipart/form-data; boundary=x"));
  EXPECT_FALSE(writes("POST", "/", "", "application/x-www-form-urlencoded"));
}

}  // namespace
}  // namespace dyad::gateway
