#include "store/embedded/segment_log.h"

#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"
#include "runtime/sim_files.h"

namespace dyad::store::embedded {
namespace {

constexpr std::uint64_t kSalt = 77;
const std::string kDirectory = "/log";

/// A log on a simulated disk, written batch by batch; the batch `n` has timestamps 10n+1, 10n+2.
class SegmentLogTest : public testing::Test {
 protected:
  SegmentLogTest() { make_directory(files_); }

  static void make_directory(SimFiles& files) {
    EXPECT_TRUE(files.make_directory(kDirectory));
    EXPECT_TRUE(files.sync_directory("/"));
  }

  SegmentLogOptions options() {
    SegmentLogOptions options;
    options.directory = kDirectory;
    options.segment_bytes = segment_bytes_;
    options.salt = kSalt;
    return options;
  }

  Result<> open(LogPosition applied = {}, std::optional<LogPosition> clean = std::nullopt) {
    log_.reset();
    replayed_.clear();
    auto opened = SegmentLog::open(
        files_, options(), applied, clean,
        [&](const RecordHeader& header, std::string_view payload, const LogPosition&) -> Result<> {
          replayed_.push_back(header.first.value() / 10);
          BatchVisitor visitor;
          visitor.on_put = [&](std::string_view key, std::string_view value) -> Result<> {
            rows_[std::string(key)] = value;
            return {};
          };
          return visit_batch(payload, visitor);
        });
    if (!opened) return fail(opened.error());
    log_ = std::move(*opened);
    return {};
  }

  static std::string entry_text(int n, int partition, std::size_t bytes) {
    std::string text = std::to_string(n) + "/" + std::to_string(partition) + " ";
    text.resize(std::max(text.size(), bytes), 'e');
    return text;
  }

  Result<LogPosition> append(int n, std::vector<int> partitions, std::size_t bytes = 100) {
    BatchBuilder batch;
    batch.begin_transaction(Timestamp(10 * n + 1));
    batch.put("row" + std::to_string(n), "value");
    for (const int p : partitions) batch.entry(PartitionId(p), entry_text(n, p, bytes));
    batch.begin_transaction(Timestamp(10 * n + 2));
    batch.erase("gone");
    return log_->append(batch);
  }
  void append_all(int from, int to, std::vector<int> partitions, std::size_t bytes = 100) {
    for (int n = from; n < to; ++n) {
      const auto appended = append(n, partitions, bytes);
      ASSERT_TRUE(appended) << appended.error().to_string();
    }
  }

  /// The batches whose entries the partition's log holds after `after`.
  std::vector<int> batches(int partition, std::uint64_t after = 0, LogLimits limits = {}) {
    std::vector<int> found;
    const auto page =
        log_->read(PartitionId(partition), Timestamp(after), Timestamp(UINT64_MAX), limits);
    if (!page) {
      ADD_FAILURE() << page.error().to_string();
      return found;
    }
    for (const LogEntry& entry : page->entries) {
      const int n = static_cast<int>(entry.timestamp.value() / 10);
      EXPECT_EQ(entry.payload.substr(0, entry.payload.find(' ')),
                std::to_string(n) + "/" + std::to_string(partition));
      found.push_back(n);
    }
    return found;
  }
  static std::vector<int> numbers(int from, int to) {
    std::vector<int> all;
    for (int n = from; n < to; ++n) all.push_back(n);
    return all;
  }
  std::vector<std::string> names() { return *files_.list(kDirectory); }
  bool has(const std::string& name) {
    const auto all = names();
    return std::find(all.begin(), all.end(), name) != all.end();
  }
  std::string path(std::uint64_t id) { return kDirectory + "/" + segment_file_name(id); }

