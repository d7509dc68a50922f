// CopyObject: sources, directives, checksums, conditions, races; over both engines and both stores
// of bytes.

#include <random>

#include "base/bytes.h"
#include "blob/blob_files.h"
#include "runtime/seed_scope.h"
#include "services/s3/checksums.h"
#include "services/s3/copy_source.h"
#include "services/s3/test_server.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using protocol::UtcMs;

std::string pattern(std::size_t size, unsigned seed = 1) {
  std::minstd_rand random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(CopySourceTest, Forms) {
  const auto plain = parse_copy_source("photos/a/b%20c+d%2Be");
  ASSERT_TRUE(plain) << plain.error().to_string();
  EXPECT_EQ(plain->bucket, "photos");
  EXPECT_EQ(plain->key, "a/b c d+e");
  EXPECT_FALSE(plain->version_id);
  EXPECT_EQ(parse_copy_source("/photos/k")->key, "k");
  EXPECT_EQ(parse_copy_source("photos//k")->key, "/k");
  EXPECT_EQ(parse_copy_source("photos%2Fk")->key, "k");
  EXPECT_EQ(parse_copy_source("photos/a%3Fb")->key, "a?b");
  const auto version = parse_copy_source("/photos/k?versionId=null");
  EXPECT_EQ(version->key, "k");
  EXPECT_EQ(version->version_id, "null");
}

TEST(CopySourceTest, WhatIsNoneIsRefused) {
  for (const std::string_view header :
       {"", "photos", "/photos", "photos/", "/", "//key", "photos/%zz", "photos/k?other=1",
        "photos/k?versionId=%2", "photos/k?versionId=", "photos/k?versionId=abc"}) {
    const auto refused = parse_copy_source(header);
    EXPECT_EQ(code_of(refused), "InvalidArgument") << header;
  }
  EXPECT_EQ(field_of(parse_copy_source("wrongformat"), "ArgumentName"), "x-amz-copy-source");
  EXPECT_EQ(parse_copy_source("wrongformat").error().message, "Invalid copy source object key");
  EXPECT_EQ(code_of(parse_copy_source("photos/" + std::string(1025, 'k'))), "KeyTooLongError");
  EXPECT_EQ(code_of(parse_copy_source("photos/%ff")), "InvalidURI");
  EXPECT_EQ(
      code_of(parse_copy_source("arn:aws:s3:us-east-1:123456789012:accesspoint/mine/object/k")),
      "NotImplemented");
}

TEST(CopySourceTest, Ranges) {
  const auto range = parse_copy_range("bytes=2-5", 10);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 2u);
  EXPECT_EQ(range->length, 4u);
  EXPECT_EQ(parse_copy_range("bytes=0-9", 10)->length, 10u);
  for (const std::string_view header :
       {"0-8", "bytes=1-0", "bytes=-1-", "bytes=0--1", "bytes=0-1,3-4", "bytes=-", "bytes=-0",
        "bytes=1-", "bytes=-2", "bytes=0-18446744073709551616", "bytes= 0-1", ""}) {
    const auto refused = parse_copy_range(header, 10);
    EXPECT_EQ(code_of(refused), "InvalidArgument") << header;
    EXPECT_EQ(field_of(refused, "ArgumentValue"), header);
  }
  EXPECT_EQ(parse_copy_range("bytes=0-10", 10).error().message,
            "Range specified is not valid for source object of size: 10");
  EXPECT_EQ(code_of(parse_copy_range("bytes=10-20", 10)), "InvalidRequest");
  EXPECT_EQ(code_of(parse_copy_range("bytes=0-0", 0)), "InvalidRequest");
}

struct Setup {
  bool hostile;
  BlobKind blobs;
};

class CopyTest : public testing::TestWithParam<Setup> {
 protected:
  CopyTest() : server_(options()) { server_.make_bucket(); }

  static TestServer::Options options() {
    TestServer::Options options;
    options.seed = seed_from_environment(11);
    options.hostile = GetParam().hostile;
    options.blobs = GetParam().blobs;
    return options;
  }
  static model::CopyObjectInput input(std::string_view from, std::string_view to) {
    model::CopyObjectInput input;
    input.bucket = kTestBucket;
    input.key = to;
    input.copy_source = std::string(kTestBucket) + "/" + std::string(from);
    return input;
  }
  Task<Result<model::CopyObjectOutput>> copy_task(model::CopyObjectInput input) {
    api::RequestContext request = server_.context();
    co_return co_await copy_object(server_.service(), request, input);
  }
  Result<model::CopyObjectOutput> copy(model::CopyObjectInput input) {
    return server_.run(copy_task(std::move(input)));
  }
  Result<model::CopyObjectOutput> copy(std::string_view from, std::string_view to) {
    return copy(input(from, to));
  }
  Result<model::GetObjectOutput> describe(std::string_view key) {
    model::GetObjectInput get = TestServer::get_input(key);
    get.checksum_mode = "ENABLED";
    auto got = server_.run(server_.get_task(get));
    if (!got) return fail(std::move(got).error());
    return std::move(got->output);
  }

