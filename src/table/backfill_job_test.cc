#include "table/backfill_job.h"

#include <gtest/gtest.h>

#include "table/record.h"

namespace dyad::table {
namespace {

TEST(BackfillJob, ComesBackAndIsReadStrictly) {
  BackfillJob job;
  job.table = TableId(9);
  job.table_name = "plain";
  job.index_name = "by-group";
  job.since = 5;
  job.cursor = std::string("\0k", 2);
  job.rows = 300;
  job.put = 200;
  job.left_out = 1;
  const std::string bytes = encode_backfill_job(job);
  const auto back = decode_backfill_job(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_backfill_job(*back), bytes);
  EXPECT_EQ(back->cursor, job.cursor);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_backfill_job(bytes.substr(0, size))) << size;
  EXPECT_EQ(decode_backfill_job(bytes + "x").error().code, ErrorCode::corruption);
  std::string newer = bytes;
  newer[kRecordHeaderBytes] = 2;
  EXPECT_EQ(decode_backfill_job(newer).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace dyad::table
