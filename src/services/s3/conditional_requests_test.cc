#include "services/s3/conditional_requests.h"

#include "runtime/seed_scope.h"
#include "services/s3/test_server.h"
#include "table/row_kind.h"

namespace dyad::s3 {
namespace {

using protocol::UtcMs;

constexpr std::int64_t kModified = 1'700'000'000'500;  // Within a second.
constexpr std::int64_t kNow = kModified + 100'000;

TEST(ConditionalRequestsTest, EntityTagsAreComparedAsS3Does) {
  EXPECT_TRUE(etag_list_matches("\"abc\"", "abc"));
  EXPECT_TRUE(etag_list_matches("abc", "abc"));
  EXPECT_TRUE(etag_list_matches("W/\"abc\"", "abc"));
  EXPECT_TRUE(etag_list_matches("*", "abc"));
  EXPECT_TRUE(etag_list_matches("\"x\" , \"abc\"", "abc"));
  EXPECT_TRUE(etag_list_matches("\"x\",*", "abc"));
  EXPECT_FALSE(etag_list_matches("\"x\",\"y\"", "abc"));
  EXPECT_FALSE(etag_list_matches("", "abc"));
  EXPECT_FALSE(etag_list_matches("\"ab\"", "abc"));
}

/// All combinations of the four headers, against the rules written out once more.
TEST(ConditionalRequestsTest, MatrixOfReadConditions) {
  const ObjectState object{"abc", kModified};
  int cases = 0;
  for (int match = 0; match < 3; ++match) {
    for (int none_match = 0; none_match < 3; ++none_match) {
      for (int modified = 0; modified < 3; ++modified) {
        for (int unmodified = 0; unmodified < 3; ++unmodified) {
          // 0: not sent; 1: holds of the object; 2: does not.
          ReadConditions conditions;
          if (match) conditions.if_match = match == 1 ? "\"abc\"" : "\"other\"";
          if (none_match) conditions.if_none_match = none_match == 1 ? "\"other\"" : "\"abc\"";
          if (modified)
            conditions.if_modified_since = UtcMs{modified == 1 ? kModified - 60'000 : kModified};
          if (unmodified)
            conditions.if_unmodified_since =
                UtcMs{unmodified == 1 ? kModified : kModified - 60'000};
          std::string expected;
          if (match == 2 || (match == 0 && unmodified == 2)) {
            expected = "PreconditionFailed";
          } else if (none_match == 2 || (none_match == 0 && modified == 2)) {
            expected = "NotModified";
          }
          const Result<> checked = check_read_conditions(conditions, object, kNow);
          EXPECT_EQ(code_of(checked), expected) << match << none_match << modified << unmodified;
          if (expected == "PreconditionFailed") {
            EXPECT_EQ(field_of(checked, "Condition"),
                      match == 2 ? "If-Match" : "If-Unmodified-Since");
          }
          ++cases;
        }
      }
    }
  }
  EXPECT_EQ(cases, 81);
}

TEST(ConditionalRequestsTest, DatesCountWholeSecondsAndTheFutureIsNone) {
  const ObjectState object{"abc", kModified};
  ReadConditions conditions;
  conditions.if_modified_since = UtcMs{kModified / 1000 * 1000};
  EXPECT_EQ(code_of(check_read_conditions(conditions, object, kNow)), "NotModified");
  conditions.if_modified_since = UtcMs{kNow + 60'000};
  EXPECT_EQ(code_of(check_read_conditions(conditions, object, kNow)), "");
  conditions = {};
  conditions.if_unmodified_since = UtcMs{kModified / 1000 * 1000};
  EXPECT_EQ(code_of(check_read_conditions(conditions, object, kNow)), "");
}

TEST(ConditionalRequestsTest, WhatWritesDoNotTakeIsNamed) {
  EXPECT_EQ(field_of(write_conditions("\"a\"", "*"), "Header"), "If-Match,If-None-Match");
  EXPECT_EQ(field_of(write_conditions(std::nullopt, "\"a\""), "Header"), "If-None-Match");
  EXPECT_EQ(field_of(write_conditions("*", std::nullopt), "Header"), "If-Match");
  EXPECT_EQ(code_of(write_conditions("*", std::nullopt)), "NotImplemented");
  EXPECT_TRUE(write_conditions(std::nullopt, "*")->must_be_new);
  EXPECT_FALSE(write_conditions(std::nullopt, std::nullopt)->any());
}

class ConditionalWritesTest : public testing::TestWithParam<bool> {
 protected:
  ConditionalWritesTest() : server_(options()) { server_.make_bucket(); }
  static TestServer::Options options() {
    TestServer::Options options;
    options.hostile = GetParam();
    return options;
  }
  Result<model::PutObjectOutput> put_if_new(std::string_view key) {
    model::PutObjectInput input = TestServer::put_input(key);
    input.if_none_match = "*";
    return server_.run(server_.put_task(input, "new"));
  }
  Result<model::PutObjectOutput> put_if(std::string_view key, std::string tag) {
    model::PutObjectInput input = TestServer::put_input(key);
    input.if_match = std::move(tag);
    return server_.run(server_.put_task(input, "changed"));
  }
  TestServer server_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ConditionalWritesTest, testing::Bool());

TEST_P(ConditionalWritesTest, Puts) {
  EXPECT_TRUE(put_if_new("k"));
  const auto second = put_if_new("k");
  EXPECT_EQ(code_of(second), "PreconditionFailed");
  EXPECT_EQ(field_of(second, "Condition"), "If-None-Match");
  EXPECT_EQ(code_of(put_if("absent", "\"a\"")), "NoSuchKey");
  EXPECT_EQ(field_of(put_if("absent", "\"a\""), "Key"), "absent");
  EXPECT_EQ(field_of(put_if("k", "\"a\""), "Condition"), "If-Match");
  const auto tag = server_.get("k")->output.e_tag;
  EXPECT_TRUE(put_if("k", *tag));
  EXPECT_EQ(code_of(put_if("k", *tag)), "PreconditionFailed");
  EXPECT_EQ(server_.get("k")->bytes, "changed");
}

TEST_P(ConditionalWritesTest, Deletes) {
  ASSERT_TRUE(server_.put("k", "v"));
  model::DeleteObjectInput input = TestServer::delete_input("k");
  input.if_match = "\"other\"";
  EXPECT_EQ(code_of(server_.run(server_.delete_task(input))), "PreconditionFailed");
  input.if_match = "*";
  EXPECT_TRUE(server_.run(server_.delete_task(input)));
  EXPECT_EQ(code_of(server_.run(server_.delete_task(input))), "NoSuchKey");
  input.mfa = "device 123456";
  EXPECT_EQ(code_of(server_.run(server_.delete_task(input))), "NotImplemented");
}

TEST_P(ConditionalWritesTest, WhatCannotSucceedIsRefusedBeforeTheBody) {
  ASSERT_TRUE(server_.put("k", "v"));
  PiecewiseBody body(std::string(1'000'000, 'x'), 10'000);
  api::RequestContext context = server_.context(&body);
  model::PutObjectInput input = TestServer::put_input("k");
  input.if_none_match = "*";
  EXPECT_EQ(code_of(server_.run(put_object(server_.service(), context, input))),
            "PreconditionFailed");
  EXPECT_EQ(body.taken(), 0u);
}

/// A body that does something to the object when it is half read.
class MeddlingBody final : public http::BodyReader {
 public:
  MeddlingBody(TestServer& server, model::DeleteObjectInput erase)
      : server_(server), erase_(std::move(erase)) {}
  Task<Result<std::size_t>> read(std::span<char> out) override {
    if (done_) co_return std::size_t{0};
    done_ = true;
    const auto erased = co_await server_.delete_task(erase_);
    EXPECT_TRUE(erased);
    out[0] = 'x';
    co_return std::size_t{1};
  }
  std::optional<std::uint64_t> length() const override { return 1; }

 private:
  TestServer& server_;
  const model::DeleteObjectInput erase_;
  bool done_ = false;
};

TEST_P(ConditionalWritesTest, AnObjectDeletedMeanwhileIsAConflict) {
  const auto put = server_.put("k", "v");
  MeddlingBody body(server_, TestServer::delete_input("k"));
  api::RequestContext context = server_.context(&body);
  model::PutObjectInput input = TestServer::put_input("k");
  input.if_match = put->e_tag;
  const auto lost = server_.run(put_object(server_.service(), context, input));
  EXPECT_EQ(code_of(lost), "ConditionalRequestConflict");
  EXPECT_EQ(field_of(lost, "Condition"), "If-Match");
  EXPECT_EQ(field_of(lost, "Key"), "k");
}

/// 32 creators, half of them with blobs: one wins, and only its bytes are there.
TEST(ConditionalRaceTest, OneOfManyCreatorsWins) {
  for (const std::uint64_t seed : test_seeds(30)) {
    const SeedScope scope(seed);
    TestServer::Options options;
    options.seed = seed;
    options.hostile = seed % 2 == 0;
    options.blobs = seed % 3 == 0 ? BlobKind::file : BlobKind::memory;
    options.s3.inline_limit_bytes = 1000;
    TestServer server(options);
    server.make_bucket();
    int running = 0;
    int winner = -1;
    const auto creator = [&](int number) -> Task<void> {
      model::PutObjectInput input = TestServer::put_input("k");
      input.if_none_match = "*";
      std::string bytes((number % 2 == 0 ? 10 : 2000) + number, static_cast<char>('A' + number));
      const auto put = co_await server.put_task(input, std::move(bytes));
      if (put) {
        EXPECT_EQ(winner, -1) << "two winners";
        winner = number;
      } else {
        EXPECT_EQ(code_of(put), "PreconditionFailed") << put.error().to_string();
      }
      --running;
    };
    const auto race = [&]() -> Task<void> {
      for (int number = 0; number < 32; ++number) {
        ++running;
        server.simulation().executor().spawn(creator(number));
      }
      while (running > 0) co_await SleepUntil(server.simulation().clock().steady_us() + 1000);
    };
    server.run(race());
    ASSERT_NE(winner, -1);
    const auto got = server.get("k");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->bytes[0], static_cast<char>('A' + winner));
    server.simulation().run_for_ms(1000);
    EXPECT_EQ(server.blob_count(), winner % 2 == 0 ? 0u : 1u);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace dyad::s3