  SimFiles files_;
  std::uint64_t segment_bytes_ = 64u << 10;
  std::unique_ptr<SegmentLog> log_;
  std::vector<int> replayed_;
  std::map<std::string, std::string> rows_;
};

TEST_F(SegmentLogTest, WhatWasAppendedIsReadAndReplayed) {
  ASSERT_TRUE(open());
  append_all(1, 40, {1, 2});
  append_all(40, 41, {2});
  EXPECT_GT(log_->tail().segment, 2u);
  EXPECT_EQ(batches(1), numbers(1, 40));
  EXPECT_EQ(batches(2, 381), numbers(39, 41));
  EXPECT_TRUE(batches(3).empty());
  EXPECT_EQ(log_->durable_upto(), Timestamp(402));

  const LogPosition tail = log_->tail();
  files_.crash();
  files_.restart();
  ASSERT_TRUE(open());
  EXPECT_EQ(replayed_, numbers(1, 41));
  EXPECT_EQ(rows_.size(), 40u);
  EXPECT_EQ(log_->tail(), tail);
  EXPECT_EQ(batches(1), numbers(1, 40));
  append_all(41, 60, {1});
  EXPECT_EQ(batches(1).back(), 59);
}

TEST_F(SegmentLogTest, ReplayBeginsBehindWhatWasApplied) {
  ASSERT_TRUE(open());
  append_all(1, 30, {1});
  const LogPosition applied = log_->tail();
  append_all(30, 45, {1});
  ASSERT_TRUE(open(applied));
  EXPECT_EQ(replayed_, numbers(30, 45));
  EXPECT_EQ(batches(1), numbers(1, 45));
}

TEST_F(SegmentLogTest, PagesStopAtTheirLimitsAndNeverPartATransaction) {
  ASSERT_TRUE(open());
  append_all(1, 10, {1, 1, 1});
  LogLimits limits;
  limits.entries = 1;
  auto page = log_->read(PartitionId(1), Timestamp(), Timestamp(UINT64_MAX), limits);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries.size(), 3u);
  EXPECT_TRUE(page->more);
  limits = {.entries = 100, .bytes = 650};
  page = log_->read(PartitionId(1), Timestamp(), Timestamp(UINT64_MAX), limits);
  EXPECT_EQ(page->entries.size(), 6u);
  EXPECT_TRUE(page->more);
  page = log_->read(PartitionId(1), Timestamp(), Timestamp(41), {});
  EXPECT_EQ(page->entries.size(), 12u);
  EXPECT_FALSE(page->more);
}

TEST_F(SegmentLogTest, ManyBatchesOfTheActiveSegmentAreReadInPieces) {
  segment_bytes_ = 4u << 20;
  ASSERT_TRUE(open());
  append_all(1, 701, {1});
  EXPECT_EQ(log_->tail().segment, 1u);
  EXPECT_EQ(batches(1), numbers(1, 701));
}

TEST_F(SegmentLogTest, MoreSegmentsThanFootersInMemoryAreReadInTurn) {
  ASSERT_TRUE(open());
  append_all(1, 301, {1, 2});
  ASSERT_GT(log_->tail().segment, 16u);
  ASSERT_TRUE(open(log_->tail()));
  for (int pass = 0; pass < 2; ++pass) EXPECT_EQ(batches(2), numbers(1, 301));
}

// The bytes on disk are a promise: docs/formats.md.
TEST_F(SegmentLogTest, TheFormatStaysWhatItIs) {
  BatchBuilder batch;
  batch.begin_transaction(Timestamp(0x1234));
  batch.put("key", "value");
  batch.erase("gone");
  batch.entry(PartitionId(300), "entry");
  const auto blocks = batch.finish(3, 9, kSalt);
  ASSERT_EQ(blocks.size(), kBlockBytes);
  const std::string_view bytes(blocks.data(), blocks.size());
  EXPECT_EQ(to_hex(bytes.substr(0, 48)),
            "4459534701000100030000000000000009000000000000002300000001000000"
            "34120000000000003412000000000000");
  EXPECT_EQ(to_hex(bytes.substr(64, 0x23)),
            "01341200000000000002036b65790576616c75650304676f6e6504ac0205656e747279");
  EXPECT_EQ(to_hex(bytes.substr(48, 16)), "0e54dafcadc379a8bf7d67313dc69d79");
}

TEST_F(SegmentLogTest, ABatchLargerThanASegmentGetsOneOfItsOwn) {
  ASSERT_TRUE(open());
  append_all(1, 3, {1});
  append_all(3, 4, {1}, 300u << 10);
  append_all(4, 6, {1});
  EXPECT_EQ(batches(1, 0, {.bytes = 1u << 20}), numbers(1, 6));
  ASSERT_TRUE(open());
  EXPECT_EQ(batches(1, 0, {.bytes = 1u << 20}), numbers(1, 6));
}

TEST_F(SegmentLogTest, ATornTailIsCut) {
  ASSERT_TRUE(open());
  append_all(1, 5, {1});
  const LogPosition tail = log_->tail();
  files_.reset_operations();
  files_.fail_at(0, FileFault::torn_crash);
  EXPECT_FALSE(append(5, {1}, 30000));
  files_.restart();
  ASSERT_TRUE(open());
  // Whole or absent.
  if (log_->tail() == tail) {
    EXPECT_EQ(batches(1), numbers(1, 5));
  }
  append_all(6, 9, {1});
  EXPECT_EQ(batches(1).back(), 8);
}

TEST_F(SegmentLogTest, DamageBeforeValidBatchesRefusesTheStart) {
  for (const int in_header : {0, 1}) {
    ASSERT_TRUE(open());
    const int from = in_header * 100;
    append_all(from + 1, from + 3, {1});
    const LogPosition at = log_->tail();
    append_all(from + 3, from + 6, {1});
    log_.reset();
    ASSERT_TRUE(files_.flip(path(at.segment), at.offset + (in_header ? 20 : 100), 3));
    const Result<> opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corruption);
    EXPECT_NE(opened.error().message.find(path(at.segment)), std::string::npos);
    EXPECT_NE(opened.error().message.find("offset " + std::to_string(at.offset)), std::string::npos)
        << opened.error().message;
    ASSERT_TRUE(files_.flip(path(at.segment), at.offset + (in_header ? 20 : 100), 3));
  }
}

