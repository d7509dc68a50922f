#include "store/rados/home_log.h"

#include <gtest/gtest.h>

namespace dyad::store::rados {
namespace {

std::string entries(std::uint64_t timestamp, int count, std::size_t bytes) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    append_logged(out, PartitionId(1 + i % 2), Timestamp(timestamp), std::string(bytes, 'e'));
  }
  return out;
}

TEST(LogIndex, ExtentsCoverTheBytesAndCutNoTransaction) {
  LogIndex index;
  std::string log;
  for (std::uint64_t t = 1; t <= 40; ++t) log += entries(t, t == 7 ? 300 : 3, 1000);
  ASSERT_TRUE(index.append(log));
  EXPECT_EQ(index.bytes, log.size());
  ASSERT_GE(index.extents.size(), 3u);
  std::uint64_t end = 0;
  Timestamp last;
  for (const Extent& extent : index.extents) {
    EXPECT_EQ(extent.offset, end);
    EXPECT_GT(extent.first, last);
    end += extent.bytes;
    last = extent.last;
  }
  EXPECT_EQ(end, log.size());
  EXPECT_EQ(last, Timestamp(40));
  EXPECT_EQ(index.last_of.at(PartitionId(1)), Timestamp(40));

  const std::optional<LogIndex> stored = LogIndex::decode(index.encode());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->encode(), index.encode());
  const std::string bytes = index.encode();
  EXPECT_FALSE(LogIndex::decode(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST(LogIndex, DamageIsFound) {
  LogIndex index;
  const std::string log = entries(1, 2, 100);
  EXPECT_FALSE(index.append(std::string_view(log).substr(0, log.size() - 1)));
}

TEST(HomeLog, ASegmentGoesWhenNoPartitionNeedsIt) {
  const Layout layout("test");
  HomeLog log(5, layout);
  log.appended(entries(3, 2, 10));
  const HomeLog::Seal seal = log.next_seal();
  EXPECT_EQ(seal.number, 1u);
  EXPECT_EQ(seal.index.bytes, log.open_bytes());
  log.sealed();
  EXPECT_EQ(log.open_bytes(), 0u);
  EXPECT_TRUE(log.trim(PartitionId(1), Timestamp(3)).empty());
  EXPECT_TRUE(log.trim(PartitionId(2), Timestamp(2)).empty());
  EXPECT_EQ(log.trim(PartitionId(2), Timestamp(3)), std::vector<std::uint64_t>{1});
  EXPECT_TRUE(log.segments().empty());
}

}  // namespace
}  // namespace dyad::store::rados
