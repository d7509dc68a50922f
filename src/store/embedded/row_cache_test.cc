#include "store/embedded/row_cache.h"

#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <thread>
#include <vector>

#include "runtime/sim_files.h"
#include "store/embedded/row_store.h"

namespace dyad::store::embedded {
namespace {

class RowCacheTest : public testing::Test {
 protected:
  void read(std::string_view key, const RowCache::Row& row) {
    cache_.keep(cache_.ticket(key), key, row);
  }
  std::optional<RowCache::Row> find(std::string_view key) const {
    return cache_.find(cache_.ticket(key), key);
  }
  static rocksdb::WriteBatch put(const std::string& key, const std::string& value) {
    rocksdb::WriteBatch batch;
    EXPECT_TRUE(batch.Put(key, value).ok());
    return batch;
  }
  void write(const rocksdb::WriteBatch& batch) { RowCache::Change(cache_, batch).done(); }

  RowCache cache_{1u << 20};
};

TEST_F(RowCacheTest, KeepsWhatWasRead) {
  EXPECT_FALSE(find("a"));
  read("a", "row");
  read("absent", std::nullopt);
  ASSERT_TRUE(find("a"));
  EXPECT_EQ(*find("a"), "row");
  ASSERT_TRUE(find("absent"));
  EXPECT_EQ(*find("absent"), std::nullopt);
}

TEST_F(RowCacheTest, WhatIsWrittenReplacesWhatWasKept) {
  read("a", "old");
  read("erased", "old");
  read("removed", "old");
  read("absent", std::nullopt);
  rocksdb::WriteBatch batch = put("a", "new");
  ASSERT_TRUE(batch.Put("erased", "").ok());
  ASSERT_TRUE(batch.Delete("removed").ok());
  ASSERT_TRUE(batch.Put("absent", "made").ok());
  ASSERT_TRUE(batch.Put("never read", "made").ok());
  write(batch);
  EXPECT_EQ(*find("a"), "new");
  for (const char* gone : {"erased", "removed", "absent", "never read"})
    EXPECT_FALSE(find(gone)) << gone;
}

TEST_F(RowCacheTest, RowsGrowAndShrink) {
  read("a", "row");
  for (const std::size_t length : {4000u, 3999u, 1u, 60'000u, 70'000u}) {
    const std::string row(length, static_cast<char>('a' + length % 26));
    write(put("a", row));
    if (length > 65'536) {
      EXPECT_FALSE(find("a"));
    } else {
      ASSERT_TRUE(find("a")) << length;
      EXPECT_EQ(*find("a"), row);
    }
  }
}

TEST_F(RowCacheTest, RowsThatShrankGiveTheirRoomBack) {
  constexpr int kRows = 100;
  for (int i = 0; i < kRows; ++i) read(std::to_string(i), std::string(6000, 'r'));
  for (int i = 0; i < kRows; ++i) write(put(std::to_string(i), "r"));
  for (int i = kRows; i < 2 * kRows; ++i) read(std::to_string(i), std::string(6000, 'r'));
  int kept = 0;
  for (int i = 0; i < 2 * kRows; ++i) kept += find(std::to_string(i)).has_value() ? 1 : 0;
  EXPECT_EQ(kept, 2 * kRows);
}

TEST_F(RowCacheTest, AnswersNothingOfAKeyThatIsBeingWritten) {
  read("a", "old");
  const RowCache::Ticket before = cache_.ticket("a");
  {
    const rocksdb::WriteBatch batch = put("a", "new");
    RowCache::Change change(cache_, batch);
    EXPECT_FALSE(find("a"));
    EXPECT_FALSE(cache_.unchanged(before));
    // Read before the batch, or while RocksDB takes it in: it may be either.
    cache_.keep(before, "a", "old");
    read("a", "old");
    change.done();
  }
  EXPECT_EQ(*find("a"), "new");
  EXPECT_FALSE(cache_.unchanged(before));
  cache_.keep(before, "a", "old");
  EXPECT_EQ(*find("a"), "new");
}

TEST_F(RowCacheTest, ARangeOrAFailureMakesItForgetAll) {
  read("a", "row");
  const RowCache::Ticket before = cache_.ticket("a");
  rocksdb::WriteBatch range;
  ASSERT_TRUE(range.DeleteRange("a", "b").ok());
  write(range);
  EXPECT_FALSE(find("a"));
  cache_.keep(before, "a", "row");
  EXPECT_FALSE(find("a"));

  read("a", "row");
  EXPECT_TRUE(find("a"));
  { const RowCache::Change failed(cache_, put("b", "row")); }
  EXPECT_FALSE(find("a"));

  // What was there before is not rewritten either; what is read from here on is.
  write(put("a", "new"));
  EXPECT_FALSE(find("a"));
  read("a", "new");
  write(put("a", "newer"));
  EXPECT_EQ(*find("a"), "newer");
}

TEST_F(RowCacheTest, StaysWithinItsCapacity) {
  const std::string row(10'000, 'r');
  for (int i = 0; i < 1000; ++i) read(std::to_string(i), row);
  int kept = 0;
  for (int i = 0; i < 1000; ++i) kept += find(std::to_string(i)).has_value();
  EXPECT_GT(kept, 50);
  EXPECT_LT(kept, 110);
  read("large", std::string(1u << 17, 'r'));
  EXPECT_FALSE(find("large"));
}

TEST_F(RowCacheTest, OfNoCapacityKeepsNothing) {
  RowCache none(0);
  none.keep(none.ticket("a"), "a", "row");
  EXPECT_FALSE(none.find(none.ticket("a"), "a"));
  EXPECT_FALSE(none.unchanged(none.ticket("a")));
  RowCache::Change(none, put("a", "row")).done();
}

/// Longer and shorter from one number to the next, so that rows are rewritten in their place and
/// anew; each byte of it follows from the number.
std::string row_of(int n) {
  std::string row = std::to_string(n) + ' ';
  row.append(static_cast<std::size_t>(n) * 37 % 6000, static_cast<char>('a' + n % 26));
  return row;
}

/// A writer counts both rows up in one batch; who reads never sees them part, nor go back, nor one
/// that is half of this number and half of that.
TEST(RowStoreWithCache, RowsNeverGoBackNorPart) {
  SimFiles files;
  ASSERT_TRUE(files.make_directory("/rows"));
  RowStoreOptions options;
  options.directory = "/rows";
  options.row_cache_bytes = 1u << 20;
  const auto rows = std::move(*RowStore::open(files, options));
  const std::vector<std::string> keys = {"one", "two"};
  const auto write = [&](int n) {
    RowBatch batch;
    for (const std::string& key : keys) batch.put(key, row_of(n));
    ASSERT_TRUE(rows->apply(batch));
  };
  write(1);

  constexpr int kWrites = 20'000;
  std::atomic<int> written = 1;
  const auto read = [&] {
    while (written < kWrites) {
      const int least = written;
      const std::string row = *rows->get("one", RowStore::Wait::yes)->value;
      const int one = std::stoi(row);
      EXPECT_GE(one, least);
      EXPECT_TRUE(row == row_of(one)) << one;
      const auto both = rows->get_all(keys, RowStore::Wait::yes);
      EXPECT_EQ(both->values[0], both->values[1]);
      EXPECT_GE(std::stoi(*both->values[0]), one);
      EXPECT_GE(std::stoi(*rows->get("two", RowStore::Wait::yes)->value),
                std::stoi(*both->values[0]));
    }
  };
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(read);
  for (int n = 2; n <= kWrites; ++n) {
    write(n);
    written = n;
  }
}

}  // namespace
}  // namespace dyad::store::embedded
