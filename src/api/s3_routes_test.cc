#include <gtest/gtest.h>

#include <set>

#include "api/dynamodb/operations.h"
#include "api/s3/operations.h"
#include "api/sts/operations.h"
#include "protocol/error_rendering.h"
#include "protocol/service_error.h"

namespace dyad::api {
namespace {

using Headers = std::vector<crypto::HeaderView>;

/// The matched operation's name; "-": not allowed. `target`: "", "b" or "b/k".
std::string match(std::string_view method, std::string_view target, std::string_view query = "",
                  const Headers& headers = {}) {
  const auto parameters = protocol::parse_query_string(query);
  const protocol::RouteRequest request = {.method = method,
                                          .has_bucket = !target.empty(),
                                          .has_key = target.find('/') != target.npos,
                                          .query = *parameters,
                                          .headers = headers};
  const protocol::Operation* operation = protocol::match_route(s3::kRoutes, request);
  return operation ? std::string(operation->name) : "-";
}

TEST(S3Routes, ServedOperations) {
  EXPECT_EQ(match("GET", ""), "ListBuckets");
  EXPECT_EQ(match("GET", "", "prefix=a&max-buckets=3"), "ListBuckets");
  EXPECT_EQ(match("PUT", "b"), "CreateBucket");
  EXPECT_EQ(match("HEAD", "b"), "HeadBucket");
  EXPECT_EQ(match("DELETE", "b"), "DeleteBucket");
  EXPECT_EQ(match("GET", "b", "list-type=2&prefix=x"), "ListObjectsV2");
  EXPECT_EQ(match("PUT", "b/k"), "PutObject");
  EXPECT_EQ(match("GET", "b/k"), "GetObject");
  EXPECT_EQ(match("HEAD", "b/k"), "HeadObject");
  EXPECT_EQ(match("DELETE", "b/k"), "DeleteObject");
}

TEST(S3Routes, ParametersThatAreNoSubresource) {
  EXPECT_EQ(match("GET", "b/k", "x-id=GetObject"), "GetObject");
  EXPECT_EQ(match("GET", "b/k", "partNumber=2&response-content-type=text%2Fplain"), "GetObject");
  EXPECT_EQ(match("GET", "b/k", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00"),
            "GetObject");
  EXPECT_EQ(match("GET", "b/k", "AWSAccessKeyId=A&Signature=S&Expires=1"), "GetObject");
  EXPECT_EQ(match("DELETE", "b/k", "versionId=3"), "DeleteObject");
  EXPECT_EQ(match("GET", "b", "list-type=1"), "ListObjects");
  EXPECT_EQ(match("GET", "b", "delimiter=%2F"), "ListObjects");
}

TEST(S3Routes, SubresourcesAreNeverTakenForTheResource) {
  EXPECT_EQ(match("GET", "b", "versioning"), "GetBucketVersioning");
  EXPECT_EQ(match("GET", "b", "versioning="), "GetBucketVersioning");
  EXPECT_EQ(match("GET", "b", "list-type=2&versioning"), "GetBucketVersioning");
  EXPECT_EQ(match("GET", "b", "uploads&prefix=a"), "ListMultipartUploads");
  EXPECT_EQ(match("GET", "b", "versions"), "ListObjectVersions");
  EXPECT_EQ(match("GET", "b", "location"), "GetBucketLocation");
  EXPECT_EQ(match("PUT", "b", "acl"), "PutBucketAcl");
  EXPECT_EQ(match("POST", "b", "delete"), "DeleteObjects");
  EXPECT_EQ(match("GET", "b/k", "acl"), "GetObjectAcl");
  EXPECT_EQ(match("GET", "b/k", "attributes"), "GetObjectAttributes");
  EXPECT_EQ(match("PUT", "b/k", "tagging"), "PutObjectTagging");
  EXPECT_EQ(match("POST", "b/k", "restore"), "RestoreObject");
  EXPECT_EQ(match("POST", "b/k", "select&select-type=2"), "SelectObjectContent");
  EXPECT_EQ(match("PUT", "b/k", "renameObject"), "RenameObject");
  // No such operation: DELETE must not reach the bucket or the object itself.
  EXPECT_EQ(match("DELETE", "b", "versioning"), "-");
  EXPECT_EQ(match("DELETE", "b", "acl"), "-");
  EXPECT_EQ(match("DELETE", "b/k", "acl"), "-");
  EXPECT_EQ(match("DELETE", "b/k", "uploads"), "-");
  EXPECT_EQ(match("PUT", "b", "versions"), "-");
  EXPECT_EQ(match("HEAD", "b", "cors"), "-");
}

TEST(S3Routes, RequiredParametersTellOperationsOfOneRouteApart) {
  EXPECT_EQ(match("GET", "b", "analytics"), "ListBucketAnalyticsConfigurations");
  EXPECT_EQ(match("GET", "b", "analytics&id=1"), "GetBucketAnalyticsConfiguration");
  EXPECT_EQ(match("PUT", "b", "analytics"), "PutBucketAnalyticsConfiguration");
  EXPECT_EQ(match("GET", "b/k", "annotation"), "ListObjectAnnotations");
  EXPECT_EQ(match("GET", "b/k", "annotation&annotationName=n"), "GetObjectAnnotation");
}

TEST(S3Routes, UploadsAndCopies) {
  const Headers copy = {{"X-Amz-Copy-Source", "/other/key"}};
  EXPECT_EQ(match("PUT", "b/k", "", copy), "CopyObject");
  EXPECT_EQ(match("PUT", "b/k", "tagging", copy), "PutObjectTagging");
  EXPECT_EQ(match("POST", "b/k", "uploads"), "CreateMultipartUpload");
  EXPECT_EQ(match("PUT", "b/k", "partNumber=1&uploadId=u"), "UploadPart");
  EXPECT_EQ(match("PUT", "b/k", "partNumber=1&uploadId=u", copy), "UploadPartCopy");
  EXPECT_EQ(match("GET", "b/k", "uploadId=u"), "ListParts");
  EXPECT_EQ(match("POST", "b/k", "uploadId=u"), "CompleteMultipartUpload");
  EXPECT_EQ(match("DELETE", "b/k", "uploadId=u"), "AbortMultipartUpload");
  EXPECT_EQ(match("PUT", "b/k", "uploadId=u"), "-");
}

TEST(S3Routes, OtherMethods) {
  EXPECT_EQ(match("POST", "b"), "PostObject");
  EXPECT_EQ(match("OPTIONS", "b/k"), "CorsPreflight");
  EXPECT_EQ(match("OPTIONS", "b", "acl"), "CorsPreflight");
  EXPECT_EQ(match("POST", "b/k"), "-");
  EXPECT_EQ(match("PATCH", "b/k"), "-");
  EXPECT_EQ(match("get", "b/k"), "-");
  EXPECT_EQ(match("PUT", ""), "-");
  EXPECT_EQ(match("DELETE", ""), "-");
  EXPECT_EQ(match("", "b"), "-");
}

TEST(Operations, TablesAreSortedAndIndexed) {
  for (const auto operations : {s3::operations(), dynamodb::operations(), sts::operations()}) {
    std::set<std::uint16_t> indexes;
    for (std::size_t i = 0; i < operations.size(); ++i) {
      if (i > 0) {
        EXPECT_LT(operations[i - 1]->name, operations[i]->name);
      }
      indexes.insert(operations[i]->index);
      EXPECT_EQ(operations[i]->served, operations[i]->input != nullptr);
    }
    EXPECT_EQ(indexes.size(), operations.size());
    EXPECT_EQ(*indexes.rbegin(), operations.size() - 1);
  }
  EXPECT_EQ(dynamodb::operations().size(), 62u);
}

TEST(Operations, AreFoundByName) {
  const protocol::Operation* put = dynamodb::find_operation("PutItem");
  ASSERT_NE(put, nullptr);
  EXPECT_TRUE(put->served);
  EXPECT_EQ(put->iam_action, "dynamodb:PutItem");
  EXPECT_EQ(put->service->target_prefix, "DynamoDB_20120810");
  const protocol::Operation* backup = dynamodb::find_operation("CreateBackup");
  ASSERT_NE(backup, nullptr);
  EXPECT_FALSE(backup->served);
  EXPECT_EQ(dynamodb::find_operation("putItem"), nullptr);
  EXPECT_EQ(dynamodb::find_operation(""), nullptr);
  EXPECT_EQ(dynamodb::find_operation("~"), nullptr);
  EXPECT_FALSE(sts::find_operation("GetCallerIdentity")->authorised);
}

TEST(Operations, WhatIsNotServedAnswersAsTheServiceDoes) {
  const auto code = [](const protocol::Operation* operation) {
    return std::string(protocol::service_code(protocol::not_implemented(*operation)));
  };
  EXPECT_EQ(code(s3::find_operation("CopyObject")), "NotImplemented");
  EXPECT_EQ(code(dynamodb::find_operation("BatchGetItem")), "UnknownOperationException");
  EXPECT_EQ(code(sts::find_operation("AssumeRole")), "InvalidAction");
}

}  // namespace
}  // namespace dyad::api