  TestServer server_;
};

INSTANTIATE_TEST_SUITE_P(Engines, CopyTest,
                         testing::Values(Setup{false, BlobKind::memory},
                                         Setup{true, BlobKind::memory},
                                         Setup{false, BlobKind::file}));

TEST_P(CopyTest, BytesOfEverySizeAreCopied) {
  const std::size_t frame = blob::kFramePayloadBytes;
  const std::size_t inline_limit = S3Options().inline_limit_bytes;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, inline_limit, inline_limit + 1, 2 * frame + 17}) {
    const std::string bytes = pattern(size);
    const auto put = server_.put("from", bytes);
    ASSERT_TRUE(put);
    server_.simulation().run_for_ms(5000);
    const auto copied = copy("from", "to");
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_EQ(copied->copy_object_result->e_tag, put->e_tag);
    EXPECT_EQ(copied->copy_object_result->checksum_crc64_nvme, put->checksum_crc64_nvme);
    EXPECT_EQ(copied->copy_object_result->checksum_type, "FULL_OBJECT");
    const auto got = server_.get("to");
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->bytes == bytes) << size;
    EXPECT_EQ(got->output.last_modified, copied->copy_object_result->last_modified);
    EXPECT_GT(got->output.last_modified->ms, server_.get("from")->output.last_modified->ms);
  }
  // Both have bytes of their own.
  ASSERT_TRUE(server_.erase("from"));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 1u);
  EXPECT_TRUE(server_.get("to"));
}

TEST_P(CopyTest, MetadataComesAlongOrIsReplaced) {
  model::PutObjectInput put = TestServer::put_input("from");
  put.content_type = "text/plain";
  put.cache_control = "no-cache";
  put.expires = "tomorrow";
  put.metadata["author"] = "me";
  put.storage_class = "STANDARD_IA";
  put.website_redirect_location = "/elsewhere";
  put.tagging = "a=1&b=2";
  ASSERT_TRUE(server_.run(server_.put_task(put, "bytes")));

  model::CopyObjectInput plain = input("from", "plain");
  plain.content_type = "image/png";  // Not heeded.
  plain.tagging = "c=3";             // Nor this.
  ASSERT_TRUE(copy(plain));
  auto got = describe("plain");
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(got->cache_control, "no-cache");
  EXPECT_EQ(got->expires, "tomorrow");
  EXPECT_EQ(got->metadata.at("author"), "me");
  EXPECT_EQ(got->tag_count, 2);
  EXPECT_FALSE(got->storage_class) << "the class does not come along";
  EXPECT_FALSE(got->website_redirect_location) << "nor does the redirect";

  model::CopyObjectInput replaced = input("from", "replaced");
  replaced.metadata_directive = "REPLACE";
  replaced.metadata["title"] = "other";
  replaced.storage_class = "GLACIER_IR";
  replaced.website_redirect_location = "/there";
  replaced.tagging_directive = "REPLACE";
  replaced.tagging = "c=3";
  ASSERT_TRUE(copy(replaced));
  got = describe("replaced");
  EXPECT_EQ(got->content_type, "binary/octet-stream");
  EXPECT_FALSE(got->cache_control);
  EXPECT_EQ(got->metadata.size(), 1u);
  EXPECT_EQ(got->metadata.at("title"), "other");
  EXPECT_EQ(got->storage_class, "GLACIER_IR");
  EXPECT_EQ(got->website_redirect_location, "/there");
  EXPECT_EQ(got->tag_count, 1);

  model::CopyObjectInput untagged = input("from", "untagged");
  untagged.tagging_directive = "REPLACE";
  ASSERT_TRUE(copy(untagged));
  EXPECT_FALSE(describe("untagged")->tag_count);
}

