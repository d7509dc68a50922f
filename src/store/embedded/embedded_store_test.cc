#include "store/embedded/embedded_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "store/embedded/embedded_test_machine.h"
#include "store/embedded/verify_embedded.h"

namespace dyad::store {
namespace {

TEST(EmbeddedStore, SurvivesReopening) {
  Machine machine;
  Told told;
  run_once(machine, told, 60);
  ASSERT_EQ(told.rows.size(), 7u) << machine.fatal();
  EXPECT_EQ(recover_and_check(machine, told), "");
  const auto report = machine.verify();
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->damages.empty()) << report->damages[0];
  EXPECT_GT(report->rows, 0u);
  EXPECT_GT(report->batches, 0u);
}

/// Of a segment, what holds nothing: bytes behind the last batch.
bool is_unused(const std::string& name, std::uint64_t offset, const EmbeddedReport& report) {
  return report.damages.empty() && name.ends_with(".seg") && offset >= 16384;
}

TEST(EmbeddedStore, RotIsNamedAndNeverServed) {
  Machine machine;
  Told told;
  run_once(machine, told, 60);
  ASSERT_EQ(told.rows.size(), 7u);
  int found = 0;
  for (const std::string directory : {"", "/log", "/rows"}) {
    const auto names = machine.files().list(kDirectory + directory);
    ASSERT_TRUE(names);
    std::string newest;
    for (const std::string& name : *names)
      if (name.ends_with(".seg")) newest = name;
    for (const std::string& name : *names) {
      const std::string path = kDirectory + directory + "/" + name;
      const FileInfo info = *machine.files().info(path);
      // Neither is read, nor is a spare segment or the one prepared next.
      if (info.is_directory || name == "IDENTITY" || name.starts_with("OPTIONS") ||
          name.ends_with(".free") || info.size_bytes == 0)
        continue;
      for (int place = 0; place < 6; ++place) {
        const std::uint64_t offset =
            place < 3 ? std::min<std::uint64_t>(place * 70 + 5, info.size_bytes - 1)
                      : info.size_bytes * (place - 2) / 4;
        ASSERT_TRUE(machine.files().flip(path, offset, 2));
        const auto report = machine.verify();
        const std::string said =
            !report ? report.error().message : fmt::format("{}", fmt::join(report->damages, "; "));
        const bool named = said.find(name) != std::string::npos;
        found += named ? 1 : 0;
        // The newest segment has no batch yet.
        const bool next = report && report->damages.empty() && name == newest;
        EXPECT_TRUE(named || next || (report && is_unused(name, offset, *report)))
            << path << " at " << offset << ": " << said;
        ASSERT_TRUE(machine.files().flip(path, offset, 2));
      }
    }
  }
  EXPECT_GT(found, 30);
  EXPECT_EQ(recover_and_check(machine, told), "");
}

TEST(EmbeddedStore, ADamagedRowFileIsNotServed) {
  Machine machine;
  Told told;
  run_once(machine, told, 60);
  const auto names = machine.files().list(kDirectory + "/rows");
  for (const std::string& name : *names) {
    if (!name.ends_with(".sst")) continue;
    const std::string path = kDirectory + "/rows/" + name;
    ASSERT_TRUE(machine.files().flip(path, machine.files().info(path)->size_bytes / 3, 1));
    auto store = machine.open();
    if (!store) {
      EXPECT_EQ(store.error().code, ErrorCode::corruption) << store.error().to_string();
      EXPECT_NE(store.error().message.find(name), std::string::npos) << store.error().to_string();
    } else {
      const std::string wrong = machine.run(check(**store, told));
      EXPECT_EQ(wrong.substr(0, 11), "corruption:") << wrong;
      EXPECT_NE(wrong.find(name), std::string::npos) << wrong;
      machine.run(close(**store));
    }
    return;
  }
  FAIL() << "no row file";
}

TEST(EmbeddedStore, TimeGoesOnWhenTheClockRunsBackwards) {
  Machine machine;
  Told told;
  run_once(machine, told, 5);
  machine.wall_ms -= 3'600'000;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const Timestamp before = (*store)->durable_upto();
  ASSERT_GT(before.value(), 0u);
  const Body body = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kCatalogPartition, row_key("k"), "v");
  };
  const auto commit = machine.run((*store)->transact({}, body, Deadline::never()));
  ASSERT_TRUE(commit);
  EXPECT_GT(commit->timestamp, before);
  machine.run(close(**store));
}

