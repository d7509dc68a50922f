#include "store/embedded/row_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "runtime/sim_files.h"

namespace dyad::store::embedded {
namespace {

/// So few that most of the tables below are not open when the store is.
constexpr int kFewOpenFiles = 20;
constexpr int kTables = 3;

std::string key_of(int table) {
  return "row-" + std::to_string(table);
}

class RowStoreTest : public ::testing::Test {
 protected:
  RowStoreTest() { EXPECT_TRUE(files_.make_directory("/rows")); }

  std::unique_ptr<RowStore> open() {
    RowStoreOptions options;
    options.directory = "/rows";
    options.max_open_files = kFewOpenFiles;
    auto rows = RowStore::open(files_, options);
    EXPECT_TRUE(rows) << (rows ? "" : rows.error().to_string());
    return std::move(*rows);
  }

  SimFiles files_;
};

TEST_F(RowStoreTest, AReadThatMayNotWaitNeverTakesATableThatIsNotOpenForAnErasedRow) {
  {
    const auto rows = open();
    RowBatch batch;
    for (int i = 0; i < kTables; ++i) {
      batch.clear();
      batch.put(key_of(i), "value");
      batch.erase("erased");
      ASSERT_TRUE(rows->apply(batch));
      ASSERT_TRUE(rows->flush());
    }
  }
  const auto rows = open();
  for (int i = 0; i < kTables; ++i) {
    const auto at_once = rows->get(key_of(i), RowStore::Wait::no);
    ASSERT_TRUE(at_once);
    EXPECT_TRUE(at_once->would_block || at_once->value == "value") << i;
    const auto all_at_once = rows->get_all(std::vector{key_of(i)}, RowStore::Wait::no);
    ASSERT_TRUE(all_at_once);
    EXPECT_TRUE(all_at_once->would_block || all_at_once->values[0] == "value") << i;
  }
  for (int i = 0; i < kTables; ++i)
    EXPECT_EQ(rows->get(key_of(i), RowStore::Wait::yes)->value, "value");
  EXPECT_EQ(rows->get("erased", RowStore::Wait::yes)->value, std::nullopt);
}

/// Rows in several tables, some of them replaced or erased by later ones, and what is right.
class ReadsAtOnceTest : public RowStoreTest {
 protected:
  static constexpr int kRows = 2000;

  void fill() {
    constexpr int kTablesOfIt = 4, kWideBytes = 300;
    const auto rows = open();
    for (int table = 0; table < kTablesOfIt; ++table) {
      RowBatch batch;
      for (int i = table; i < kRows; i += table + 1) {
        const std::string key = row(i);
        const bool erased = table == kTablesOfIt - 1 && i % 8 == 7;
        if (erased) {
          batch.erase(key);
          expected_.erase(key);
        } else {
          expected_[key] = fmt::format("{}{:w>{}}", table, "", kWideBytes);
          batch.put(key, expected_[key]);
        }
      }
      ASSERT_TRUE(rows->apply(batch));
      ASSERT_TRUE(rows->flush());
    }
  }

  static std::string row(int i) { return fmt::format("row-{:05}", i); }

  /// Counts it; true where there is an answer to look at.
  template <class T>
  bool is_answer(const Result<T>& result) {
    EXPECT_TRUE(result) << result.error().to_string();
    if (!result) return false;
    ++(result->would_block ? refused_ : answered_);
    return !result->would_block;
  }

  void expect_value(const std::string& key, const std::optional<std::string>& value) {
    const auto found = expected_.find(key);
    EXPECT_EQ(value, found == expected_.end() ? std::nullopt : std::optional(found->second)) << key;
  }

  /// The rows from `from` on, as far as the cursor can say.
  Result<ScanPage> expect_page(BaseCursor& cursor, const std::string& from) {
    constexpr int kRowsAPage = 50;
    auto next = expected_.lower_bound(from);
    int seen = 0;
    for (cursor.seek(from); cursor.valid() && seen < kRowsAPage; cursor.next()) {
      if (cursor.value().empty()) continue;
      EXPECT_EQ(cursor.key(), next->first);
      EXPECT_EQ(cursor.value(), next->second);
      ++next, ++seen;
    }
    DYAD_TRY(cursor.status());
    EXPECT_TRUE(seen == kRowsAPage || next == expected_.end()) << from;
    return ScanPage();
  }

  std::map<std::string, std::string> expected_;
  int answered_ = 0, refused_ = 0;
};

/// Whatever of the tables is in memory: a right answer or none; never an error, an older value, or
/// a row less.
TEST_F(ReadsAtOnceTest, AreRightOrRefused) {
  fill();
  const auto rows = open();
  for (int i = 0; i < kRows; i += 7) {
    const std::vector keys = {row(i), row(kRows - i)};
    const auto one = rows->get(keys[0], RowStore::Wait::no);
    if (is_answer(one)) expect_value(keys[0], one->value);

    const auto both = rows->get_all(keys, RowStore::Wait::no);
    if (is_answer(both)) {
      expect_value(keys[0], both->values[0]);
      expect_value(keys[1], both->values[1]);
    }
    const auto page = rows->view()->walk(
        [&](BaseCursor& cursor) { return expect_page(cursor, keys[0]); }, RowStore::Wait::no);
    ++(page.would_block ? refused_ : answered_);
    EXPECT_TRUE(page.would_block || *page.page) << keys[0];
  }
  EXPECT_GT(answered_, 0);
  EXPECT_GT(refused_, 0);
}

}  // namespace
}  // namespace dyad::store::embedded
