#include "table/read_together.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/simulation.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/item_builder.h"
#include "table/item_codec.h"
#include "table/key_place.h"
#include "table/object_codec.h"

namespace dyad::table {
namespace {

constexpr int kRows = 6;
constexpr int kWrites = 60;
constexpr std::int64_t kPauseUs = 50;

RowCodecs codecs() {
  RowCodecs codecs;
  codecs.item = std::make_shared<ItemCodec>();
  codecs.object = std::make_shared<ObjectCodec>();
  return codecs;
}

TableSpec spec_of(std::string name) {
  TableSpec spec;
  spec.name = std::move(name);
  spec.keys.hash = {"id", Type::number};
  return spec;
}

PrimaryKey key_of_row(int row) {
  PrimaryKey key;
  key.hash = Value::number(Decimal(row));
  return key;
}

std::int64_t value_of(const std::optional<StoredRow>& row) {
  return std::stoll(row->view().item.find("value")->as_number().to_string());
}

/// All rows get the same value in one write, again and again, while the table is cut; whoever reads
/// them together finds them equal.
class Race {
 public:
  Race(Tables& tables, Simulation& simulation) : tables_(tables), simulation_(simulation) {}

  Task<void> run() {
    auto made = co_await tables_.create(spec_of("Rows"), Deadline::never());
    EXPECT_TRUE(made);
    table_ = *made;
    co_await write_all(1);
    Completion<bool> written;
    Executor::current()->spawn(keep_writing(written));
    std::int64_t last = 0;
    std::int64_t moves = 0;
    while (!written.is_set()) {
      // Time goes by only where everybody waits.
      co_await SleepUntil(simulation_.clock().steady_us() + kPauseUs);
      const std::int64_t value = co_await read_one_value();
      EXPECT_GE(value, last);
      moves += value > last;
      last = value;
    }
    (void)co_await written;
    EXPECT_GT(moves, 3) << "the reads came between the writes";
    last = co_await read_one_value();
    EXPECT_EQ(last, kWrites);
  }

 private:
  Task<void> write_all(int value) {
    std::vector<RowWrite> writes;
    for (int row = 0; row < kRows; ++row) {
      RowWrite& write = writes.emplace_back();
      write.table = table_;
      write.key = key_of_row(row);
      Item item = ItemBuilder().number("id", Decimal(row)).number("value", Decimal(value)).build();
      write.decide = [item](const RowView&) -> Result<Decision> {
        return Decision::put(NewRow{item, {}});
      };
    }
    auto commit = co_await tables_.write(std::move(writes), Deadline::never());
    EXPECT_TRUE(commit) << commit.error().message;
  }

  Task<void> keep_writing(Completion<bool>& written) {
    for (int value = 2; value <= kWrites; ++value) {
      // At the same moments as every second read.
      co_await SleepUntil(simulation_.clock().steady_us() + 2 * kPauseUs);
      co_await write_all(value);
      if (value % 20 == 0) co_await cut(value / 20);
    }
    written.set(true);
  }

  /// Between the rows, which lie by the hash of their keys.
  Task<void> cut(int nth) {
    std::vector<std::string> keys;
    for (int row = 0; row < kRows; ++row) keys.push_back(*table_key(*table_, key_of_row(row)));
    std::sort(keys.begin(), keys.end());
    auto split =
        co_await tables_.split("Rows", "", keys[static_cast<std::size_t>(nth)], Deadline::never());
    EXPECT_TRUE(split) << split.error().message;
  }

  /// With the descriptor that the race began with: it gets ever older.
  Task<std::int64_t> read_one_value() {
    std::vector<RowRead> reads;
    for (int row = 0; row < kRows; ++row) reads.push_back({table_, key_of_row(row)});
    auto rows = co_await read_together(tables_, std::move(reads), Deadline::never());
    EXPECT_TRUE(rows) << rows.error().message;
    const std::int64_t value = value_of(rows->front());
    for (const auto& row : *rows) EXPECT_EQ(value_of(row), value);
    co_return value;
  }

  Tables& tables_;
  Simulation& simulation_;
  TableRef table_;
};

void race(bool hostile, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Simulation simulation(seed);
  auto store = store::make_memory_store(simulation);
  if (hostile) store = store::make_hostile_store(std::move(store), simulation, seed);
  {
    Tables tables(*store, simulation, codecs());
    Race run(tables, simulation);
    simulation.run_until(run.run());
  }
  EXPECT_TRUE(simulation.run_until(store->close()));
}

TEST(ReadTogether, OneMomentOverPartitionsThatAreCut) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) race(false, seed);
}

TEST(ReadTogether, OneMomentOnAHostileStore) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) race(true, seed);
}

Task<void> read_odd_ones(Tables& tables) {
  auto first = co_await tables.create(spec_of("First"), Deadline::never());
  auto second = co_await tables.create(spec_of("Second"), Deadline::never());
  std::vector<RowWrite> writes(1);
  writes[0].table = *first;
  writes[0].key = key_of_row(7);
  const Item item = ItemBuilder().number("id", Decimal(7)).number("value", Decimal(1)).build();
  writes[0].decide = [&item](const RowView&) -> Result<Decision> {
    return Decision::put(NewRow{item, {}});
  };
  const auto commit = co_await tables.write(std::move(writes), Deadline::never());
  EXPECT_TRUE(commit);

  std::vector<RowRead> none;
  auto rows = co_await read_together(tables, std::move(none), Deadline::never());
  EXPECT_TRUE(rows && rows->empty());

  // Of two tables, one row twice, others that are not there.
  std::vector<RowRead> reads;
  reads.push_back({*second, key_of_row(7)});
  reads.push_back({*first, key_of_row(7)});
  reads.push_back({*first, key_of_row(8)});
  reads.push_back({*first, key_of_row(7)});
  rows = co_await read_together(tables, reads, Deadline::never());
  EXPECT_TRUE(rows) << rows.error().message;
  EXPECT_FALSE((*rows)[0]);
  EXPECT_EQ(value_of((*rows)[1]), 1);
  EXPECT_FALSE((*rows)[2]);
  EXPECT_EQ(value_of((*rows)[3]), 1);

  const auto dropped = co_await tables.drop("Second", nullptr, Deadline::never());
  EXPECT_TRUE(dropped);
  rows = co_await read_together(tables, reads, Deadline::never());
  EXPECT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::not_found);

  std::vector<RowRead> too_many(kMaxRowsPerWrite + 1, reads[1]);
  rows = co_await read_together(tables, std::move(too_many), Deadline::never());
  EXPECT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::too_large);
}

TEST(ReadTogether, RowsOfTwoTablesMissingRowsAndDroppedTables) {
  Simulation simulation(1);
  auto store = store::make_memory_store(simulation);
  {
    Tables tables(*store, simulation, codecs());
    simulation.run_until(read_odd_ones(tables));
  }
  EXPECT_TRUE(simulation.run_until(store->close()));
}

}  // namespace
}  // namespace dyad::table