TEST(EmbeddedStore, ASecondOpenerIsRefused) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const auto open = [&]() -> Task<void> {
    const auto second =
        co_await open_embedded_store(*machine.simulation(), kDirectory, machine.options);
    EXPECT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
    EXPECT_NE(second.error().message.find(kDirectory), std::string::npos);
  };
  machine.run(open());
  machine.run(close(**store));
}

TEST(EmbeddedStore, ANewerFormatIsRefusedInWords) {
  Machine machine;
  Told told;
  run_once(machine, told, 1);
  ASSERT_TRUE(machine.files().flip(kDirectory + "/FORMAT", 8, 1));  // Version 3.
  const auto store = machine.open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::unsupported);
  EXPECT_NE(store.error().message.find("newer"), std::string::npos);
}

TEST(EmbeddedStore, BelowTheReserveOnlyErasuresPass) {
  Machine machine;
  machine.options.reserve_bytes = 8u << 20;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const Body put = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kCatalogPartition, row_key("k"), "v");
  };
  const Body erase = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.erase(kCatalogPartition, row_key("k"));
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, put, Deadline::never())));
  machine.files().set_capacity(8u << 20);
  // The first one after a while has a worker look; who comes then is told.
  const auto try_again = [&](const Body& body) {
    (void)machine.run((*store)->transact({}, body, Deadline::never()));
    machine.simulation()->run_for_ms(1000);
    const auto tried = machine.run((*store)->transact({}, body, Deadline::never()));
    return tried ? ErrorCode::internal : tried.error().code;
  };
  machine.simulation()->run_for_ms(1000);
  EXPECT_EQ(try_again(put), ErrorCode::no_space);
  EXPECT_TRUE(machine.run((*store)->get(kCatalogPartition, row_key("k")))->has_value());
  const Body swap = [](Transaction& tx) -> Task<Result<>> {
    tx.makes_room();
    DYAD_CO_TRY(tx.put(kCatalogPartition, row_key("released"), "k"));
    co_return tx.erase(kCatalogPartition, row_key("large"));
  };
  EXPECT_TRUE(machine.run((*store)->transact({}, swap, Deadline::never())));
  EXPECT_TRUE(machine.run((*store)->transact({}, erase, Deadline::never())));
  machine.files().set_capacity(1u << 30);
  EXPECT_EQ(try_again(put), ErrorCode::internal) << "passes";
  machine.run(close(**store));
}

/// Many rows of `bytes` in a partition of their own.
Task<void> fill(Store& store, PartitionId& partition, int rows, std::size_t bytes) {
  const Body create = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(partition, tx.create_partition());
    co_return Result<>();
  };
  EXPECT_TRUE(co_await store.transact({}, create, Deadline::never()));
  for (int from = 0; from < rows; from += 500) {
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      for (int i = from; i < std::min(rows, from + 500); ++i) {
        std::string number = std::to_string(1000000 + i);
        DYAD_CO_TRY(tx.put(partition, row_key(number), std::string(bytes, 'r')));
      }
      co_return Result<>();
    };
    EXPECT_TRUE(co_await store.transact({}, body, Deadline::never()));
  }
}

TEST(EmbeddedStore, AScanGivesUpAmongErasedRows) {
  Machine machine;
  machine.options.max_replay_bytes = 64u << 20;  // Nothing is compacted meanwhile.
  machine.options.write_buffer_bytes = 64u << 20;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId partition;
  machine.run(fill(**store, partition, 6000, 20));
  const auto erase_all = [&]() -> Task<void> {
    for (int from = 0; from < 5999; from += 500) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        for (int i = from; i < std::min(5999, from + 500); ++i)
          DYAD_CO_TRY(tx.erase(partition, row_key(std::to_string(1000000 + i))));
        co_return Result<>();
      };
      EXPECT_TRUE(co_await (*store)->transact({}, body, Deadline::never()));
    }
  };
  machine.run(erase_all());
  ScanRange range{std::string(1, kKind), std::string(1, kKind + 1), false};
  ScanLimits limits;
  limits.steps = 1000;
  const auto first = machine.run((*store)->scan(partition, range, limits));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->empty());
  ASSERT_TRUE(first->next);
  int pages = 1;
  std::optional<ScanRange> next = first->next;
  std::size_t rows = 0;
  while (next && pages < 100) {
    const auto page = machine.run((*store)->scan(partition, *next, limits));
    ASSERT_TRUE(page);
    rows += page->size();
    next = page->next;
    ++pages;
  }
  EXPECT_EQ(rows, 1u);
  EXPECT_GE(pages, 6);
  machine.run(close(**store));
}

