// Random writes, reads, queries and splits of a table with indexes, against plain maps, in
// simulation.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "runtime/seed_scope.h"
#include "runtime/seeds.h"
#include "runtime/simulation.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/item_builder.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/tables.h"

namespace dyad::table {
namespace {

constexpr int kHashKeys = 4;
constexpr int kRangeKeys = 12;
constexpr int kGroups = 3;

struct ModelRow {
  std::optional<int> group;  ///< The global index's hash key.
  std::optional<int> score;  ///< Range key of both indexes.
  int value = 0;
};
using ModelKey = std::pair<int, int>;
using Model = std::map<ModelKey, ModelRow>;

std::string name_of(char letter, int i) {
  std::string name(1, letter);
  // Bytes that an encoding might stumble over.
  name.push_back(static_cast<char>(i % 3));
  name += std::to_string(i);
  return name;
}

PrimaryKey key_of_model(const ModelKey& key) {
  return {Value::string(name_of('h', key.first)), Value::number(Decimal(key.second - 6))};
}

Item item_of(const ModelKey& key, const ModelRow& row) {
  ItemBuilder builder;
  builder.string("id", name_of('h', key.first)).number("n", Decimal(key.second - 6));
  if (row.group) builder.string("group", name_of('g', *row.group));
  if (row.score) builder.number("score", Decimal(*row.score));
  builder.number("value", Decimal(row.value));
  return builder.build();
}

TableSpec spec_of() {
  TableSpec spec;
  spec.name = "model";
  spec.keys.hash = {"id", Type::string};
  spec.keys.range = KeyAttribute{"n", Type::number};
  IndexDescriptor global;
  global.name = "global";
  global.keys.hash = {"group", Type::string};
  global.keys.range = KeyAttribute{"score", Type::number};
  IndexDescriptor local;
  local.name = "local";
  local.kind = IndexDescriptor::Kind::local;
  local.keys.hash = spec.keys.hash;
  local.keys.range = KeyAttribute{"score", Type::number};
  local.projection.kind = Projection::Kind::include;
  local.projection.include = {"value"};
  spec.indexes = {global, local};
  return spec;
}

class ModelRun {
 public:
  ModelRun(Tables& tables, Random& random) : tables_(tables), random_(random) {}

  Task<void> run(int steps) {
    auto made = co_await tables_.create(spec_of(), Deadline::never());
    EXPECT_TRUE(made) << (made ? "" : made.error().to_string());
    if (!made) co_return;
    table_ = *made;
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      switch (random_.below(10)) {
        case 0:
        case 1:
        case 2:
        case 3:
          co_await write();
          break;
        case 4:
          co_await get();
          break;
        case 5:
          co_await query_base();
          break;
        case 6:
          co_await query_global();
          break;
        case 7:
          co_await query_local();
          break;
        case 8:
          co_await scan();
          break;
        case 9:
          co_await split();
          break;
      }
    }
  }

 private:
  int below(int bound) {
    return static_cast<int>(random_.below(static_cast<std::uint64_t>(bound)));
  }
  ModelKey random_key() { return {below(kHashKeys), below(kRangeKeys)}; }
  ModelRow random_row() {
    ModelRow row;
    if (below(4) > 0) row.group = below(kGroups);
    if (below(4) > 0) row.score = below(5);
    row.value = below(1000);
    return row;
  }

  /// Some rows in one transaction; some transactions fail a condition at their last row.
  Task<void> write() {
    std::map<ModelKey, std::optional<ModelRow>> changes;
    for (int i = below(4); i >= 0; --i) {
      auto& change = changes[random_key()];
      if (below(4) > 0) change = random_row();
    }
    const bool fails = below(6) == 0;
    std::vector<RowWrite> writes;
    for (const auto& [key, row] : changes) {
      RowWrite one;
      one.table = table_;
      one.key = key_of_model(key);
      const bool refuse = fails && writes.size() + 1 == changes.size();
      std::optional<Item> item;
      if (row) item = item_of(key, *row);
      one.decide = [item, refuse](const RowView&) -> Result<Decision> {
        if (refuse) return fail(ErrorCode::failed_condition, "refused");
        return item ? Decision::put(NewRow{*item, {}}) : Decision::erase();
      };
      writes.push_back(std::move(one));
    }
    auto commit = co_await tables_.write(std::move(writes), Deadline::never());
    if (fails) {
      EXPECT_FALSE(commit);
      if (!commit) {
        EXPECT_EQ(commit.error().code, ErrorCode::failed_condition);
      }
      co_return;
    }
    EXPECT_TRUE(commit) << (commit ? "" : commit.error().to_string());
    for (const auto& [key, row] : changes) {
      if (row) {
        model_[key] = *row;
      } else {
        model_.erase(key);
      }
    }
  }

