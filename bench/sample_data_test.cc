#include "sample_data.h"

#include <gtest/gtest.h>

namespace dyad::bench {
namespace {

TEST(SampleData, ItemsAreOfTheSizeTheFiguresName) {
  const TextPool pool;
  for (const std::uint64_t number : {0ull, 42ull, 9'999'999'999ull}) {
    const table::Item item = make_item(number, pool.cut(number * 7919, kPayloadBytes));
    EXPECT_EQ(table::dynamodb_size_bytes(item.view()), kItemBytes) << number;
    EXPECT_EQ(item_key(number).size(), 5 + kKeyDigits);
  }
}

TEST(SampleData, PoolGivesAnyCutInFull) {
  const TextPool pool;
  for (const std::uint64_t random : {std::uint64_t{0}, std::uint64_t{TextPool::kBytes}, UINT64_MAX})
    EXPECT_EQ(pool.cut(random, kObjectBytes).size(), kObjectBytes);
}

}  // namespace
}  // namespace dyad::bench