/// Otherwise they would stay until something else fills the memory.
TEST(EmbeddedStore, ManyErasedRowsInMemoryAreTakenAway) {
  Machine machine;
  machine.options.max_replay_bytes = 64u << 20;
  machine.options.write_buffer_bytes = 64u << 20;
  machine.options.max_erased_in_memory = 2000;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId partition;
  machine.run(fill(**store, partition, 6000, 20));
  const auto row_files = [&] {
    const auto names = machine.files().list(kDirectory + "/rows");
    return std::ranges::count_if(*names, [](const std::string& n) { return n.ends_with(".sst"); });
  };
  EXPECT_EQ(row_files(), 0);
  const auto erase_all = [&]() -> Task<void> {
    for (int i = 0; i < 6000; i += 100) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        for (int k = i; k < i + 100; ++k)
          DYAD_CO_TRY(tx.erase(partition, row_key(std::to_string(1000000 + k))));
        co_return Result<>();
      };
      EXPECT_TRUE(co_await (*store)->transact({}, body, Deadline::never()));
    }
  };
  machine.run(erase_all());
  machine.simulation()->run_for_ms(100);
  EXPECT_GT(row_files(), 0);
  machine.run(close(**store));
}

TEST(EmbeddedStore, ADroppedPartitionsRowsAreErasedAlsoAfterARestart) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId partition;
  machine.run(fill(**store, partition, 300, 1000));
  const Body drop = [&](Transaction& tx) -> Task<Result<>> {
    co_return tx.drop_partition(partition);
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, drop, Deadline::never())));
  // The worker has not had its turn when the power goes.
  machine.files().crash();
  machine.run(close(**store));
  store->reset();
  machine.files().restart();

  store = machine.open();
  ASSERT_TRUE(store) << store.error().to_string();
  PartitionId other;
  machine.run(fill(**store, other, 1, 1));
  machine.simulation()->run_for_ms(100);
  machine.run(close(**store));
  store->reset();
  const auto report = machine.verify();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->damages.empty()) << report->damages[0];
  EXPECT_EQ(report->dropped_rows, 0u);
  EXPECT_EQ(report->rows, 1u);
}

TEST(EmbeddedStore, ACatalogueTooLargeForItsMirrorIsReadFromTheRows) {
  Machine machine;
  machine.options.catalog_mirror_bytes = 100;
  for (int round = 0; round < 2; ++round) {
    auto store = machine.open();
    ASSERT_TRUE(store);
    for (int i = 0; i < 5; ++i) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        co_return tx.put(kCatalogPartition, row_key(std::to_string(i)), std::string(50, 'c'));
      };
      ASSERT_TRUE(machine.run((*store)->transact({}, body, Deadline::never())));
    }
    for (int i = 0; i < 6; ++i) {
      const auto row = machine.run((*store)->get(kCatalogPartition, row_key(std::to_string(i))));
      ASSERT_TRUE(row);
      EXPECT_EQ(row->has_value(), i < 5);
    }
    machine.run(close(**store));
  }
}

TEST(EmbeddedStore, ADroppedHalfLeavesTheOtherAlone) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId partition;
  machine.run(fill(**store, partition, 300, 100));
  Transaction::Children children{};
  const Body split = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(children, tx.split_partition(partition, "1000100"));
    // A cursor on what the same transaction makes.
    co_return tx.set_cursor("follower", children.right, Timestamp(5));
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, split, Deadline::never())));
  const Body drop = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY(tx.drop_partition(partition));
    co_return tx.drop_partition(children.left);
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, drop, Deadline::never())));
  PartitionId other;
  machine.run(fill(**store, other, 0, 1));
  machine.simulation()->run_for_ms(100);
  machine.run(close(**store));
  store->reset();
  const auto report = machine.verify();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->damages.empty()) << report->damages[0];
  EXPECT_EQ(report->rows, 200u);
  EXPECT_EQ(report->dropped_rows, 0u);

  store = machine.open();
  ASSERT_TRUE(store) << store.error().to_string();
  const auto cursor = machine.run((*store)->cursor("follower", children.right));
  EXPECT_EQ(**cursor, Timestamp(5));
  machine.run(close(**store));
}

