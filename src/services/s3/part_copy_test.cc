// UploadPartCopy, and what is told of objects in parts: over both engines and both stores of bytes.

#include "base/bytes.h"
#include "runtime/seed_scope.h"
#include "services/s3/checksums.h"
#include "services/s3/test_server.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

struct Setup {
  bool hostile;
  BlobKind blobs;
};

class PartCopyTest : public testing::TestWithParam<Setup> {
 protected:
  PartCopyTest() : server_(options()) {
    server_.make_bucket();
    for (int i = 0; i < 300'000; ++i) source_.push_back(static_cast<char>(i * 7 / 5));
    EXPECT_TRUE(server_.put("from", source_));
  }
  static TestServer::Options options() {
    TestServer::Options options;
    options.seed = seed_from_environment(13);
    options.hostile = GetParam().hostile;
    options.blobs = GetParam().blobs;
    return options;
  }
  std::string begin(std::optional<std::string> algorithm) {
    model::CreateMultipartUploadInput input;
    input.bucket = kTestBucket;
    input.key = "to";
    input.checksum_algorithm = std::move(algorithm);
    api::RequestContext context = server_.context();
    const auto begun = server_.run(create_multipart_upload(server_.service(), context, input));
    EXPECT_TRUE(begun) << begun.error().to_string();
    return *begun->upload_id;
  }
  model::UploadPartCopyInput part(const std::string& upload, int number) {
    model::UploadPartCopyInput input;
    input.bucket = kTestBucket;
    input.key = "to";
    input.upload_id = upload;
    input.part_number = number;
    input.copy_source = "photos/from";
    return input;
  }
  Result<model::UploadPartCopyOutput> copy(model::UploadPartCopyInput input) {
    api::RequestContext context = server_.context();
    return server_.run(upload_part_copy(server_.service(), context, input));
  }
  Result<model::CompleteMultipartUploadOutput> complete(const std::string& upload,
                                                        model::CompletedPart part) {
    model::CompleteMultipartUploadInput input;
    input.bucket = kTestBucket;
    input.key = "to";
    input.upload_id = upload;
    input.multipart_upload.emplace().parts.push_back(std::move(part));
    api::RequestContext context = server_.context();
    return server_.run(complete_multipart_upload(server_.service(), context, input));
  }
  Result<model::GetObjectAttributesOutput> facts(std::string_view key) {
    model::GetObjectAttributesInput input;
    input.bucket = kTestBucket;
    input.key = key;
    input.object_attributes = {"ETag", "Checksum", "ObjectParts"};
    api::RequestContext context = server_.context();
    return server_.run(get_object_attributes(server_.service(), context, input));
  }

  TestServer server_;
  std::string source_;
};

INSTANTIATE_TEST_SUITE_P(Engines, PartCopyTest,
                         testing::Values(Setup{false, BlobKind::memory},
                                         Setup{true, BlobKind::memory},
                                         Setup{false, BlobKind::file}));

TEST_P(PartCopyTest, ARangeBecomesAPartAndTheObject) {
  const std::string upload = begin("CRC32");
  model::UploadPartCopyInput input = part(upload, 3);
  input.copy_source_range = "bytes=1000-199999";
  const auto copied = copy(input);
  ASSERT_TRUE(copied) << copied.error().to_string();
  const std::string bytes = source_.substr(1000, 199'000);
  const std::string md5 = to_hex(crypto::as_view(crypto::md5(bytes)));
  EXPECT_EQ(copied->copy_part_result->e_tag, '"' + md5 + '"');
  EXPECT_EQ(copied->copy_part_result->checksum_crc32,
            crypto::checksum_text(crypto::ChecksumKind::crc32, bytes));

  model::CompletedPart done;
  done.part_number = 3;
  done.e_tag = copied->copy_part_result->e_tag;
  done.checksum_crc32 = copied->copy_part_result->checksum_crc32;
  const auto completed = complete(upload, done);
  ASSERT_TRUE(completed) << completed.error().to_string();
  EXPECT_TRUE(server_.get("to")->bytes == bytes);

  const auto told = facts("to");
  ASSERT_TRUE(told) << told.error().to_string();
  EXPECT_EQ(told->checksum->checksum_type, "COMPOSITE");
  EXPECT_EQ(told->checksum->checksum_crc32->find('-'), std::string::npos);
  ASSERT_TRUE(told->object_parts);
  EXPECT_EQ(told->object_parts->total_parts_count, 1);
  EXPECT_EQ(told->object_parts->is_truncated, false);
  ASSERT_EQ(told->object_parts->parts.size(), 1u);
  EXPECT_EQ(told->object_parts->parts[0].part_number, 3);
  EXPECT_EQ(told->object_parts->parts[0].size, 199'000);
  EXPECT_EQ(told->object_parts->parts[0].checksum_crc32, done.checksum_crc32);

  // A copy of it is in one piece again.
  model::CopyObjectInput whole;
  whole.bucket = kTestBucket;
  whole.key = "whole";
  whole.copy_source = "photos/to";
  api::RequestContext context = server_.context();
  const auto copy = server_.run(copy_object(server_.service(), context, whole));
  ASSERT_TRUE(copy) << copy.error().to_string();
  EXPECT_EQ(copy->copy_object_result->e_tag, '"' + md5 + '"');
  EXPECT_EQ(copy->copy_object_result->checksum_type, "FULL_OBJECT");
  EXPECT_EQ(copy->copy_object_result->checksum_crc32, done.checksum_crc32);
  EXPECT_FALSE(facts("whole")->object_parts);
  EXPECT_TRUE(server_.get("whole")->bytes == bytes);
}

TEST_P(PartCopyTest, WithoutAnAlgorithmOnlyTheNumberOfPartsIsTold) {
  const std::string upload = begin(std::nullopt);
  const auto copied = copy(part(upload, 1));
  ASSERT_TRUE(copied) << copied.error().to_string();
  EXPECT_FALSE(copied->copy_part_result->checksum_crc64_nvme);
  model::CompletedPart done;
  done.part_number = 1;
  done.e_tag = copied->copy_part_result->e_tag;
  ASSERT_TRUE(complete(upload, done));
  const auto told = facts("to");
  EXPECT_EQ(told->object_parts->total_parts_count, 1);
  EXPECT_TRUE(told->object_parts->parts.empty());
  EXPECT_FALSE(told->object_parts->max_parts);
  EXPECT_EQ(told->checksum->checksum_crc64_nvme,
            crypto::checksum_text(crypto::ChecksumKind::crc64nvme, source_));
}

TEST_P(PartCopyTest, WhatIsRefusedLeavesNothing) {
  const std::string upload = begin(std::nullopt);
  model::UploadPartCopyInput input = part(upload, 1);
  input.copy_source_range = "bytes=0-300000";
  EXPECT_EQ(field_of(copy(input), "ArgumentName"), "x-amz-copy-source-range");
  input = part(upload, 1);
  input.copy_source_if_match = "\"other\"";
  EXPECT_EQ(field_of(copy(input), "Condition"), "x-amz-copy-source-If-Match");
  input = part(upload, 1);
  input.copy_source = "photos/absent";
  EXPECT_EQ(code_of(copy(input)), "NoSuchKey");
  EXPECT_EQ(code_of(copy(part("no-upload", 1))), "NoSuchUpload");
  input = part(upload, 1);
  input.copy_source_sse_customer_key = "x";
  EXPECT_EQ(code_of(copy(input)), "NotImplemented");
  EXPECT_EQ(server_.rows_of(table::RowKind::upload_part), 0u);
  EXPECT_EQ(server_.blob_count(), 1u);
}

}  // namespace
}  // namespace dyad::s3
