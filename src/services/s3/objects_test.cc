// Objects put, read, overwritten and erased, over the memory and the hostile engine and over blobs
// in memory and in files.

#include <random>

#include "base/bytes.h"
#include "blob/blob_files.h"
#include "crypto/digest.h"
#include "runtime/seed_scope.h"
#include "services/s3/object_body.h"
#include "services/s3/short_digests.h"
#include "services/s3/test_server.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

std::string pattern(std::size_t size, unsigned seed = 1) {
  std::minstd_rand random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

struct Setup {
  bool hostile;
  BlobKind blobs;
};

class ObjectsTest : public testing::TestWithParam<Setup> {
 protected:
  ObjectsTest() : server_(options()) { server_.make_bucket(); }

  static TestServer::Options options() {
    TestServer::Options options;
    options.seed = seed_from_environment(7);
    options.hostile = GetParam().hostile;
    options.blobs = GetParam().blobs;
    return options;
  }
  TestServer server_;
};

INSTANTIATE_TEST_SUITE_P(Engines, ObjectsTest,
                         testing::Values(Setup{false, BlobKind::memory},
                                         Setup{true, BlobKind::memory},
                                         Setup{false, BlobKind::file},
                                         Setup{true, BlobKind::file}));

TEST_P(ObjectsTest, BytesOfEverySizeComeBack) {
  const std::size_t frame = blob::kFramePayloadBytes;
  const std::size_t inline_limit = S3Options().inline_limit_bytes;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kMaxShortBodyBytes, kMaxShortBodyBytes + 1, inline_limit,
        inline_limit + 1, frame, frame + 1, 3 * frame + 17}) {
    const std::string bytes = pattern(size);
    const auto put = server_.put("a/key", bytes);
    ASSERT_TRUE(put) << put.error().to_string();
    const auto got = server_.get("a/key");
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_TRUE(got->bytes == bytes) << size;
    EXPECT_EQ(got->output.content_length, static_cast<std::int64_t>(size));
    EXPECT_EQ(put->e_tag, '"' + to_hex(crypto::as_view(crypto::md5(bytes))) + '"') << size;
    EXPECT_EQ(got->output.e_tag, put->e_tag);
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->output.content_type, "binary/octet-stream");
    EXPECT_EQ(got->output.accept_ranges, "bytes");
  }
}

