#include "services/s3/ranges.h"

#include "services/s3/test_server.h"

namespace dyad::s3 {
namespace {

constexpr std::string_view kWhole = "whole";
constexpr std::string_view kUnsatisfiable = "416";

struct RangeCase {
  std::string_view header;
  std::uint64_t size;
  std::string_view expected;  ///< As Content-Range has it.
};

// RFC 9110, 14.1.2 and 14.2; what S3 does with several ranges: "GetObject", Range.
constexpr RangeCase kCases[] = {
    {"bytes=0-0", 10, "bytes 0-0/10"},
    {"bytes=0-9", 10, "bytes 0-9/10"},
    {"bytes=0-10", 10, "bytes 0-9/10"},
    {"bytes=3-", 10, "bytes 3-9/10"},
    {"bytes=9-", 10, "bytes 9-9/10"},
    {"bytes=10-", 10, kUnsatisfiable},
    {"bytes=10-20", 10, kUnsatisfiable},
    {"bytes=-1", 10, "bytes 9-9/10"},
    {"bytes=-10", 10, "bytes 0-9/10"},
    {"bytes=-11", 10, "bytes 0-9/10"},
    {"bytes=-0", 10, kUnsatisfiable},
    {"bytes=0-", 0, kUnsatisfiable},
    {"bytes=-1", 0, kUnsatisfiable},
    {"bytes=5-4", 10, kWhole},
    {"bytes=0-1,3-4", 10, kWhole},
    {"bytes=", 10, kWhole},
    {"bytes=-", 10, kWhole},
    {"bytes=a-b", 10, kWhole},
    {"bytes=1-b", 10, kWhole},
    {"bytes= 0-1", 10, kWhole},
    {"bytes=+0-1", 10, kWhole},
    {"octets=0-1", 10, kWhole},
    {"0-1", 10, kWhole},
    {"", 10, kWhole},
    {"bytes=0-18446744073709551615", 10, "bytes 0-9/10"},
    {"bytes=0-99999999999999999999999", 10, "bytes 0-9/10"},
    {"bytes=99999999999999999999999-", 10, kUnsatisfiable},
    {"bytes=-99999999999999999999999", 10, "bytes 0-9/10"},
};

TEST(RangesTest, Table) {
  for (const RangeCase& one : kCases) {
    const auto range = parse_range(one.header, one.size);
    if (one.expected == kUnsatisfiable) {
      EXPECT_EQ(code_of(range), "InvalidRange") << one.header;
      EXPECT_EQ(field_of(range, "RangeRequested"), one.header);
      EXPECT_EQ(field_of(range, "ActualObjectSize"), std::to_string(one.size));
      continue;
    }
    ASSERT_TRUE(range) << one.header;
    EXPECT_EQ(*range ? content_range(**range, one.size) : std::string(kWhole), one.expected)
        << one.header;
  }
}

class RangeReadsTest : public testing::Test {
 protected:
  RangeReadsTest() { server_.make_bucket(); }
  Result<TestServer::Got> get(std::string_view key, std::string range) {
    model::GetObjectInput input = TestServer::get_input(key);
    input.range = std::move(range);
    return server_.run(server_.get_task(input));
  }
  TestServer server_;
};

TEST_F(RangeReadsTest, InlineAndBlob) {
  std::string bytes;
  for (int i = 0; bytes.size() < 300'000; ++i) bytes += std::to_string(i) + ",";
  const std::string few = bytes.substr(0, 1000);
  ASSERT_TRUE(server_.put("large", bytes));
  ASSERT_TRUE(server_.put("small", few));
  const std::size_t frame = blob::kFramePayloadBytes;
  for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>{0, 0},
                                    {frame - 1, frame},
                                    {frame, frame},
                                    {10, 2 * frame + 10},
                                    {bytes.size() - 1, bytes.size() - 1}}) {
    const auto got = get("large", "bytes=" + std::to_string(first) + "-" + std::to_string(last));
    ASSERT_TRUE(got) << got.error().to_string();
    EXPECT_EQ(got->status, 206);
    EXPECT_TRUE(got->bytes == bytes.substr(first, last - first + 1)) << first;
    EXPECT_EQ(got->output.content_length, static_cast<std::int64_t>(last - first + 1));
  }
  const auto got = get("small", "bytes=10-19");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, few.substr(10, 10));
  EXPECT_EQ(got->output.content_range, "bytes 10-19/1000");
  EXPECT_EQ(code_of(get("small", "bytes=1000-")), "InvalidRange");
  EXPECT_EQ(get("small", "bytes=0-1,5-6")->status, 200);
}

TEST_F(RangeReadsTest, PartNumbersAndChecksums) {
  ASSERT_TRUE(server_.put("k", "0123456789"));
  model::GetObjectInput input = TestServer::get_input("k");
  input.checksum_mode = "ENABLED";
  input.part_number = 1;
  const auto first = server_.run(server_.get_task(input));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 206);
  EXPECT_EQ(first->output.content_range, "bytes 0-9/10");
  EXPECT_TRUE(first->output.checksum_crc64_nvme);
  input.part_number = 2;
  const auto second = server_.run(server_.get_task(input));
  EXPECT_EQ(code_of(second), "InvalidPartNumber");
  EXPECT_EQ(field_of(second, "ActualPartCount"), "1");
  input.range = "bytes=0-1";
  EXPECT_EQ(code_of(server_.run(server_.get_task(input))), "InvalidRequest");
  input.part_number.reset();
  const auto part = server_.run(server_.get_task(input));
  ASSERT_TRUE(part);
  EXPECT_FALSE(part->output.checksum_crc64_nvme) << "it is the whole object's";
}

TEST_F(RangeReadsTest, VersionIdsOfABucketWithoutVersions) {
  ASSERT_TRUE(server_.put("k", "v"));
  model::GetObjectInput input = TestServer::get_input("k");
  input.version_id = "null";
  EXPECT_TRUE(server_.run(server_.get_task(input)));
  input.version_id = "3sL4kqtJlcpXroDTDmJ";
  EXPECT_EQ(code_of(server_.run(server_.get_task(input))), "InvalidArgument");
  input.key = "absent";
  input.version_id = "null";
  EXPECT_EQ(code_of(server_.run(server_.get_task(input))), "NoSuchVersion");
}

TEST_F(RangeReadsTest, OverridesAreForSignedRequests) {
  ASSERT_TRUE(server_.put("k", "v"));
  model::GetObjectInput input = TestServer::get_input("k");
  input.response_content_type = "text/plain";
  EXPECT_EQ(server_.run(server_.get_task(input))->output.content_type, "text/plain");
  server_.principal().kind = auth::Principal::Kind::anonymous;
  EXPECT_EQ(code_of(server_.run(server_.get_task(input))), "InvalidRequest");
}

}  // namespace
}  // namespace dyad::s3