  Task<void> get() {
    const ModelKey key = random_key();
    auto row = co_await tables_.get(table_, key_of_model(key), Deadline::never());
    EXPECT_TRUE(row) << (row ? "" : row.error().to_string());
    if (!row) co_return;
    const auto found = model_.find(key);
    EXPECT_EQ(row->has_value(), found != model_.end());
    if (*row && found != model_.end()) {
      EXPECT_EQ((*row)->view().item.encoded(), item_of(key, found->second).encoded());
    }
  }

  /// All rows of the range, in pages of a random size, each page going on where the former ended.
  Task<std::vector<Item>> read_all(QuerySpec base) {
    std::vector<Item> items;
    const auto page_rows = static_cast<std::uint32_t>(1 + below(5));
    while (true) {
      QuerySpec spec;
      spec.table = base.table;
      spec.index = base.index;
      spec.hash = base.hash;
      spec.range = base.range;
      spec.forward = base.forward;
      spec.start = base.start;
      spec.limits.rows = page_rows;
      auto page = co_await tables_.query(std::move(spec), Deadline::never());
      EXPECT_TRUE(page) << (page ? "" : page.error().to_string());
      if (!page) co_return items;
      EXPECT_LE(page->rows.size(), page_rows);
      for (const RowView& row : page->rows) items.emplace_back(std::string(row.item.encoded()));
      if (!page->more) co_return items;
      EXPECT_FALSE(page->rows.empty());
      if (page->rows.empty()) co_return items;
      // A local index projects no less than the keys that a position needs.
      base.start = *position_of(*table_, base.index, page->rows.back().item);
    }
  }

  static void expect_same(const std::vector<Item>& got, std::vector<Item> expected, bool forward) {
    if (!forward) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
      EXPECT_EQ(got[i].encoded(), expected[i].encoded()) << "row " << i;
  }

  Task<void> query_base() {
    const int hash = below(kHashKeys);
    int low = below(kRangeKeys), high = below(kRangeKeys);
    if (low > high) std::swap(low, high);
    QuerySpec spec;
    spec.table = table_;
    spec.hash = Value::string(name_of('h', hash));
    spec.range.lower = Value::number(Decimal(low - 6));
    spec.range.upper = Value::number(Decimal(high - 6));
    spec.range.lower_inclusive = below(2) == 0;
    spec.range.upper_inclusive = below(2) == 0;
    spec.forward = below(2) == 0;
    std::vector<Item> expected;
    for (const auto& [key, row] : model_) {
      const bool above = key.second > low || (key.second == low && spec.range.lower_inclusive);
      const bool under = key.second < high || (key.second == high && spec.range.upper_inclusive);
      if (key.first == hash && above && under) expected.push_back(item_of(key, row));
    }
    const bool forward = spec.forward;
    expect_same(co_await read_all(std::move(spec)), std::move(expected), forward);
  }

  /// Rows of one group by score; the order among equal scores is the index's own and is not
  /// compared.
  Task<void> query_global() {
    const int group = below(kGroups);
    QuerySpec spec;
    spec.table = table_;
    spec.index = "global";
    spec.hash = Value::string(name_of('g', group));
    spec.forward = below(2) == 0;
    const bool forward = spec.forward;
    const std::vector<Item> got = co_await read_all(std::move(spec));
    std::multiset<std::string> expected, seen;
    for (const auto& [key, row] : model_)
      if (row.group == group && row.score) expected.insert(item_of(key, row).encoded());
    std::optional<Decimal> former;
    for (const Item& item : got) {
      seen.insert(item.encoded());
      const Decimal score = item.view().find("score")->as_number();
      if (former) {
        EXPECT_TRUE(forward ? *former <= score : score <= *former);
      }
      former = score;
    }
    EXPECT_EQ(seen, expected);
  }

  Task<void> query_local() {
    const int hash = below(kHashKeys);
    QuerySpec spec;
    spec.table = table_;
    spec.index = "local";
    spec.hash = Value::string(name_of('h', hash));
    spec.forward = below(2) == 0;
    const bool forward = spec.forward;
    std::map<std::pair<int, int>, Item> by_score;
    for (const auto& [key, row] : model_) {
      if (key.first != hash || !row.score) continue;
      by_score.emplace(std::pair(*row.score, key.second),
                       filter_attributes(item_of(key, row).view(),
                                         [](std::string_view name) { return name != "group"; }));
    }
    std::vector<Item> expected;
    for (auto& [order, item] : by_score) expected.push_back(std::move(item));
    expect_same(co_await read_all(std::move(spec)), std::move(expected), forward);
  }

