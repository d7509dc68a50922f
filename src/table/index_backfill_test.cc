// Indexes added to tables that have rows: built while rows are written and partitions split,
// stopped and resumed, dropped half-way; in simulation.

#include "table/index_backfill.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/bytes.h"
#include "blob/file_blob_store.h"
#include "runtime/completion.h"
#include "runtime/seed_scope.h"
#include "runtime/seeds.h"
#include "runtime/simulation.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/catalogue_keys.h"
#include "table/item_builder.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/test_indexes.h"
#include "table/verify.h"

namespace dyad::table {
namespace {

/// A store with tables, a moment ago or after a restart.
class IndexBackfillTest : public ::testing::TestWithParam<bool> {
 protected:
  IndexBackfillTest() {
    EXPECT_TRUE(simulation_.sim_files().make_directory("/data"));
    store_ = store::make_memory_store(simulation_);
    truthful_ = store_.get();
    if (GetParam()) store_ = store::make_hostile_store(std::move(store_), simulation_, 7);
    blobs_ = *blob::open_file_blob_store(simulation_, "/data/blobs");
    restart();
  }
  ~IndexBackfillTest() override { EXPECT_TRUE(run(store_->close())); }

  void restart() {
    tables_ = std::make_unique<Tables>(*store_, simulation_, codecs());
    backfill_ = std::make_unique<IndexBackfill>(*tables_, options_);
  }
  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  TableRef create(TableSpec spec) { return *run(tables_->create(std::move(spec), never())); }
  TableRef alter(const std::string& name, std::function<Result<>(TableDescriptor&)> change) {
    auto altered = run(tables_->alter(name, std::move(change), never()));
    EXPECT_TRUE(altered) << altered.error().to_string();
    return altered ? *altered : nullptr;
  }
  TableRef find(const std::string& name) { return *run(tables_->find(name, never())); }
  Result<> write(RowWrite write) {
    std::vector<RowWrite> writes;
    writes.push_back(std::move(write));
    auto commit = run(tables_->write(std::move(writes), never()));
    if (!commit) return fail(commit.error());
    return {};
  }
  Item member(int number, const char* group = "a") {
    return ItemBuilder()
        .string("id", "item" + std::to_string(number))
        .string("group", group)
        .number("score", Decimal(number))
        .build();
  }
  IndexBackfill::Pass pass() {
    auto done = run(backfill_->pass(never()));
    EXPECT_TRUE(done) << done.error().to_string();
    return done ? *done : IndexBackfill::Pass();
  }
  void build() {
    for (int i = 0; i < 1000; ++i)
      if (!pass().more) return;
    FAIL() << "the index is never built";
  }
  /// Scores of a group in the index, in order.
  std::string scores(const std::string& table, const std::string& index, const char* group = "a") {
    QuerySpec spec;
    spec.table = find(table);
    spec.index = index;
    spec.hash = Value::string(group);
    auto page = run(tables_->query(std::move(spec), never()));
    if (!page) return page.error().message;
    std::string text;
    for (const RowView& row : page->rows)
      text += row.item.find("score")->as_number().to_string() + " ";
    return text;
  }
  std::size_t jobs() {
    store::ScanRange range;
    range.begin = backfill_rows();
    range.end = prefix_end(range.begin);
    return run(truthful_->scan(store::kCatalogPartition, range, {}))->size();
  }
  void expect_no_damage() {
    Tables tables(*truthful_, simulation_, codecs());
    VerifyReport report;
    ASSERT_TRUE(run(verify_tables(tables, *blobs_, report)));
    for (const std::string& damage : report.damages) ADD_FAILURE() << damage;
  }
  static Deadline never() { return Deadline::never(); }