TEST(EmbeddedStore, AFailedFlushIsFatalAndFinal) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const Body body = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kCatalogPartition, row_key("k"), "v");
  };
  machine.files().fail_all(FileOperationKind::write_durable, ".seg", FileFault::io_error);
  EXPECT_EQ(machine.run((*store)->transact({}, body, Deadline::never())).error().code,
            ErrorCode::io_error);
  EXPECT_NE(machine.fatal(), "");
  machine.files().clear_faults();
  EXPECT_EQ(machine.run((*store)->transact({}, body, Deadline::never())).error().code,
            ErrorCode::io_error);
  machine.run(close(**store));
}

TEST(EmbeddedStore, AFullDiskRefusesAndRecovers) {
  Machine machine;
  machine.options.max_replay_bytes = 1u << 20;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const std::uint64_t capacity = 16u << 20;
  machine.files().set_capacity(capacity);
  machine.options.reserve_bytes = 0;
  int written = 0;
  ErrorCode refused = ErrorCode::internal;
  const auto work = [&]() -> Task<void> {
    for (int i = 0; i < 3000; ++i) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        DYAD_CO_TRY(tx.append(kCatalogPartition, std::string(8000, 'e')));
        co_return Result<>();
      };
      const auto commit = co_await (*store)->transact({}, body, Deadline::never());
      if (!commit) {
        refused = commit.error().code;
        co_return;
      }
      ++written;
      co_await SleepUntil(machine.simulation()->clock().steady_us() + 5000);
    }
  };
  machine.run(work());
  EXPECT_EQ(refused, ErrorCode::no_space);
  EXPECT_EQ(machine.fatal(), "");
  EXPECT_GT(written, 1000);
  machine.files().set_capacity(2 * capacity);
  machine.simulation()->run_for_ms(1000);
  refused = ErrorCode::internal;
  const int before = written;
  const Body probe = [](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kCatalogPartition, row_key("k"), "v");
  };
  (void)machine.run((*store)->transact({}, probe, Deadline::never()));
  machine.simulation()->run_for_ms(1000);
  machine.run(work());
  EXPECT_GT(written, before);
  machine.run(close(**store));
}

/// A batch that waits for room does not hold up a stop, and nothing of what was acknowledged before
/// is missing at the next start.
TEST(EmbeddedStore, AStopWaitsForNoRoom) {
  Machine machine;
  machine.options.space = DiskSpace::watch(machine.start(), kDirectory, 0);
  auto store = machine.run(open_embedded_store(*machine.simulation(), kDirectory, machine.options));
  ASSERT_TRUE(store);
  const Clock& clock = machine.simulation()->clock();
  std::set<int> told;
  std::vector<ErrorCode> refused;
  const auto put_one = [&](int n) -> Task<void> {
    const Body body = [n](Transaction& tx) -> Task<Result<>> {
      co_return tx.put(kCatalogPartition, row_key(std::to_string(n)), std::string(8000, 'r'));
    };
    const auto commit = co_await (*store)->transact({}, body, Deadline::never());
    if (commit)
      told.insert(n);
    else
      refused.push_back(commit.error().code);
  };
  std::int64_t took_us = 0;
  const auto work = [&]() -> Task<Result<>> {
    for (int n = 0; n < 5; ++n) co_await put_one(n);
    const std::uint64_t all = std::uint64_t{1} << 40;
    machine.files().set_capacity(all - *machine.files().free_bytes(kDirectory));
    // More than the segments hold that are there: one of the batches waits.
    constexpr int kMore = 200;
    for (int n = 5; n < 5 + kMore; ++n) machine.simulation()->executor().spawn(put_one(n));
    co_await SleepUntil(clock.steady_us() + 1'000'000);
    EXPECT_LT(told.size() + refused.size(), 5u + kMore) << "nothing waits for room";
    const std::int64_t began_us = clock.steady_us();
    machine.options.space->end_waits();
    Result<> closed = co_await (*store)->close();
    took_us = clock.steady_us() - began_us;
    EXPECT_EQ(told.size() + refused.size(), 5u + kMore);
    co_return closed;
  };
  const Result<> closed = machine.run(work());
  EXPECT_TRUE(closed) << closed.error().to_string();
  EXPECT_LT(took_us, 1'000'000);
  EXPECT_NE(std::ranges::find(refused, ErrorCode::cancelled), refused.end());
  EXPECT_EQ(machine.fatal(), "");
  store->reset();
  machine.options.space.reset();
  machine.files().set_capacity(std::uint64_t{1} << 40);
  auto again = machine.open();
  ASSERT_TRUE(again) << again.error().to_string();
  for (const int n : told) {
    const auto found = machine.run((*again)->get(kCatalogPartition, row_key(std::to_string(n))));
    EXPECT_TRUE(found && found->has_value()) << n;
  }
  machine.run(close(**again));
}

