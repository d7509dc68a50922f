#include "store/embedded/segment_format.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "runtime/sim_files.h"
#include "store/embedded/segment_log.h"

// Bytes that carry right checksums and say what no log says: an error, and never less.

namespace dyad::store::embedded {
namespace {

constexpr std::uint64_t kSalt = 77;
constexpr std::uint64_t kFileBytes = 8 * kBlockBytes;
const std::string kDirectory = "/log";

std::string encoded(std::initializer_list<std::uint64_t> numbers) {
  std::string out;
  for (const std::uint64_t number : numbers) append_varint(out, number);
  return out;
}

TEST(SegmentIndex, IsReadStrictly) {
  SegmentIndex index;
  index.add(PartitionId(4), {0, Timestamp(5), Timestamp(6), 10});
  index.add(PartitionId(4), {4096, Timestamp(7), Timestamp(7), 20});
  std::string bytes;
  index.encode(bytes);
  EXPECT_EQ(bytes, encoded({1, 4, 2, 0, 5, 1, 10, 4096, 1, 0, 20}));
  EXPECT_TRUE(SegmentIndex::decode(bytes));
  EXPECT_FALSE(SegmentIndex::decode(encoded({1, 4, 0}))) << "a partition without extents";
  EXPECT_FALSE(SegmentIndex::decode(encoded({1, 4, 2, 0, 5, 1, 10, 4096, 0, 0, 20})))
      << "an extent that begins when the one before ends";
  EXPECT_FALSE(SegmentIndex::decode(encoded({2, 4, 1, 0, 5, 1, 10, 4, 1, 0, 5, 1, 10})))
      << "a partition twice";
  for (const std::size_t wraps : {3, 4, 5})
    for (const std::uint64_t most : {UINT64_MAX, UINT64_MAX - 1}) {
      std::uint64_t numbers[] = {1, 4, 2, 1, 5, 1, 10, 4096, 1, 0, 20};
      numbers[wraps] = most;
      std::string text;
      for (const std::uint64_t number : numbers) append_varint(text, number);
      EXPECT_FALSE(SegmentIndex::decode(text)) << wraps;
    }
  EXPECT_FALSE(SegmentIndex::decode(encoded({1, 4, 1, 0, 5, 1, std::uint64_t{1} << 32})));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(SegmentIndex::decode(std::string_view(bytes).substr(0, size))) << size;
}

Result<std::unique_ptr<SegmentLog>> open_log_of(std::string segment) {
  SimFiles files;
  EXPECT_TRUE(files.make_directory(kDirectory));
  segment.resize(std::max<std::size_t>(segment.size(), kFileBytes));
  EXPECT_TRUE(write_file(files, kDirectory + "/" + segment_file_name(1), segment));
  EXPECT_TRUE(write_log_manifest(files, kDirectory, {}));
  SegmentLogOptions options;
  options.directory = kDirectory;
  options.segment_bytes = kFileBytes;
  options.salt = kSalt;
  const SegmentLog::Replay replay = [](const RecordHeader&, std::string_view,
                                       const LogPosition&) -> Result<> { return {}; };
  auto log = SegmentLog::open(files, options, {}, std::nullopt, replay);
  if (log) log->reset();
  return log;
}

/// A batch of one entry for each of `timestamps`, under a header that spans [10, 20].
std::string batch_of(std::initializer_list<std::uint64_t> timestamps, bool headless = false) {
  std::string payload;
  for (const std::uint64_t timestamp : timestamps) {
    if (!headless) {
      append_u8(payload, static_cast<std::uint8_t>(OpTag::transaction));
      append_le64(payload, timestamp);
    }
    append_u8(payload, static_cast<std::uint8_t>(OpTag::entry));
    append_varint(payload, 4);
    append_prefixed(payload, "entry");
  }
  RecordHeader header;
  header.segment = 1;
  header.sequence = 1;
  header.first = Timestamp(10);
  header.last = Timestamp(20);
  header.payload_bytes = static_cast<std::uint32_t>(payload.size());
  header.payload_checksum = checksum(payload, kSalt);
  std::string record(kRecordHeaderBytes, '\0');
  encode_header(header, kSalt, record.data());
  record += payload;
  record.resize(round_up_to_block(record.size()));
  return record;
}

TEST(SegmentRecovery, ABatchKeepsToItsHeader) {
  EXPECT_TRUE(open_log_of(batch_of({10, 15, 20})));
  for (const std::string& batch : {batch_of({15, 10}), batch_of({10, 10}), batch_of({10, 21}),
                                   batch_of({9}), batch_of({1}, true)}) {
    const auto log = open_log_of(batch);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, ErrorCode::corruption);
  }
}

TEST(SegmentRecovery, ATrailerPointsIntoItsFile) {
  for (const std::uint64_t offset :
       {UINT64_MAX, UINT64_MAX - kBlockBytes + 1, kFileBytes, kFileBytes - 1}) {
    std::string segment = batch_of({10, 20});
    segment.resize(kFileBytes);
    char* trailer = segment.data() + kFileBytes - kTrailerBytes;
    store_le(trailer, offset);
    store_le(trailer + 8, std::uint64_t{1});
    store_le(trailer + 16, std::uint64_t{0x54535944});
    store_le(trailer + 24, checksum({trailer, 24}, kSalt));
    const auto log = open_log_of(segment);
    ASSERT_FALSE(log) << offset;
    EXPECT_EQ(log.error().code, ErrorCode::corruption) << log.error().message;
  }
}

}  // namespace
}  // namespace dyad::store::embedded
