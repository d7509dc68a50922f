#include "store/embedded/row_store.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace dyad::store::embedded
