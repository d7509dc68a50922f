// DeleteObjects: its document and digests, conditions, versions, duplicates, batches.

#include "base/bytes.h"
#include "runtime/seed_scope.h"
#include "services/s3/checksums.h"
#include "services/s3/test_server.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

class DeleteObjectsTest : public testing::TestWithParam<bool> {
 protected:
  DeleteObjectsTest() : server_(options()) { server_.make_bucket(); }
  static TestServer::Options options() {
    TestServer::Options options;
    options.seed = seed_from_environment(3);
    options.hostile = GetParam();
    return options;
  }
  static model::DeleteObjectsInput input(std::vector<std::string> keys) {
    model::DeleteObjectsInput input;
    input.bucket = kTestBucket;
    for (std::string& key : keys) input.delete_.objects.emplace_back().key = std::move(key);
    return input;
  }
  Result<model::DeleteObjectsOutput> run(model::DeleteObjectsInput input) {
    const std::string md5 = to_base64(crypto::as_view(crypto::md5("<Delete/>")));
    const http::Header headers[] = {{"Content-MD5", md5}};
    return run_with(std::move(input), headers);
  }
  Result<model::DeleteObjectsOutput> run_with(model::DeleteObjectsInput input,
                                              std::span<const http::Header> headers,
                                              std::string_view document = "<Delete/>") {
    api::RequestContext context = server_.context();
    context.document = document;
    context.headers = headers;
    return server_.run(delete_objects(server_.service(), context, input));
  }
  TestServer server_;
};
INSTANTIATE_TEST_SUITE_P(Engines, DeleteObjectsTest, testing::Bool());