  Task<void> scan() {
    const auto segments = static_cast<std::uint32_t>(1 + below(3));
    std::multiset<std::string> seen, expected;
    for (std::uint32_t segment = 0; segment < segments; ++segment) {
      std::optional<std::string> start;
      while (true) {
        ScanSpec spec;
        spec.table = table_;
        spec.segment = segment;
        spec.segments = segments;
        spec.start = start;
        spec.limits.rows = 3;
        auto page = co_await tables_.scan(std::move(spec), Deadline::never());
        EXPECT_TRUE(page) << (page ? "" : page.error().to_string());
        if (!page) co_return;
        for (const RowView& row : page->rows) seen.insert(std::string(row.item.encoded()));
        if (!page->more) break;
        start = *position_of(*table_, "", page->rows.back().item);
      }
    }
    for (const auto& [key, row] : model_) expected.insert(item_of(key, row).encoded());
    EXPECT_EQ(seen, expected);
  }

  /// The handle is never renewed: every later operation meets an old descriptor first.
  Task<void> split() {
    if (splits_ >= 6) co_return;
    const ModelKey key = random_key();
    ModelRow row;
    row.group = below(kGroups);
    row.score = below(5);
    const Item item = item_of(key, row);
    const bool index = below(2) == 0;
    std::string at = *position_of(*table_, index ? "global" : "", item.view());
    // The table has a local index: only whole hash keys may be parted.
    if (!index) at.resize(8);
    auto split = co_await tables_.split("model", index ? "global" : "", at, Deadline::never());
    if (split) {
      ++splits_;
    } else {
      EXPECT_EQ(split.error().code, ErrorCode::invalid_argument);
    }
  }

  Tables& tables_;
  Random& random_;
  TableRef table_;
  Model model_;
  int splits_ = 0;
};

RowCodecs codecs() {
  RowCodecs codecs;
  codecs.item = std::make_shared<ItemCodec>();
  codecs.object = std::make_shared<ObjectCodec>();
  return codecs;
}

void run_model(std::uint64_t seed, bool hostile) {
  const SeedScope scope(seed);
  Simulation simulation(seed);
  std::unique_ptr<store::Store> store = store::make_memory_store(simulation);
  if (hostile) store = store::make_hostile_store(std::move(store), simulation, seed);
  Tables tables(*store, simulation, codecs());
  SeededRandom random(seed ^ 0x5eed);
  ModelRun run(tables, random);
  simulation.run_until(run.run(150));
  EXPECT_TRUE(simulation.run_until(store->close()));
}

TEST(TablesModel, MemoryEngine) {
  for (const std::uint64_t seed : test_seeds(100)) {
    run_model(seed, false);
    if (HasFailure()) return;
  }
}

TEST(TablesModel, HostileEngine) {
  for (const std::uint64_t seed : test_seeds(100)) {
    run_model(seed, true);
    if (HasFailure()) return;
  }
}

/// Many increments of one number in a table's row, racing: none is lost, though splits go on.
Task<void> increment(Tables& tables, TableRef table, int times) {
  for (int i = 0; i < times; ++i) {
    RowWrite write;
    write.table = table;
    write.key = key_of_model({0, 0});
    write.decide = [](const RowView& old) -> Result<Decision> {
      ModelRow row;
      row.group = 1;
      row.score = 1;
      if (!old.item.empty()) row.value = std::stoi(old.item.find("value")->as_number().to_string());
      ++row.value;
      return Decision::put(NewRow{item_of({0, 0}, row), {}});
    };
    std::vector<RowWrite> writes;
    writes.push_back(std::move(write));
    auto commit = co_await tables.write(std::move(writes), Deadline::never());
    EXPECT_TRUE(commit) << (commit ? "" : commit.error().to_string());
  }
}

TEST(TablesModel, RacingIncrementsLoseNothing) {
  for (const std::uint64_t seed : test_seeds(20)) {
    const SeedScope scope(seed);
    Simulation simulation(seed);
    auto store = store::make_hostile_store(store::make_memory_store(simulation), simulation, seed);
    Tables tables(*store, simulation, codecs());
    const TableRef table = *simulation.run_until(tables.create(spec_of(), Deadline::never()));
    const auto all = [&]() -> Task<void> {
      Completion<bool> done[8];
      for (auto& one : done) {
        const auto racer = [](Tables& t, TableRef r, Completion<bool>& d) -> Task<void> {
          co_await increment(t, r, 25);
          d.set(true);
        };
        Executor::current()->spawn(racer(tables, table, one));
      }
      for (auto& one : done) (void)co_await one;
    };
    simulation.run_until(all());
    const auto row =
        simulation.run_until(tables.get(table, key_of_model({0, 0}), Deadline::never()));
    ASSERT_TRUE(row && *row);
    EXPECT_EQ((*row)->view().item.find("value")->as_number(), Decimal(200));
    EXPECT_TRUE(simulation.run_until(store->close()));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace dyad::table