TEST_F(SegmentLogTest, DamageInASealedSegmentIsFoundInReplayAndInReads) {
  ASSERT_TRUE(open());
  append_all(1, 40, {1});
  ASSERT_TRUE(files_.flip(path(1), 4096 + 90));
  const auto page = log_->read(PartitionId(1), Timestamp(), Timestamp(UINT64_MAX), {});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::corruption);
  EXPECT_NE(page.error().message.find(path(1) + ": offset 4096"), std::string::npos);
  const Result<> opened = open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::corruption);
}

TEST_F(SegmentLogTest, ADamagedFooterIsFound) {
  ASSERT_TRUE(open());
  append_all(1, 40, {1});
  for (const std::uint64_t back : {8u, 4000u}) {
    ASSERT_TRUE(files_.flip(path(1), (64u << 10) - back));
    const Result<> opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corruption);
    EXPECT_NE(opened.error().message.find(path(1)), std::string::npos);
    ASSERT_TRUE(files_.flip(path(1), (64u << 10) - back));
  }
  ASSERT_TRUE(open());
}

TEST_F(SegmentLogTest, RecordsThatLeaveNoRoomForTheFooterAreDamage) {
  ASSERT_TRUE(open());
  append_all(1, 5, {1});
  const LogPosition tail = log_->tail();
  log_.reset();
  const std::string whole = *read_file(files_, path(tail.segment), segment_bytes_);
  for (const std::uint64_t room : {std::uint64_t{0}, kBlockBytes}) {
    ASSERT_TRUE(write_file(files_, path(tail.segment), whole.substr(0, tail.offset + room)));
    const Result<> opened = open();
    ASSERT_EQ(opened.has_value(), room > 0) << room;
    if (!opened) {
      EXPECT_EQ(opened.error().code, ErrorCode::corruption);
      EXPECT_NE(opened.error().message.find(path(tail.segment)), std::string::npos);
    }
  }
  // The room that is left is enough to seal it and to go on.
  append_all(5, 9, {1});
  EXPECT_EQ(batches(1), numbers(1, 9));
}

TEST_F(SegmentLogTest, AMissingSegmentIsNamed) {
  ASSERT_TRUE(open());
  append_all(1, 60, {1});
  const std::uint64_t last = log_->tail().segment;
  ASSERT_GE(last, 4u);
  const LogPosition applied = log_->tail();
  for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{2}, last}) {
    log_.reset();
    ASSERT_TRUE(files_.rename(path(id), "/aside"));
    const Result<> opened = open(id == last ? LogPosition() : applied);
    ASSERT_FALSE(opened) << id;
    EXPECT_EQ(opened.error().code, ErrorCode::corruption);
    EXPECT_NE(opened.error().message.find(path(id) + ": missing"), std::string::npos)
        << opened.error().message;
    ASSERT_TRUE(files_.rename("/aside", path(id)));
  }
  ASSERT_TRUE(open());
}