TEST_P(CopyTest, OntoItselfOnlyWithAChange) {
  ASSERT_TRUE(server_.put("k", pattern(100'000)));
  const auto idle = copy("k", "k");
  EXPECT_EQ(code_of(idle), "InvalidRequest");
  EXPECT_EQ(idle.error().message.substr(0, 31), "This copy request is illegal be");
  model::CopyObjectInput tagged = input("k", "k");
  tagged.tagging_directive = "REPLACE";
  tagged.tagging = "a=1";
  EXPECT_EQ(code_of(copy(tagged)), "InvalidRequest");
  model::CopyObjectInput changed = input("k", "k");
  changed.metadata_directive = "REPLACE";
  changed.metadata["a"] = "b";
  ASSERT_TRUE(copy(changed));
  const auto got = server_.get("k");
  EXPECT_TRUE(got->bytes == pattern(100'000));
  EXPECT_EQ(got->output.metadata.at("a"), "b");
  for (int i = 0; i < 3; ++i) {
    model::CopyObjectInput named = input("k", "k");
    if (i == 0) named.storage_class = "STANDARD";
    if (i == 1) named.server_side_encryption = "AES256";
    if (i == 2) named.website_redirect_location = "/x";
    EXPECT_TRUE(copy(named)) << i;
  }
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 1u);
}

TEST_P(CopyTest, ChecksumsAreKeptOrMadeAnew) {
  model::PutObjectInput put = TestServer::put_input("from");
  const std::string bytes = "some bytes";
  put.checksum_sha256 = crypto::checksum_text(crypto::ChecksumKind::sha256, bytes);
  ASSERT_TRUE(server_.run(server_.put_task(put, bytes)));
  const auto kept = copy("from", "kept");
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->copy_object_result->checksum_sha256, put.checksum_sha256);
  EXPECT_FALSE(kept->copy_object_result->checksum_crc64_nvme);
  model::CopyObjectInput other = input("from", "other");
  other.checksum_algorithm = "CRC32C";
  const auto made = copy(other);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->copy_object_result->checksum_crc32_c,
            crypto::checksum_text(crypto::ChecksumKind::crc32c, bytes));
  EXPECT_EQ(describe("other")->checksum_crc32_c, made->copy_object_result->checksum_crc32_c);
  EXPECT_FALSE(describe("other")->checksum_sha256);
  other.checksum_algorithm = "XXHASH64";
  EXPECT_EQ(code_of(copy(other)), "NotImplemented");
}

TEST_P(CopyTest, WhatIsNotThere) {
  EXPECT_EQ(code_of(copy("absent", "to")), "NoSuchKey");
  EXPECT_EQ(field_of(copy("absent", "to"), "Key"), "absent");
  model::CopyObjectInput from = input("k", "to");
  from.copy_source = "no-such-bucket/k";
  EXPECT_EQ(code_of(copy(from)), "NoSuchBucket");
  EXPECT_EQ(field_of(copy(from), "BucketName"), "no-such-bucket");
  ASSERT_TRUE(server_.put("k", "x"));
  model::CopyObjectInput to = input("k", "to");
  to.bucket = "no-such-bucket";
  EXPECT_EQ(code_of(copy(to)), "NoSuchBucket");
  to = input("k", "to");
  to.expected_source_bucket_owner = "111111111111";
  EXPECT_EQ(code_of(copy(to)), "AccessDenied");
  to = input("k", "to");
  to.copy_source_sse_customer_algorithm = "AES256";
  EXPECT_EQ(code_of(copy(to)), "NotImplemented");
  to = input("k", "to");
  to.acl = "public-read";
  EXPECT_EQ(code_of(copy(to)), "AccessControlListNotSupported");
  EXPECT_EQ(code_of(server_.get("to")), "NoSuchKey");
}

TEST_P(CopyTest, ConditionsOnTheSource) {
  ASSERT_TRUE(server_.put("k", "x"));
  const auto got = server_.get("k");
  const std::string tag = *got->output.e_tag;
  const std::int64_t modified = got->output.last_modified->ms;
  server_.simulation().run_for_ms(100'000);
  const auto condition_of = [](const auto& result) { return field_of(result, "Condition"); };

  model::CopyObjectInput one = input("k", "to");
  one.copy_source_if_match = "\"other\"";
  EXPECT_EQ(code_of(copy(one)), "PreconditionFailed");
  EXPECT_EQ(condition_of(copy(one)), "x-amz-copy-source-If-Match");
  one.copy_source_if_match = tag;
  one.copy_source_if_unmodified_since = UtcMs{modified - 10'000};
  EXPECT_TRUE(copy(one)) << "a tag that matches outweighs the date";
  one = input("k", "to");
  one.copy_source_if_none_match = tag;
  one.copy_source_if_modified_since = UtcMs{modified - 10'000};
  EXPECT_EQ(condition_of(copy(one)), "x-amz-copy-source-If-None-Match");
  one = input("k", "to");
  one.copy_source_if_unmodified_since = UtcMs{modified - 10'000};
  EXPECT_EQ(condition_of(copy(one)), "x-amz-copy-source-If-Unmodified-Since");
  one = input("k", "to");
  one.copy_source_if_modified_since = UtcMs{modified + 10'000};
  EXPECT_EQ(condition_of(copy(one)), "x-amz-copy-source-If-Modified-Since");
  one.copy_source_if_modified_since = UtcMs{modified + 1'000'000'000};
  EXPECT_TRUE(copy(one)) << "a date in the future is none";
}

TEST_P(CopyTest, ConditionsOnTheDestination) {
  ASSERT_TRUE(server_.put("k", "x"));
  model::CopyObjectInput fresh = input("k", "to");
  fresh.if_none_match = "*";
  ASSERT_TRUE(copy(fresh));
  EXPECT_EQ(field_of(copy(fresh), "Condition"), "If-None-Match");
  model::CopyObjectInput matching = input("k", "to");
  matching.if_match = *server_.get("to")->output.e_tag;
  EXPECT_TRUE(copy(matching));
  matching.if_match = "\"other\"";
  EXPECT_EQ(field_of(copy(matching), "Condition"), "If-Match");
  matching.key = "absent";
  EXPECT_EQ(code_of(copy(matching)), "NoSuchKey");
  matching.if_match = "*";
  EXPECT_EQ(field_of(copy(matching), "Header"), "If-Match");
  matching.if_none_match = "*";
  EXPECT_EQ(field_of(copy(matching), "Header"), "If-Match,If-None-Match");
}

TEST_P(CopyTest, OneOfManyNewCopiesWins) {
  ASSERT_TRUE(server_.put("a", pattern(90'000, 1)));
  ASSERT_TRUE(server_.put("b", "small"));
  int running = 0;
  int won = 0;
  const auto worker = [&](int number) -> Task<void> {
    model::CopyObjectInput one = input(number % 2 == 0 ? "a" : "b", "to");
    one.if_none_match = "*";
    const auto copied = co_await copy_task(one);
    if (copied) ++won;
    if (!copied) {
      EXPECT_TRUE(code_of(copied) == "PreconditionFailed" ||
                  code_of(copied) == "ConditionalRequestConflict")
          << code_of(copied);
    }
    --running;
  };
  const auto all = [&]() -> Task<void> {
    for (int number = 0; number < 8; ++number) {
      ++running;
      server_.simulation().executor().spawn(worker(number));
    }
    while (running > 0) co_await SleepUntil(server_.simulation().clock().steady_us() + 1000);
  };
  server_.run(all());
  EXPECT_EQ(won, 1);
  server_.reap();
  EXPECT_EQ(server_.blob_count(), server_.rows_of(table::RowKind::reference));
}

TEST(CopyLimitsTest, ASourceTooLargeIsRefusedUnread) {
  TestServer::Options options;
  options.s3.max_put_bytes = 200'000;
  TestServer server(options);
  server.make_bucket();
  ASSERT_TRUE(server.put("k", pattern(200'000)));
  model::CopyObjectInput input;
  input.bucket = kTestBucket;
  input.key = "to";
  input.copy_source = "photos/k";
  api::RequestContext context = server.context();
  EXPECT_TRUE(server.run(copy_object(server.service(), context, input)));
  S3Options smaller;
  smaller.max_put_bytes = 199'999;
  S3Service service(server.tables(), server.blobs(), server.pins(), smaller);
  const auto refused = server.run(copy_object(service, context, input));
  EXPECT_EQ(code_of(refused), "InvalidRequest");
  EXPECT_EQ(refused.error().message,
            "The specified copy source is larger than the maximum allowable size for a copy "
            "source: 199999");
  EXPECT_EQ(server.blob_count(), 2u);
}

/// What copying took does not count against the request's time.
TEST(CopyTimeTest, TheDeadlineMovesWithTheCopying) {
  Simulation simulation(1);
  api::RequestContext context;
  context.clock = &simulation.clock();
  context.deadline = Deadline::after_ms(simulation.clock(), 1000);
  const CopyTime time(context);
  simulation.run_for_ms(60'000);
  EXPECT_EQ(time.deadline_after().steady_us, context.deadline.steady_us + 60'000'000);
  context.deadline = Deadline::never();
  const CopyTime endless(context);
  simulation.run_for_ms(10);
  EXPECT_EQ(endless.deadline_after().steady_us, Deadline::never().steady_us);
}

TEST(CopyDamageTest, ADamagedSourceLeavesNothing) {
  TestServer::Options options;
  options.blobs = BlobKind::file;
  TestServer server(options);
  server.make_bucket();
  ASSERT_TRUE(server.put("k", pattern(3 * blob::kFramePayloadBytes)));
  const auto ids = server.run(server.blobs().list(blob::BlobId(), 10));
  ASSERT_TRUE(server.simulation().sim_files().flip(blob::blob_path("blobs", ids->front()),
                                                   4096 + blob::kFramePayloadBytes + 5000));
  model::CopyObjectInput input;
  input.bucket = kTestBucket;
  input.key = "to";
  input.copy_source = "photos/k";
  api::RequestContext context = server.context();
  const auto copied = server.run(copy_object(server.service(), context, input));
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, ErrorCode::corruption);
  server.simulation().run_for_ms(1000);
  EXPECT_EQ(code_of(server.get("to")), "NoSuchKey");
  EXPECT_EQ(server.blob_count(), 1u);
}

}  // namespace
}  // namespace dyad::s3
