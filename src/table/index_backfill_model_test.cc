// Indexes added while rows are written and partitions split, at random, against plain maps.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "runtime/completion.h"
#include "runtime/seed_scope.h"
#include "runtime/seeds.h"
#include "runtime/simulation.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/index_backfill.h"
#include "table/item_builder.h"
#include "table/test_indexes.h"
#include "table/verify.h"

namespace dyad::table {
namespace {

/// A row as the model knows it.
struct ModelRow {
  std::optional<std::string> group;
  bool odd = false;  ///< "group" is a number.
  int score = 0;
  int value = 0;
};

Item item_of(const std::string& id, const ModelRow& row) {
  ItemBuilder builder;
  builder.string("id", id);
  if (row.odd) {
    builder.number("group", Decimal(7));
  } else if (row.group) {
    builder.string("group", *row.group);
  }
  builder.number("score", Decimal(row.score)).number("value", Decimal(row.value));
  return builder.build();
}

/// Writers, splits and the backfill at once; the backfill sees the store through tables of its own,
/// made anew now and then, as after a restart.
class BackfillModel {
 public:
  static constexpr int kWriters = 3;
  static constexpr int kKeysPerWriter = 25;

  BackfillModel(Simulation& simulation, store::Store& store, std::uint64_t seed)
      : simulation_(simulation), store_(store), tables_(store, simulation, codecs()), seed_(seed) {}

  Task<void> run() {
    SeededRandom random(seed_);
    table_ = *co_await tables_.create(plain_table(), Deadline::never());
    for (int writer = 0; writer < kWriters; ++writer) co_await write_some(writer, 60, false);
    const auto altered = co_await tables_.alter("plain", add(group_index()), Deadline::never());
    EXPECT_TRUE(altered);
    Completion<bool> over[kWriters + 2];
    for (int writer = 0; writer < kWriters; ++writer)
      Executor::current()->spawn(tell(write_some(writer, 40, true), over[writer]));
    Executor::current()->spawn(tell(build(), over[kWriters]));
    Executor::current()->spawn(tell(split(), over[kWriters + 1]));
    for (auto& one : over) (void)co_await one;
    co_await compare();
  }

 private:
  static Task<void> tell(Task<void> task, Completion<bool>& over) {
    co_await task;
    over.set(true);
  }
  static int below(Random& random, int bound) {
    return static_cast<int>(random.below(static_cast<std::uint64_t>(bound)));
  }
  Task<void> pause(Random& random) {
    co_await SleepUntil(simulation_.clock().steady_us() + below(random, 400));
  }

  /// Each writer has keys of its own.
  Task<void> write_some(int writer, int steps, bool indexed) {
    SeededRandom random(seed_ * 31 + static_cast<std::uint64_t>(writer * 2 + (indexed ? 1 : 0)));
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      const std::string id =
          "k" + std::to_string(writer) + "-" + std::to_string(below(random, kKeysPerWriter));
      const auto known = model_.find(id);
      RowWrite write;
      std::optional<ModelRow> row;
      bool refused = false;
      if (known != model_.end() && below(random, 3) == 0) {
        row = known->second;  // Touches nothing by which the index sorts.
        row->value = below(random, 1000);
      } else if (below(random, 5) > 0) {
        row.emplace();
        if (below(random, 4) > 0)
          row->group = std::string(1, static_cast<char>('a' + below(random, 3)));
        row->odd = below(random, 6) == 0;
        row->score = below(random, 5);
        row->value = below(random, 1000);
        const bool was_odd =
            known != model_.end() && known->second.odd && known->second.score == row->score;
        refused = row->odd && indexed && !was_odd;
      }
      write = row ? put(table_, item_of(id, *row)) : erase(table_, id);
      std::vector<RowWrite> writes;
      writes.push_back(std::move(write));
      const auto commit = co_await tables_.write(std::move(writes), Deadline::never());
      EXPECT_EQ(commit.has_value(), !refused) << (commit ? "" : commit.error().to_string());
      if (commit && row) model_[id] = *row;
      if (commit && !row) model_.erase(id);
      if (indexed) co_await pause(random);
    }
  }