TEST_F(SegmentLogTest, ATailShorterThanWhatTheRowsHaveSeenIsRefused) {
  ASSERT_TRUE(open());
  append_all(1, 5, {1});
  const LogPosition before = log_->tail();
  append_all(5, 6, {1});
  const LogPosition applied = log_->tail();
  log_.reset();
  ASSERT_TRUE(files_.flip(path(before.segment), before.offset + 10));
  EXPECT_EQ(open(applied).error().code, ErrorCode::corruption);
  EXPECT_EQ(open(before, applied).error().code, ErrorCode::corruption);
  // Without either witness it is a write that was never acknowledged.
  EXPECT_TRUE(open(before));
}

TEST_F(SegmentLogTest, AFailedWriteEndsTheLog) {
  ASSERT_TRUE(open());
  append_all(1, 3, {1});
  files_.reset_operations();
  files_.fail_at(0, FileFault::io_error);
  EXPECT_EQ(append(3, {1}).error().code, ErrorCode::io_error);
  EXPECT_EQ(append(4, {1}).error().code, ErrorCode::io_error);
  EXPECT_EQ(batches(1), numbers(1, 3));
}

TEST_F(SegmentLogTest, SegmentsThatNobodyNeedsAreUsedAgain) {
  ASSERT_TRUE(open());
  append_all(1, 60, {1});
  const std::uint64_t last = log_->tail().segment;
  const auto all = [](PartitionId) { return Timestamp(UINT64_MAX); };
  // Replay still needs everything.
  EXPECT_EQ(log_->retire(LogPosition(), all)->segments, 0u);
  const auto retired = log_->retire(log_->tail(), all);
  ASSERT_TRUE(retired);
  EXPECT_EQ(retired->segments, last - 1);
  EXPECT_FALSE(has(segment_file_name(1)));
  EXPECT_TRUE(has("0000000001.free"));
  // Old bytes in the new segments are not taken for records.
  const LogPosition applied = log_->tail();
  append_all(60, 100, {1});
  EXPECT_FALSE(has("0000000001.free"));
  EXPECT_EQ(batches(1).back(), 99);
  files_.crash();
  files_.restart();
  ASSERT_TRUE(open(applied));
  EXPECT_EQ(replayed_, numbers(60, 100));
}

TEST_F(SegmentLogTest, AFollowersFloorHoldsASegmentBack) {
  ASSERT_TRUE(open());
  append_all(1, 60, {1, 2}, 3000);
  const auto floor_of = [](PartitionId partition) {
    return partition == PartitionId(1) ? Timestamp(UINT64_MAX) : Timestamp(201);
  };
  ASSERT_TRUE(log_->retire(log_->tail(), floor_of));
  EXPECT_EQ(batches(2, 201, {.bytes = 1u << 20}), numbers(21, 60));
  const LogPosition applied = log_->tail();
  ASSERT_TRUE(open(applied));
  EXPECT_EQ(batches(2, 201, {.bytes = 1u << 20}), numbers(21, 60));
}

TEST_F(SegmentLogTest, FewNeededEntriesOfASegmentMoveToAKeptFile) {
  ASSERT_TRUE(open());
  for (int n = 1; n < 100; ++n)
    append_all(n, n + 1, n % 10 == 0 ? std::vector<int>{1, 2} : std::vector<int>{1});
  const auto floor_of = [](PartitionId partition) {
    return partition == PartitionId(1) ? Timestamp(UINT64_MAX) : Timestamp();
  };
  const auto retired = log_->retire(log_->tail(), floor_of);
  ASSERT_TRUE(retired);
  EXPECT_GT(retired->rewritten, 2u);
  EXPECT_TRUE(has(kept_file_name(1)));
  EXPECT_FALSE(has(segment_file_name(1)));
  const std::vector<int> wanted{10, 20, 30, 40, 50, 60, 70, 80, 90};
  EXPECT_EQ(batches(2), wanted);
  const LogPosition applied = log_->tail();
  files_.crash();
  files_.restart();
  ASSERT_TRUE(open(applied));
  EXPECT_EQ(batches(2), wanted);

  // A kept file that is gone is missed; one that nobody needs any more goes.
  log_.reset();
  ASSERT_TRUE(files_.rename(kDirectory + "/" + kept_file_name(1), "/aside"));
  EXPECT_NE(open(applied).error().message.find(kept_file_name(1) + ": missing"), std::string::npos);
  ASSERT_TRUE(files_.rename("/aside", kDirectory + "/" + kept_file_name(1)));
  ASSERT_TRUE(open(applied));
  ASSERT_TRUE(log_->retire(applied, [](PartitionId) { return Timestamp(UINT64_MAX); }));
  EXPECT_FALSE(has(kept_file_name(1)));
}