/// Another program takes the last byte: RocksDB cannot write what memory holds, nor can the log get
/// another segment. Nothing that was acknowledged is lost, the process goes on, and so do writes
/// once there is room.
TEST(EmbeddedStore, ADiskThatOthersFillLosesNothing) {
  Machine machine;
  machine.options.max_replay_bytes = 128u << 10;
  auto store = machine.open();
  ASSERT_TRUE(store);
  int next = 0, refused = 0;
  std::set<int> told;
  const auto put_one = [&]() -> Task<bool> {
    const int n = next++;
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      co_return tx.put(kCatalogPartition, row_key(std::to_string(n)), std::string(4000, 'r'));
    };
    const auto commit = co_await (*store)->transact({}, body, Deadline::never());
    if (commit) {
      told.insert(n);
      co_return true;
    }
    EXPECT_EQ(commit.error().code, ErrorCode::no_space);
    ++refused;
    co_return false;
  };
  const Clock& clock = machine.simulation()->clock();
  const std::uint64_t all = std::uint64_t{1} << 40;
  for (int round = 0; round < 2; ++round) {
    const auto live = [&]() -> Task<void> {
      for (int i = 0; i < 40; ++i) EXPECT_TRUE(co_await put_one());
      const std::uint64_t used = all - *machine.files().free_bytes(kDirectory);
      // At once to the last byte, or with a little left, at which it may fail halfway.
      machine.files().set_capacity(used + (static_cast<std::uint64_t>(round) << 15));
      const auto let_go = [&]() -> Task<void> {
        co_await SleepUntil(clock.steady_us() + 1'000'000);
        machine.files().set_capacity(all);
      };
      Task<void> other = let_go();
      machine.simulation()->executor().spawn(std::move(other));
      const std::int64_t until = clock.steady_us() + 1'500'000;
      while (clock.steady_us() < until) {
        (void)co_await put_one();
        co_await SleepUntil(clock.steady_us() + 2000);
      }
      for (int tries = 0; tries < 1000; ++tries) {
        const bool passed = co_await put_one();
        if (passed) co_return;
        co_await SleepUntil(clock.steady_us() + 50'000);
      }
      ADD_FAILURE() << "there is room, and nothing passes";
    };
    const int before = refused;
    machine.run(live());
    EXPECT_GT(refused, before);
    EXPECT_EQ(machine.fatal(), "");
  }
  const auto check = [&](Store& now) {
    for (const int n : told) {
      const auto found = machine.run(now.get(kCatalogPartition, row_key(std::to_string(n))));
      EXPECT_TRUE(found && *found && **found == std::string(4000, 'r')) << n;
    }
  };
  check(**store);
  EXPECT_EQ(machine.fatal(), "");
  machine.run(close(**store));
  store->reset();  // Before the machine that it ran on.
  store = machine.open();
  ASSERT_TRUE(store);
  check(**store);
  machine.run(close(**store));
}

TEST(EmbeddedStore, TheLogIsLetGo) {
  Machine machine;
  machine.options.max_replay_bytes = 256u << 10;
  auto store = machine.open();
  ASSERT_TRUE(store);
  const auto work = [&]() -> Task<void> {
    PartitionId partition;
    co_await fill(**store, partition, 1, 1);
    for (int i = 0; i < 600; ++i) {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        DYAD_CO_TRY(tx.put(partition, row_key("k"), std::string(6000, 'v')));
        co_return tx.append(partition, std::string(6000, 'e'));
      };
      const auto commit = co_await (*store)->transact({}, body, Deadline::never());
      EXPECT_TRUE(commit);
      EXPECT_TRUE(co_await (*store)->trim_log(partition, commit->timestamp));
    }
  };
  machine.run(work());
  machine.simulation()->run_for_ms(100);
  // 600 batches of 16 KiB are 150 segments.
  EXPECT_LT(machine.files().list(kDirectory + "/log")->size(), 30u);
  machine.run(close(**store));
}

}  // namespace
}  // namespace dyad::store