  Simulation simulation_{1};
  BackfillOptions options_;
  std::unique_ptr<store::Store> store_;
  store::Store* truthful_ = nullptr;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<Tables> tables_;
  std::unique_ptr<IndexBackfill> backfill_;
};

INSTANTIATE_TEST_SUITE_P(Stores, IndexBackfillTest, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "hostile" : "memory"; });

TEST_P(IndexBackfillTest, AnAddedIndexIsKeptAtOnceAndReadOnceItIsBuilt) {
  const TableRef before = create(plain_table());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(write(put(before, member(i, i % 2 == 0 ? "a" : "b"))));
  const TableRef table = alter("plain", add(group_index()));
  ASSERT_EQ(table->indexes.size(), 1u);
  EXPECT_EQ(table->indexes[0].state, IndexDescriptor::State::allocating);
  EXPECT_EQ(table->version, before->version + 1);
  EXPECT_EQ(scores("plain", "by-group"), "the index 'by-group' is being built");
  expect_no_damage();
  // With the descriptor from before the index.
  ASSERT_TRUE(write(put(before, member(20))));
  ASSERT_TRUE(write(erase(before, "item4")));
  ASSERT_TRUE(write(put(before, member(6, "b"))));
  expect_no_damage();
  build();
  EXPECT_EQ(find("plain")->indexes[0].state, IndexDescriptor::State::active);
  EXPECT_EQ(scores("plain", "by-group"), "0 2 8 20 ");
  EXPECT_EQ(scores("plain", "by-group", "b"), "1 3 5 6 7 9 ");
  EXPECT_EQ(jobs(), 0u);
  EXPECT_EQ(pass().rows, 0u);
  expect_no_damage();
}

TEST_P(IndexBackfillTest, AnEmptyTableTakesOnePass) {
  create(plain_table());
  alter("plain", add(group_index()));
  while (find("plain")->indexes[0].building()) pass();
  EXPECT_EQ(jobs(), 0u);
  EXPECT_EQ(scores("plain", "by-group"), "");
}

TEST_P(IndexBackfillTest, ARestartGoesOnWhereItWas) {
  options_.rows_per_transaction = 3;
  options_.rows_per_turn = 3;
  options_.rows_per_pass = 3;
  const TableRef before = create(plain_table());
  std::string all;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(write(put(before, member(i))));
    all += std::to_string(i) + " ";
  }
  alter("plain", add(group_index()));
  std::uint64_t rows = 0;
  std::size_t passes = 0;
  do {
    restart();
    rows += pass().rows;
    ++passes;
    expect_no_damage();
  } while (find("plain")->indexes[0].building() && passes < 1000);
  // Nothing is copied twice.
  EXPECT_EQ(rows, 40u);
  EXPECT_GE(passes, 13u);
  EXPECT_EQ(scores("plain", "by-group"), all);
}