TEST_F(SegmentLogTest, RetirementSurvivesACrashAtEveryOperation) {
  const auto floor_of = [](PartitionId partition) {
    return partition == PartitionId(1) ? Timestamp(UINT64_MAX) : Timestamp();
  };
  bool reached_end = false;
  for (std::uint64_t at = 0; !reached_end; ++at) {
    for (const FileFault fault : {FileFault::crash, FileFault::torn_crash}) {
      SimFiles files(SimFiles::Options{.seed = at + 1});
      make_directory(files);
      const auto reopen = [&](LogPosition applied) {
        return SegmentLog::open(files, options(), applied, std::nullopt,
                                [](const auto&, auto, const auto&) { return Result<>(); });
      };
      auto log = *reopen({});
      BatchBuilder batch;
      for (int n = 1; n < 60; ++n) {
        batch.clear();
        batch.begin_transaction(Timestamp(10 * n));
        batch.entry(PartitionId(n % 10 == 0 ? 2 : 1), "e");
        ASSERT_TRUE(log->append(batch));
      }
      const LogPosition applied = log->tail();
      files.reset_operations();
      files.fail_at(at, fault);
      (void)log->retire(applied, floor_of);
      reached_end = !files.is_down();
      log.reset();
      files.clear_faults();
      if (!files.is_down()) files.crash();
      files.restart();
      auto again = reopen(applied);
      ASSERT_TRUE(again) << "operation " << at << ": " << again.error().to_string();
      const auto page = (*again)->read(PartitionId(2), Timestamp(), Timestamp(UINT64_MAX), {});
      ASSERT_TRUE(page) << page.error().to_string();
      EXPECT_EQ(page->entries.size(), 5u) << "operation " << at;
    }
  }
}

TEST_F(SegmentLogTest, AnOrderlyCloseSparesTheSearchBehindTheTail) {
  ASSERT_TRUE(open());
  append_all(1, 5, {1});
  const LogPosition tail = *log_->close();
  ASSERT_TRUE(open(tail, tail));
  EXPECT_TRUE(replayed_.empty());
  EXPECT_EQ(batches(1), numbers(1, 5));
  append_all(5, 7, {1});
  EXPECT_EQ(batches(1), numbers(1, 7));
}

TEST_F(SegmentLogTest, AClientsBytesNeverPassForARecord) {
  // A record of this very log, copied into a value at every alignment, under another salt.
  BatchBuilder forged;
  forged.begin_transaction(Timestamp(1 << 20));
  forged.entry(PartitionId(1), "forged");
  const auto blocks = forged.finish(1, 99, kSalt + 1);
  std::string value(60u << 10, 'x');
  for (std::size_t at = 0; at + blocks.size() <= value.size(); at += 4096 - 21)
    value.replace(at, blocks.size(), blocks.data(), blocks.size());
  ASSERT_TRUE(open());
  append_all(1, 3, {1});
  BatchBuilder batch;
  batch.begin_transaction(Timestamp(100));
  batch.put("k", std::string(4096 - 64 - 16, 'p') + value);
  files_.reset_operations();
  files_.fail_at(0, FileFault::torn_crash);
  (void)log_->append(batch);
  files_.restart();
  ASSERT_TRUE(open());
  EXPECT_EQ(batches(1), numbers(1, 3));
}

}  // namespace
}  // namespace dyad::store::embedded