TEST_P(DeleteObjectsTest, WhatIsThereAndWhatIsNotGo) {
  ASSERT_TRUE(server_.put("a", "1"));
  ASSERT_TRUE(server_.put("b", std::string(100'000, 'b')));
  ASSERT_TRUE(server_.put("c", "3"));
  const auto deleted = run(input({"b", "absent", "a", "b"}));
  ASSERT_TRUE(deleted) << deleted.error().to_string();
  ASSERT_EQ(deleted->deleted.size(), 4u);
  EXPECT_EQ(deleted->deleted[0].key, "b");
  EXPECT_EQ(deleted->deleted[1].key, "absent");
  EXPECT_EQ(deleted->deleted[3].key, "b") << "named twice, told twice";
  EXPECT_TRUE(deleted->errors.empty());
  EXPECT_EQ(code_of(server_.get("a")), "NoSuchKey");
  EXPECT_TRUE(server_.get("c"));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
}

TEST_P(DeleteObjectsTest, QuietTellsErrorsOnly) {
  ASSERT_TRUE(server_.put("a", "1"));
  model::DeleteObjectsInput quiet = input({"a", "b"});
  quiet.delete_.quiet = true;
  quiet.delete_.objects[1].version_id = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD";
  const auto deleted = run(quiet);
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(deleted->deleted.empty());
  ASSERT_EQ(deleted->errors.size(), 1u);
  EXPECT_EQ(deleted->errors[0].code, "NoSuchVersion");
  EXPECT_EQ(deleted->errors[0].message, "The specified version does not exist.");
  EXPECT_EQ(deleted->errors[0].version_id, "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD");
  EXPECT_EQ(code_of(server_.get("a")), "NoSuchKey");
}

/// One entry that is refused does not keep the others.
TEST_P(DeleteObjectsTest, ConditionsOfSingleEntries) {
  const auto tag = server_.put("a", "1")->e_tag;
  ASSERT_TRUE(server_.put("b", "2"));
  ASSERT_TRUE(server_.put("c", "3"));
  ASSERT_TRUE(server_.put("d", "4"));
  ASSERT_TRUE(server_.put("e", "5"));
  model::DeleteObjectsInput mixed = input({"a", "b", "c", "d", "e", "absent", "f"});
  auto& objects = mixed.delete_.objects;
  objects[0].e_tag = tag;
  objects[1].e_tag = "\"other\"";
  objects[2].size = 1;
  objects[3].e_tag = "*";
  objects[4].version_id = "null";
  objects[5].e_tag = "*";
  objects[6].key = std::string(1025, 'f');
  const auto deleted = run(mixed);
  ASSERT_TRUE(deleted) << deleted.error().to_string();
  ASSERT_EQ(deleted->deleted.size(), 3u);
  EXPECT_EQ(deleted->deleted[0].key, "a");
  EXPECT_EQ(deleted->deleted[1].key, "d");
  EXPECT_EQ(deleted->deleted[2].key, "e");
  EXPECT_EQ(deleted->deleted[2].version_id, "null");
  ASSERT_EQ(deleted->errors.size(), 4u);
  EXPECT_EQ(deleted->errors[0].code, "PreconditionFailed");
  EXPECT_EQ(deleted->errors[0].key, "b");
  EXPECT_EQ(deleted->errors[1].code, "NotImplemented");
  EXPECT_EQ(deleted->errors[2].code, "NoSuchKey");
  EXPECT_EQ(deleted->errors[3].code, "KeyTooLongError");
  EXPECT_TRUE(server_.get("b"));
  EXPECT_TRUE(server_.get("c"));
  EXPECT_EQ(code_of(server_.get("a")), "NoSuchKey");
}

TEST_P(DeleteObjectsTest, LimitsOfTheDocument) {
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("k" + std::to_string(i));
  ASSERT_TRUE(server_.put("k0", "x"));
  ASSERT_TRUE(server_.put("k999", "x"));
  const auto most = run(input(keys));
  ASSERT_TRUE(most) << most.error().to_string();
  EXPECT_EQ(most->deleted.size(), 1000u);
  EXPECT_EQ(server_.rows_of(table::RowKind::current), 0u);
  keys.push_back("one more");
  EXPECT_EQ(code_of(run(input(keys))), "MalformedXML");
  EXPECT_EQ(code_of(run(input({}))), "MalformedXML");
  EXPECT_EQ(code_of(run(input({""}))), "MalformedXML");
  model::DeleteObjectsInput secured = input({"a"});
  secured.mfa = "serial 123456";
  EXPECT_EQ(field_of(run(secured), "Header"), "x-amz-mfa");
  model::DeleteObjectsInput elsewhere = input({"a"});
  elsewhere.bucket = "no-such-bucket";
  EXPECT_EQ(code_of(run(elsewhere)), "NoSuchBucket");
}

TEST_P(DeleteObjectsTest, TheDocumentMustHaveADigest) {
  const auto bare = run_with(input({"a"}), {});
  EXPECT_EQ(code_of(bare), "InvalidRequest");
  EXPECT_EQ(bare.error().message,
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  const http::Header no_md5[] = {{"content-md5", "abc"}};
  EXPECT_EQ(code_of(run_with(input({"a"}), no_md5)), "InvalidDigest");
  const std::string wrong = to_base64(std::string(16, 'x'));
  const http::Header wrong_md5[] = {{"Content-MD5", wrong}};
  EXPECT_EQ(code_of(run_with(input({"a"}), wrong_md5)), "BadDigest");
  const std::string crc = crypto::checksum_text(crypto::ChecksumKind::crc32, "<Delete/>");
  const http::Header right[] = {{"X-Amz-Checksum-CRC32", crc},
                                {"x-amz-sdk-checksum-algorithm", "CRC32"}};
  EXPECT_TRUE(run_with(input({"a"}), right));
  EXPECT_EQ(code_of(run_with(input({"a"}), right, "<Delete />")), "BadDigest");
  EXPECT_EQ(code_of(run_with(input({"a"}), right, "")), "MissingRequestBodyError");
  const http::Header other[] = {{"x-amz-checksum-crc32", crc},
                                {"x-amz-sdk-checksum-algorithm", "SHA256"}};
  EXPECT_EQ(code_of(run_with(input({"a"}), other)), "InvalidRequest");
  const http::Header unserved[] = {{"x-amz-checksum-xxhash64", "AAAAAAAAAAA="}};
  EXPECT_EQ(field_of(run_with(input({"a"}), unserved), "Header"), "x-amz-checksum-xxhash64");
}

/// Batches of the same keys from several sides, while objects are put: nothing is lost or kept
/// twice.
TEST_P(DeleteObjectsTest, BatchesRaceWithWriters) {
  const std::string md5 = to_base64(crypto::as_view(crypto::md5("<Delete/>")));
  const http::Header headers[] = {{"Content-MD5", md5}};
  int running = 0;
  const auto eraser = [&](int number) -> Task<void> {
    for (int round = 0; round < 5; ++round) {
      std::vector<std::string> keys;
      for (int i = 0; i < 20; ++i) keys.push_back("k" + std::to_string((i * (number + 1)) % 20));
      model::DeleteObjectsInput request = input(std::move(keys));
      api::RequestContext context = server_.context();
      context.document = "<Delete/>";
      context.headers = headers;
      const auto deleted = co_await delete_objects(server_.service(), context, request);
      EXPECT_TRUE(deleted) << deleted.error().to_string();
      if (deleted) {
        EXPECT_EQ(deleted->deleted.size() + deleted->errors.size(), 20u);
        for (const model::Error& error : deleted->errors) EXPECT_EQ(error.code, "SlowDown");
      }
    }
    --running;
  };
  const auto writer = [&](int number) -> Task<void> {
    for (int i = 0; i < 20; ++i) {
      const std::string key = "k" + std::to_string((i + number) % 20);
      std::string bytes(i % 3 == 0 ? 70'000 : 10, 'x');
      const auto put = co_await server_.put_task(TestServer::put_input(key), std::move(bytes));
      EXPECT_TRUE(put) << put.error().to_string();
    }
    --running;
  };
  const auto all = [&]() -> Task<void> {
    for (int number = 0; number < 3; ++number) {
      running += 2;
      server_.simulation().executor().spawn(eraser(number));
      server_.simulation().executor().spawn(writer(number));
    }
    while (running > 0) co_await SleepUntil(server_.simulation().clock().steady_us() + 1000);
  };
  server_.run(all());
  server_.reap();
  EXPECT_EQ(server_.blob_count(), server_.rows_of(table::RowKind::reference));
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back("k" + std::to_string(i));
  EXPECT_EQ(run(input(keys))->deleted.size(), 20u);
  server_.reap();
  EXPECT_EQ(server_.rows_of(table::RowKind::current), 0u);
  EXPECT_EQ(server_.blob_count(), 0u);
}

}  // namespace
}  // namespace dyad::s3