TEST_P(IndexBackfillTest, WhatTheIndexCannotTakeIsLeftOutAndMayStay) {
  const TableRef before = create(plain_table());
  const auto odd = [](int number, std::uint64_t value) {
    return ItemBuilder()
        .string("id", "odd" + std::to_string(number))
        .number("group", Decimal(7))
        .number("score", Decimal(1))
        .number("value", Decimal(static_cast<std::int64_t>(value)))
        .build();
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write(put(before, odd(i, 1))));
  ASSERT_TRUE(write(put(before, ItemBuilder().string("id", "odd9").string("group", "").build())));
  ASSERT_TRUE(write(put(before, ItemBuilder().string("id", "odd8").string("group", "a").build())));
  ASSERT_TRUE(write(put(before, member(1))));
  alter("plain", add(group_index()));
  // While it is built as well as afterwards.
  ASSERT_TRUE(write(put(before, odd(0, 2))));
  build();
  EXPECT_EQ(scores("plain", "by-group"), "1 ");
  expect_no_damage();
  ASSERT_TRUE(write(put(before, odd(0, 3))));
  ASSERT_TRUE(write(erase(before, "odd1")));
  EXPECT_EQ(write(put(before, odd(1, 1))).error().code, ErrorCode::invalid_argument);
  Item mended =
      ItemBuilder().string("id", "odd0").string("group", "a").number("score", Decimal(9)).build();
  ASSERT_TRUE(write(put(before, mended)));
  EXPECT_EQ(write(put(before, odd(0, 3))).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(scores("plain", "by-group"), "1 9 ");
  expect_no_damage();
}

TEST_P(IndexBackfillTest, ARemovedIndexIsGoneAtOnce) {
  options_.rows_per_transaction = 2;
  options_.rows_per_turn = 2;
  options_.rows_per_pass = 2;
  restart();
  const TableRef before = create(plain_table());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(write(put(before, member(i))));
  const std::size_t partitions = truthful_->partitions().size();
  alter("plain", add(group_index()));
  pass();
  // Half built, gone, and there again under its name: what was copied does not count.
  EXPECT_EQ(alter("plain", remove("by-group"))->indexes.size(), 0u);
  EXPECT_EQ(jobs(), 0u);
  EXPECT_EQ(truthful_->partitions().size(), partitions);
  EXPECT_EQ(scores("plain", "by-group"), "there is no index 'by-group'");
  IndexDescriptor again = group_index();
  again.keys.range.reset();
  alter("plain", add(again));
  build();
  EXPECT_EQ(scores("plain", "by-group").size(), 20u);
  expect_no_damage();
  // One that is whole, with the descriptor from before.
  alter("plain", remove("by-group"));
  ASSERT_TRUE(write(put(before, member(11))));
  EXPECT_EQ(truthful_->partitions().size(), partitions);
  expect_no_damage();
  // One that replaces another one in the same change.
  alter("plain", add(group_index()));
  build();
  alter("plain", [](TableDescriptor& table) -> Result<> {
    table.indexes = {group_index()};
    return {};
  });
  EXPECT_TRUE(find("plain")->indexes[0].building());
  build();
  EXPECT_EQ(scores("plain", "by-group"), "0 1 2 3 4 5 6 7 8 9 11 ");
  expect_no_damage();
}

TEST_P(IndexBackfillTest, AQueryPlannedForAnIndexIsNotAnsweredByItsSuccessor) {
  const TableRef before = create(plain_table());
  for (int i = 0; i < 3; ++i) {
    Item item = ItemBuilder()
                    .string("id", "item" + std::to_string(i))
                    .string("group", "a")
                    .string("other", "b")
                    .number("score", Decimal(i))
                    .build();
    ASSERT_TRUE(write(put(before, std::move(item))));
  }
  alter("plain", add(group_index()));
  build();
  QuerySpec spec;
  spec.table = find("plain");
  spec.index = "by-group";
  spec.hash = Value::string("b");
  alter("plain", remove("by-group"));
  IndexDescriptor other = group_index();
  other.keys.hash.name = "other";
  alter("plain", add(other));
  build();
  EXPECT_EQ(scores("plain", "by-group", "b"), "0 1 2 ");
  const auto page = run(tables_->query(std::move(spec), never()));
  EXPECT_EQ(page ? ErrorCode::internal : page.error().code, ErrorCode::not_found);
}

TEST_P(IndexBackfillTest, ATableThatGoesTakesItsBuildingIndexAlong) {
  const TableRef before = create(plain_table());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(write(put(before, member(i))));
  alter("plain", add(group_index()));
  ASSERT_TRUE(run(tables_->drop("plain", {}, never())));
  EXPECT_EQ(jobs(), 0u);
  EXPECT_FALSE(pass().more);
  create(plain_table());
  alter("plain", add(group_index()));
  build();
  EXPECT_EQ(scores("plain", "by-group"), "");
}

TEST_P(IndexBackfillTest, SeveralTablesHaveTheirTurns) {
  options_.rows_per_transaction = 2;
  options_.rows_per_turn = 4;
  options_.rows_per_pass = 4;
  restart();
  for (const char* name : {"one", "two", "three"}) {
    const TableRef table = create(plain_table(name));
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(write(put(table, member(i))));
    alter(name, add(group_index()));
  }
  // After as many passes as tables each has begun.
  for (int i = 0; i < 3; ++i) pass();
  if (!GetParam()) {
    for (const char* name : {"one", "two", "three"})
      EXPECT_EQ(find(name)->indexes[0].state, IndexDescriptor::State::backfilling) << name;
  }
  while (jobs() > 0) pass();
  for (const char* name : {"one", "two", "three"})
    EXPECT_EQ(scores(name, "by-group"), "0 1 2 3 4 5 6 7 8 9 10 11 ");
}

TEST_P(IndexBackfillTest, ATransactionsBytesAreLimited) {
  options_.bytes_per_transaction = 10'000;
  restart();
  const TableRef table = create(plain_table());
  const std::string large(6'000, 'x');
  for (int i = 0; i < 5; ++i) {
    Item item = ItemBuilder()
                    .string("id", "item" + std::to_string(i))
                    .string("group", "a")
                    .number("score", Decimal(i))
                    .string("large", i == 3 ? large + large : large)
                    .build();
    ASSERT_TRUE(write(put(table, std::move(item))));
  }
  alter("plain", add(group_index()));
  build();
  EXPECT_EQ(scores("plain", "by-group"), "0 1 2 3 4 ");
  expect_no_damage();
}

TEST_P(IndexBackfillTest, ObjectsAreIndexedByTheirMetadata) {
  TableSpec spec;
  spec.name = "s3.photos";
  spec.codec = RowCodecKind::object;
  spec.placement = Placement::ordered;
  spec.ordered_hash = "photos";
  spec.keys.hash = {"bucket", Type::string};
  spec.keys.range = KeyAttribute{"key", Type::string};
  const TableRef before = create(spec);
  const auto photo = [&](const std::string& key, const char* author, int day) {
    ItemBuilder builder;
    builder.string("bucket", "photos").string("key", key).number("size", Decimal(0));
    builder.string("last_modified_date", "2026-01-0" + std::to_string(day));
    builder.number("score", Decimal(day));
    if (author != nullptr) builder.string("x-amz-meta-author", author);
    const Item item = builder.build();
    RowWrite write = put(before, item);
    write.by_owner = true;
    write.decide = [item](const RowView&) -> Result<Decision> {
      return Decision::put(NewRow{item, encode_object_bytes(ObjectBytes())});
    };
    return write;
  };
  ASSERT_TRUE(write(photo("x", "Ada", 3)));
  ASSERT_TRUE(write(photo("y", "Ada", 1)));
  ASSERT_TRUE(write(photo("z", nullptr, 2)));
  IndexDescriptor index;
  index.name = "by-author";
  index.keys.hash = {"x-amz-meta-author", Type::string};
  index.keys.range = KeyAttribute{"last_modified_date", Type::string};
  alter("s3.photos", add(index));
  ASSERT_TRUE(run(tables_->split("s3.photos", "", "y", never())));
  ASSERT_TRUE(write(photo("w", "Ada", 2)));
  build();
  EXPECT_EQ(scores("s3.photos", "by-author", "Ada"), "1 2 3 ");
  expect_no_damage();
}

TEST_P(IndexBackfillTest, OnlyGlobalIndexesComeAndGo) {
  TableSpec spec = plain_table();
  spec.keys.range = KeyAttribute{"n", Type::number};
  IndexDescriptor local;
  local.name = "local";
  local.kind = IndexDescriptor::Kind::local;
  local.keys.hash = spec.keys.hash;
  local.keys.range = KeyAttribute{"score", Type::number};
  spec.indexes = {local};
  create(spec);
  const auto refused = [&](std::function<Result<>(TableDescriptor&)> change) {
    return run(tables_->alter("plain", std::move(change), never())).error().code;
  };
  EXPECT_EQ(refused(remove("local")), ErrorCode::invalid_argument);
  IndexDescriptor other = local;
  other.name = "other";
  EXPECT_EQ(refused(add(other)), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(add(group_index("local"))), ErrorCode::invalid_argument);
  EXPECT_EQ(refused([](TableDescriptor& table) -> Result<> {
              table.indexes = {group_index("local")};
              return {};
            }),
            ErrorCode::invalid_argument);
  EXPECT_EQ(refused([](TableDescriptor& table) -> Result<> {
              for (std::size_t i = 0; i < kMaxIndexes; ++i)
                table.indexes.push_back(group_index("index" + std::to_string(i)));
              return {};
            }),
            ErrorCode::too_large);
  EXPECT_EQ(find("plain")->version, 1u);
}

TEST_P(IndexBackfillTest, VerifySeesWhatIsMissing) {
  const TableRef before = create(plain_table());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(write(put(before, member(i))));
  const TableRef table = alter("plain", add(group_index()));
  const auto damages = [&] {
    Tables tables(*truthful_, simulation_, codecs());
    VerifyReport report;
    EXPECT_TRUE(run(verify_tables(tables, *blobs_, report)));
    EXPECT_LE(report.building, 1u);
    return report.damages.size();
  };
  const auto save = [&](const BackfillJob& job) {
    const store::Body body = [job](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.put(store::kCatalogPartition, backfill_row(job.table, job.index_name),
                       encode_backfill_job(job), {}, record_stamp());
    };
    ASSERT_TRUE(run(truthful_->transact({}, body, never())));
  };
  const std::string row = backfill_row(table->id, "by-group");
  BackfillJob job = *decode_backfill_job(**run(truthful_->get(store::kCatalogPartition, row)));
  EXPECT_EQ(damages(), 0u);
  job.ended = true;  // Though nothing was copied: four rows are missing.
  save(job);
  EXPECT_EQ(damages(), 5u);
  job.ended = false;
  job.since = 77;
  save(job);
  EXPECT_EQ(damages(), 1u);
  job.since = table->indexes[0].since;
  save(job);
  build();
  EXPECT_EQ(damages(), 0u);
  save(job);  // Of an index that is whole.
  EXPECT_EQ(damages(), 1u);
}

/// How long an index over thirty rows is being built.
std::int64_t build_us(std::uint32_t pause_per_cent) {
  Simulation simulation(1);
  store::MemoryOptions memory;
  memory.commit_delay_us = 1000;
  const auto store = store::make_memory_store(simulation, memory);
  std::int64_t took_us = 0;
  {
    Tables tables(*store, simulation, codecs());
    const TableRef table = *simulation.run_until(tables.create(plain_table(), Deadline::never()));
    for (int i = 0; i < 30; ++i) {
      std::vector<RowWrite> writes;
      writes.push_back(put(table, ItemBuilder().string("id", std::to_string(i)).build()));
      EXPECT_TRUE(simulation.run_until(tables.write(std::move(writes), Deadline::never())));
    }
    EXPECT_TRUE(simulation.run_until(tables.alter("plain", add(group_index()), Deadline::never())));
    BackfillOptions options;
    options.rows_per_transaction = 1;
    options.pause_per_cent = pause_per_cent;
    IndexBackfill backfill(tables, options);
    const std::int64_t begin_us = simulation.clock().steady_us();
    const auto pass = simulation.run_until(backfill.pass(Deadline::never()));
    EXPECT_TRUE(pass && pass->finished == 1);
    took_us = simulation.clock().steady_us() - begin_us;
  }
  EXPECT_TRUE(simulation.run_until(store->close()));
  return took_us;
}

TEST(IndexBackfillPace, LeavesTimeToOthers) {
  const std::int64_t at_once_us = build_us(0);
  EXPECT_GE(at_once_us, 30 * 1000);
  EXPECT_GE(build_us(100), at_once_us + 30 * 1000);
}

}  // namespace
}  // namespace dyad::table