  Task<void> build() {
    SeededRandom random(seed_ * 17);
    BackfillOptions options;
    options.rows_per_transaction = static_cast<std::uint32_t>(1 + below(random, 5));
    options.rows_per_turn = 8;
    options.rows_per_pass = 8;
    for (bool built = false; !built && !::testing::Test::HasFailure();) {
      Tables tables(store_, simulation_, codecs());
      IndexBackfill backfill(tables, options);
      for (int i = below(random, 4); i >= 0 && !built; --i) {
        const auto pass = co_await backfill.pass(Deadline::never());
        EXPECT_TRUE(pass) << (pass ? "" : pass.error().to_string());
        built = pass && pass->finished > 0;
        co_await pause(random);
      }
    }
  }

  Task<void> split() {
    SeededRandom random(seed_ * 13);
    for (int i = 0; i < 8; ++i) {
      co_await pause(random);
      ModelRow row;
      row.group = std::string(1, static_cast<char>('a' + below(random, 3)));
      row.score = below(random, 5);
      const std::string id = "k" + std::to_string(below(random, kWriters)) + "-" +
                             std::to_string(below(random, kKeysPerWriter));
      const auto table = co_await tables_.find("plain", Deadline::never());
      const std::string index = below(random, 2) == 0 ? "by-group" : "";
      const auto at = position_of(**table, index, item_of(id, row).view());
      const auto cut = co_await tables_.split("plain", index, *at, Deadline::never());
      if (!cut) {
        EXPECT_EQ(cut.error().code, ErrorCode::invalid_argument);
      }
    }
  }

  /// The index has what a table has that was made with it and given the same rows.
  Task<void> compare() {
    TableSpec spec = plain_table("fresh");
    spec.indexes = {group_index()};
    const TableRef fresh = *co_await tables_.create(spec, Deadline::never());
    for (const auto& [id, row] : model_) {
      if (row.odd) continue;
      std::vector<RowWrite> writes;
      writes.push_back(put(fresh, item_of(id, row)));
      EXPECT_TRUE(co_await tables_.write(std::move(writes), Deadline::never()));
    }
    // These tables learn only from a write that others have let the index be read.
    Tables newest(store_, simulation_, codecs());
    const auto built = co_await newest.find("plain", Deadline::never());
    EXPECT_TRUE(co_await read_index(*built) == co_await read_index(fresh));
  }

  Task<std::vector<std::string>> read_index(TableRef table) {
    std::vector<std::string> rows;
    ScanSpec spec;
    spec.table = table;
    spec.index = "by-group";
    const auto page = co_await tables_.scan(std::move(spec), Deadline::never());
    EXPECT_TRUE(page) << (page ? "" : page.error().to_string());
    if (!page) co_return rows;
    for (const RowView& row : page->rows) rows.emplace_back(row.item.encoded());
    co_return rows;
  }

  Simulation& simulation_;
  store::Store& store_;
  Tables tables_;
  const std::uint64_t seed_;
  TableRef table_;
  std::map<std::string, ModelRow> model_;
};

void run_model(std::uint64_t seed, bool hostile) {
  const SeedScope scope(seed);
  Simulation simulation(seed);
  store::MemoryOptions memory;
  memory.commit_delay_us = static_cast<std::int64_t>(seed % 3) * 150;
  std::unique_ptr<store::Store> store = store::make_memory_store(simulation, memory);
  if (hostile) store = store::make_hostile_store(std::move(store), simulation, seed);
  {
    BackfillModel model(simulation, *store, seed);
    simulation.run_until(model.run());
  }
  EXPECT_TRUE(simulation.run_until(store->close()));
}

TEST(IndexBackfillModel, MemoryEngine) {
  for (const std::uint64_t seed : test_seeds(150)) {
    run_model(seed, false);
    if (HasFailure()) return;
  }
}

TEST(IndexBackfillModel, HostileEngine) {
  for (const std::uint64_t seed : test_seeds(100)) {
    run_model(seed, true);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace dyad::table
