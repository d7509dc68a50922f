#include "services/s3/bucket_name.h"
#include "services/s3/checksums.h"
#include "services/s3/test_server.h"
#include "table/blob_references.h"

namespace dyad::s3 {
namespace {

TEST(BucketNameTest, Rules) {
  for (const std::string_view good : {"abc", "a1b", "my-bucket.name", "123", "1.2.3", "a.b.c.d"})
    EXPECT_TRUE(is_valid_bucket_name(good)) << good;
  for (const std::string_view bad : {"",           "ab",         "-abc",           "abc-",
                                     ".abc",       "abc.",       "a..b",           "Abc",
                                     "a_b",        "a b",        "192.168.5.4",    "999.0.0.1",
                                     "xn--abc",    "sthree-abc", "amzn-s3-demo-x", "abc-s3alias",
                                     "abc--ol-s3", "abc.mrap",   "abc--x-s3",      "abc--table-s3",
                                     "a/b"})
    EXPECT_FALSE(is_valid_bucket_name(bad)) << bad;
  EXPECT_TRUE(is_valid_bucket_name(std::string(63, 'a')));
  EXPECT_FALSE(is_valid_bucket_name(std::string(64, 'a')));
}

class BucketsTest : public testing::Test {
 protected:
  Result<model::CreateBucketOutput> create(TestServer& server, std::string location = {}) {
    model::CreateBucketInput input;
    input.bucket = "photos";
    if (!location.empty()) {
      input.create_bucket_configuration.emplace();
      input.create_bucket_configuration->location_constraint = location;
    }
    return server.run(server.create_bucket_task(input));
  }
};

TEST_F(BucketsTest, RecreatingOnesOwn) {
  TestServer east;
  EXPECT_EQ(create(east)->location, "/photos");
  EXPECT_TRUE(create(east)) << "us-east-1 answers 200";
  TestServer::Options options;
  options.region = "eu-west-1";
  TestServer west(options);
  EXPECT_EQ(code_of(create(west)), "IllegalLocationConstraintException");
  EXPECT_TRUE(create(west, "eu-west-1"));
  EXPECT_EQ(code_of(create(west, "EU")), "BucketAlreadyOwnedByYou");
}

TEST_F(BucketsTest, Locations) {
  TestServer server;
  EXPECT_EQ(code_of(create(server, "us-west-2")), "IllegalLocationConstraintException");
  EXPECT_EQ(code_of(create(server, "us-east-1")), "InvalidLocationConstraint");
  EXPECT_EQ(field_of(create(server, "moon-1"), "LocationConstraint"), "moon-1");
}

TEST_F(BucketsTest, WhatIsNotServedIsSaid) {
  TestServer server;
  model::CreateBucketInput input;
  input.bucket = "photos";
  input.acl = "private";
  EXPECT_TRUE(server.run(server.create_bucket_task(input)));
  input.acl = "public-read";
  EXPECT_EQ(code_of(server.run(server.create_bucket_task(input))),
            "InvalidBucketAclWithObjectOwnership");
  input.acl.reset();
  input.object_lock_enabled_for_bucket = true;
  EXPECT_EQ(code_of(server.run(server.create_bucket_task(input))), "NotImplemented");

  const auto put = [&](auto change) {
    model::PutObjectInput object = TestServer::put_input("k");
    change(object);
    return code_of(server.run(server.put_task(object, "x")));
  };
  EXPECT_EQ(put([](auto& o) { o.acl = "private"; }), "");
  EXPECT_EQ(put([](auto& o) { o.acl = "public-read"; }), "AccessControlListNotSupported");
  EXPECT_EQ(put([](auto& o) { o.server_side_encryption = "aws:kms"; }), "NotImplemented");
  EXPECT_EQ(put([](auto& o) { o.server_side_encryption = "AES256"; }), "");
  EXPECT_EQ(put([](auto& o) { o.sse_customer_algorithm = "AES256"; }), "NotImplemented");
  EXPECT_EQ(put([](auto& o) { o.object_lock_mode = "GOVERNANCE"; }), "NotImplemented");
  EXPECT_EQ(put([](auto& o) { o.checksum_xxhash3 = "x"; }), "NotImplemented");
  EXPECT_EQ(put([](auto& o) { o.expected_bucket_owner = "111111111111"; }), "AccessDenied");
}

TEST_F(BucketsTest, LimitsOfAnObjectsDescription) {
  TestServer server;
  server.make_bucket();
  const auto put = [&](auto change) {
    model::PutObjectInput object = TestServer::put_input("k");
    change(object);
    return server.run(server.put_task(object, "x"));
  };
  EXPECT_TRUE(put([](auto& o) { o.key = std::string(1024, 'k'); }));
  const auto long_key = put([](auto& o) { o.key = std::string(1025, 'k'); });
  EXPECT_EQ(code_of(long_key), "KeyTooLongError");
  EXPECT_EQ(field_of(long_key, "Size"), "1025");
  EXPECT_TRUE(put([](auto& o) { o.metadata["a"] = std::string(2047, 'v'); }));
  EXPECT_EQ(code_of(put([](auto& o) { o.metadata["a"] = std::string(2048, 'v'); })),
            "MetadataTooLarge");
  std::string tags;
  for (int i = 0; i < 10; ++i) tags += "k" + std::to_string(i) + "=v&";
  EXPECT_TRUE(put([&](auto& o) { o.tagging = tags; }));
  EXPECT_EQ(server.get("k")->output.tag_count, 10);
  EXPECT_EQ(code_of(put([&](auto& o) { o.tagging = tags + "more=v"; })), "BadRequest");
  EXPECT_EQ(code_of(put([&](auto& o) { o.tagging = "a=1&a=2"; })), "InvalidArgument");
  EXPECT_EQ(code_of(put([&](auto& o) { o.tagging = std::string(129, 'a'); })), "InvalidTag");
  EXPECT_EQ(code_of(put([&](auto& o) { o.tagging = "aws:x=1"; })), "InvalidTag");
  EXPECT_TRUE(put([](auto& o) { o.tagging = "%E2%98%83=%E2%82%AC"; }));
  EXPECT_EQ(code_of(put([](auto& o) { o.metadata["a"] = "\xff"; })), "InvalidArgument");
  EXPECT_TRUE(put([](auto& o) { o.metadata["a"] = "gr\xc3\xbc\xc3\x9f"; }));
  EXPECT_EQ(server.get("k")->output.metadata.at("a"), "gr\xc3\xbc\xc3\x9f");
  const std::pair<const char*, const char*> encodings[] = {{"deflate, gzip", "deflate, gzip"},
                                                           {"aws-chunked, gzip", "gzip"},
                                                           {"gzip,aws-chunked", "gzip"}};
  for (const auto& [sent, kept] : encodings) {
    EXPECT_TRUE(put([&](auto& o) { o.content_encoding = sent; }));
    EXPECT_EQ(server.get("k")->output.content_encoding, kept);
  }
  for (const char* nothing : {"aws-chunked", "aws-chunked, aws-chunked", ""}) {
    EXPECT_TRUE(put([&](auto& o) { o.content_encoding = nothing; }));
    EXPECT_FALSE(server.get("k")->output.content_encoding) << nothing;
  }
  EXPECT_TRUE(put([](auto& o) { o.storage_class = "GLACIER_IR"; }));
  EXPECT_EQ(server.get("k")->output.storage_class, "GLACIER_IR");
}

TEST_F(BucketsTest, ChecksumsOfEveryKind) {
  TestServer server;
  server.make_bucket();
  for (const crypto::ChecksumKind kind : crypto::kAllChecksumKinds) {
    const std::string name(crypto::name_of(kind));
    model::PutObjectInput input = TestServer::put_input("k");
    const std::string right = crypto::checksum_text(kind, "hello");
    checksum_member(input, kind) = right;
    input.checksum_algorithm = name;
    auto put = server.run(server.put_task(input, "hello"));
    ASSERT_TRUE(put) << name << put.error().to_string();
    EXPECT_EQ(checksum_member(*put, kind), right);
    EXPECT_EQ(code_of(server.run(server.put_task(input, "hallo"))), "BadDigest") << name;
    checksum_member(input, kind) = "AAA";
    EXPECT_EQ(code_of(server.run(server.put_task(input, "hello"))), "InvalidRequest") << name;

    // The same behind the body.
    model::PutObjectInput bare = TestServer::put_input("k");
    for (const bool wrong : {false, true}) {
      PiecewiseBody body(wrong ? "hallo" : "hello", 100);
      const std::vector<protocol::AwsTrailer> trailers = {
          {std::string(crypto::header_of(kind)), right}};
      const std::string announced(crypto::header_of(kind));
      api::RequestContext context = server.context(&body);
      context.announced_trailers = announced;
      context.trailers = &trailers;
      EXPECT_EQ(code_of(server.run(put_object(server.service(), context, bare))),
                wrong ? "BadDigest" : "");
    }
  }
  model::PutObjectInput two = TestServer::put_input("k");
  two.checksum_crc32 = crypto::checksum_text(crypto::ChecksumKind::crc32, "x");
  two.checksum_sha1 = crypto::checksum_text(crypto::ChecksumKind::sha1, "x");
  EXPECT_EQ(code_of(server.run(server.put_task(two, "x"))), "InvalidRequest");
  model::PutObjectInput named = TestServer::put_input("k");
  named.checksum_algorithm = "CRC32";
  EXPECT_EQ(code_of(server.run(server.put_task(named, "x"))), "InvalidRequest");
  named.checksum_algorithm.reset();
  named.content_md5 = "not a digest";
  EXPECT_EQ(code_of(server.run(server.put_task(named, "x"))), "InvalidDigest");
}

TEST_F(BucketsTest, Lists) {
  TestServer server;
  for (const std::string_view name : {"b-two", "a-one", "b-one", "c-one"}) server.make_bucket(name);
  api::RequestContext context = server.context();
  model::ListBucketsInput input;
  auto all = server.run(list_buckets(server.service(), context, input));
  ASSERT_TRUE(all);
  ASSERT_EQ(all->buckets.size(), 4u);
  EXPECT_EQ(all->buckets[0].name, "a-one");
  EXPECT_FALSE(all->buckets[0].bucket_region);
  input.prefix = "b-";
  input.max_buckets = 1;
  std::vector<std::string> names;
  for (int page = 0; page < 5; ++page) {
    const auto got = server.run(list_buckets(server.service(), context, input));
    ASSERT_TRUE(got);
    for (const model::Bucket& bucket : got->buckets) names.push_back(bucket.name);
    if (!got->continuation_token) break;
    input.continuation_token = got->continuation_token;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"b-one", "b-two"}));
  input.continuation_token = "garbage";
  EXPECT_EQ(code_of(server.run(list_buckets(server.service(), context, input))), "InvalidArgument");
}

/// More released rows than one drop moves: the reaper goes first.
TEST_F(BucketsTest, DropsWithMoreReleasedRowsThanItMoves) {
  TestServer::Options options;
  options.s3.inline_limit_bytes = 1;
  TestServer server(options);
  server.make_bucket();
  const auto overwrite = [&]() -> Task<void> {
    for (std::size_t i = 0; i < table::kMaxRehomedRows + 1; ++i) {
      const auto put = co_await server.put_task(TestServer::put_input("k"), "xx");
      EXPECT_TRUE(put);
    }
    const auto erased = co_await server.delete_task(TestServer::delete_input("k"));
    EXPECT_TRUE(erased);
  };
  server.run(overwrite());
  EXPECT_EQ(server.blob_count(), table::kMaxRehomedRows + 1);
  ASSERT_TRUE(server.run(server.delete_bucket_task(std::string(kTestBucket))));
  server.reap();
  EXPECT_EQ(server.blob_count(), 0u);
}

}  // namespace
}  // namespace dyad::s3