TEST_P(ObjectsTest, OverwritesAndDeletesLetGoOfBytes) {
  const std::string large = pattern(200'000);
  ASSERT_TRUE(server_.put("k", large));
  EXPECT_EQ(server_.blob_count(), 1u);
  EXPECT_EQ(server_.rows_of(table::RowKind::reference), 1u);
  ASSERT_TRUE(server_.put("k", "small"));
  EXPECT_EQ(server_.rows_of(table::RowKind::reference), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::inline_bytes), 1u);
  EXPECT_EQ(server_.rows_of(table::RowKind::released), 1u);
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  ASSERT_TRUE(server_.put("k", large));
  EXPECT_EQ(server_.rows_of(table::RowKind::inline_bytes), 0u);
  ASSERT_TRUE(server_.put("k", pattern(150'000, 2)));
  ASSERT_TRUE(server_.erase("k"));
  ASSERT_TRUE(server_.erase("k")) << "what is not there is deleted without an error";
  EXPECT_EQ(code_of(server_.get("k")), "NoSuchKey");
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::released), 0u);
}

TEST_P(ObjectsTest, ABodyThatBreaksOffLeavesNothing) {
  ASSERT_TRUE(server_.put("k", "old"));
  for (const std::size_t size : {1000u, 16'000u, 100'000u, 400'000u}) {
    PiecewiseBody body(pattern(size), std::min<std::size_t>(size / 4, 30'000));
    body.fail_at(size / 2);
    api::RequestContext context = server_.context(&body);
    model::PutObjectInput input = TestServer::put_input("k");
    const auto put = server_.run(put_object(server_.service(), context, input));
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, ErrorCode::cancelled);
  }
  server_.simulation().run_for_ms(1000);
  EXPECT_EQ(server_.get("k")->bytes, "old");
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::current), 1u);
}

TEST_P(ObjectsTest, AWrongDigestLeavesNothing) {
  for (const std::size_t size : {1000u, 100'000u}) {
    model::PutObjectInput input = TestServer::put_input("k");
    input.content_md5 = to_base64(std::string(16, 'x'));
    const auto put = server_.run(server_.put_task(input, pattern(size)));
    EXPECT_EQ(code_of(put), "BadDigest");
    EXPECT_EQ(field_of(put, "ExpectedDigest"), to_hex(std::string(16, 'x')));
  }
  server_.simulation().run_for_ms(1000);
  EXPECT_EQ(code_of(server_.get("k")), "NoSuchKey");
  EXPECT_EQ(server_.blob_count(), 0u);
}

TEST_P(ObjectsTest, AReaderKeepsWhatItOpened) {
  const std::string bytes = pattern(500'000);
  ASSERT_TRUE(server_.put("k", bytes));
  api::RequestContext context = server_.context();
  model::GetObjectInput input = TestServer::get_input("k");
  ASSERT_TRUE(server_.run(get_object(server_.service(), context, input)));
  ASSERT_TRUE(server_.erase("k"));
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  const auto read = server_.run(http::read_all(*context.reply_body, 1u << 20));
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == bytes);
}

TEST_P(ObjectsTest, ADroppedBucketLeavesNoBlob) {
  ASSERT_TRUE(server_.put("a", pattern(100'000)));
  EXPECT_EQ(code_of(server_.run(server_.delete_bucket_task(std::string(kTestBucket)))),
            "BucketNotEmpty");
  ASSERT_TRUE(server_.put("a", pattern(100'001)));
  ASSERT_TRUE(server_.put("b", pattern(100'002)));
  ASSERT_TRUE(server_.erase("a"));
  ASSERT_TRUE(server_.erase("b"));
  EXPECT_EQ(server_.blob_count(), 3u);
  const auto dropped = server_.run(server_.delete_bucket_task(std::string(kTestBucket)));
  ASSERT_TRUE(dropped) << dropped.error().to_string();
  EXPECT_EQ(code_of(server_.get("a")), "NoSuchBucket");
  EXPECT_EQ(server_.rows_of(table::RowKind::released), 3u);
  server_.reap();
  EXPECT_EQ(server_.blob_count(), 0u);
  EXPECT_EQ(server_.rows_of(table::RowKind::released), 0u);
}

/// Writers, readers and erasers of a few keys at once; afterwards every blob is named by a row.
TEST_P(ObjectsTest, NoBlobIsLostOrOrphanedByRaces) {
  int running = 0;
  const auto worker = [&](int number) -> Task<void> {
    for (int i = 0; i < 12; ++i) {
      const std::string key(1, static_cast<char>('a' + (number + i) % 3));
      if ((number + i) % 4 == 0) {
        const auto erased = co_await server_.delete_task(TestServer::delete_input(key));
        EXPECT_TRUE(erased) << erased.error().to_string();
      } else if ((number + i) % 4 == 1) {
        const auto got = co_await server_.get_task(TestServer::get_input(key));
        EXPECT_TRUE(got || code_of(got) == "NoSuchKey") << got.error().to_string();
        if (got) {
          EXPECT_EQ(got->output.content_length, static_cast<std::int64_t>(got->bytes.size()));
        }
      } else {
        const std::size_t size = i % 2 == 0 ? 70'000 + number : 100 + number;
        std::string bytes = pattern(size, static_cast<unsigned>(i));
        const auto put = co_await server_.put_task(TestServer::put_input(key), std::move(bytes));
        EXPECT_TRUE(put) << put.error().to_string();
      }
    }
    --running;
  };
  const auto all = [&]() -> Task<void> {
    for (int number = 0; number < 6; ++number) {
      ++running;
      server_.simulation().executor().spawn(worker(number));
    }
    while (running > 0) co_await SleepUntil(server_.simulation().clock().steady_us() + 1000);
  };
  server_.run(all());
  server_.reap();
  EXPECT_EQ(server_.blob_count(), server_.rows_of(table::RowKind::reference));
  EXPECT_EQ(server_.rows_of(table::RowKind::released), 0u);
}

TEST(ObjectDamageTest, ADamagedFrameEndsTheStreamAndIsNeverServed) {
  TestServer::Options options;
  options.blobs = BlobKind::file;
  TestServer server(options);
  server.make_bucket();
  const std::string bytes = pattern(3 * blob::kFramePayloadBytes);
  ASSERT_TRUE(server.put("k", bytes));
  const auto ids = server.run(server.blobs().list(blob::BlobId(), 10));
  ASSERT_EQ(ids->size(), 1u);
  // In the second frame: after the header and a frame.
  ASSERT_TRUE(server.simulation().sim_files().flip(blob::blob_path("blobs", ids->front()),
                                                   4096 + blob::kFramePayloadBytes + 5000));
  api::RequestContext context = server.context();
  model::GetObjectInput input = TestServer::get_input("k");
  ASSERT_TRUE(server.run(get_object(server.service(), context, input)));
  std::string served;
  std::vector<char> buffer(50'000);
  while (true) {
    const auto got = server.run(context.reply_body->read(buffer));
    if (!got) {
      EXPECT_EQ(got.error().code, ErrorCode::corruption);
      break;
    }
    ASSERT_GT(*got, 0u) << "the damage was not found";
    served.append(buffer.data(), *got);
  }
  EXPECT_EQ(served.size(), blob::kFramePayloadBytes);
  EXPECT_TRUE(bytes.starts_with(served));
  EXPECT_FALSE(server.run(context.reply_body->read(buffer))) << "an error is final";
  // A range beside the damage is served.
  input.range = "bytes=-1000";
  const auto tail = server.run(server.get_task(input));
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->bytes, bytes.substr(bytes.size() - 1000));
}

TEST(ObjectLimitsTest, TooManyBytesAreRefusedBeforeTheyAreKept) {
  TestServer::Options options;
  options.s3.max_put_bytes = 100'000;
  TestServer server(options);
  server.make_bucket();
  ASSERT_TRUE(server.put("k", pattern(100'000)));
  const auto refused = server.put("k", pattern(100'001));
  EXPECT_EQ(code_of(refused), "EntityTooLarge");
  EXPECT_EQ(field_of(refused, "ProposedSize"), "100001");
  EXPECT_EQ(field_of(refused, "MaxSizeAllowed"), "100000");
  // Without an announced length: found out as the bytes come.
  PiecewiseBody body(pattern(300'000), 10'000);
  body.hide_length();
  api::RequestContext context = server.context(&body);
  model::PutObjectInput input = TestServer::put_input("k");
  EXPECT_EQ(code_of(server.run(put_object(server.service(), context, input))), "EntityTooLarge");
  EXPECT_LE(body.taken(), 110'000u);
  EXPECT_EQ(server.blob_count(), 1u);
}

/// The disk fails the commit: nobody knows whether it came through, so the bytes stay.
TEST(ObjectUploadTest, BytesOfARefusedCommitGo) {
  TestServer server;
  server.make_bucket();
  ASSERT_TRUE(server.put("k", pattern(100'000)));
  model::PutObjectInput input = TestServer::put_input("k");
  PiecewiseBody body(pattern(100'000), 10'000);
  api::RequestContext context = server.context(&body);
  context.deadline = Deadline{server.simulation().clock().steady_us()};
  const auto put = server.run(put_object(server.service(), context, input));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::deadline_exceeded);
  // The question what became of it was answered by a transaction: nothing.
  EXPECT_EQ(server.blob_count(), 1u);
  EXPECT_EQ(server.rows_of(table::RowKind::reference), 1u);
}

}  // namespace
}  // namespace dyad::s3
