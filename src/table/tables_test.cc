#include "table/tables.h"

#include <gtest/gtest.h>

#include <map>

#include "runtime/simulation.h"
#include "store/memory/memory_store.h"
#include "table/change.h"
#include "table/item_builder.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/split_policy.h"

namespace dyad::table {
namespace {

RowCodecs codecs() {
  RowCodecs codecs;
  codecs.item = std::make_shared<ItemCodec>();
  codecs.object = std::make_shared<ObjectCodec>();
  return codecs;
}

Value text(std::string_view value) {
  return Value::string(value);
}

TableSpec song_table() {
  TableSpec spec;
  spec.name = "Music";
  spec.keys.hash = {"artist", Type::string};
  spec.keys.range = KeyAttribute{"song", Type::string};
  IndexDescriptor by_year;
  by_year.name = "by-year";
  by_year.keys.hash = {"genre", Type::string};
  by_year.keys.range = KeyAttribute{"year", Type::number};
  IndexDescriptor by_rating;
  by_rating.name = "by-rating";
  by_rating.kind = IndexDescriptor::Kind::local;
  by_rating.keys.hash = {"artist", Type::string};
  by_rating.keys.range = KeyAttribute{"rating", Type::number};
  by_rating.projection.kind = Projection::Kind::keys_only;
  spec.indexes = {by_year, by_rating};
  return spec;
}

PrimaryKey song_key(std::string_view artist, std::string_view song) {
  return {text(artist), text(song)};
}

RowWrite put(TableRef table, Item item) {
  RowWrite write;
  write.key = *key_of(table->keys, item.view());
  write.table = std::move(table);
  write.decide = [item](const RowView&) -> Result<Decision> {
    return Decision::put(NewRow{item, {}});
  };
  return write;
}

RowWrite erase(TableRef table, PrimaryKey key) {
  RowWrite write;
  write.table = std::move(table);
  write.key = std::move(key);
  write.decide = [](const RowView&) -> Result<Decision> { return Decision::erase(); };
  return write;
}

class TablesTest : public ::testing::Test {
 protected:
  TablesTest() : simulation_(1), store_(store::make_memory_store(simulation_)) {
    tables_ = std::make_unique<Tables>(*store_, simulation_, codecs());
  }
  ~TablesTest() override { EXPECT_TRUE(simulation_.run_until(store_->close())); }

  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  Result<store::Commit> write_one(RowWrite write) {
    std::vector<RowWrite> writes;
    writes.push_back(std::move(write));
    return run(tables_->write(std::move(writes), Deadline::never()));
  }
  TableRef create(TableSpec spec) {
    Result<TableRef> made = run(tables_->create(std::move(spec), Deadline::never()));
    EXPECT_TRUE(made) << (made ? "" : made.error().to_string());
    return *made;
  }
  RowPage query(QuerySpec spec) {
    Result<RowPage> page = run(tables_->query(std::move(spec), Deadline::never()));
    EXPECT_TRUE(page) << (page ? "" : page.error().to_string());
    return std::move(*page);
  }

  Simulation simulation_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Tables> tables_;
};

Item song(std::string_view artist, std::string_view title, std::string_view genre,
          std::int64_t year) {
  return ItemBuilder()
      .string("artist", artist)
      .string("song", title)
      .string("genre", genre)
      .number("year", Decimal(year))
      .build();
}

TEST_F(TablesTest, CreateFindListDrop) {
  const TableRef made = create(song_table());
  EXPECT_EQ(made->version, 1u);
  EXPECT_EQ(run(tables_->create(song_table(), Deadline::never())).error().code,
            ErrorCode::already_exists);
  EXPECT_EQ((*run(tables_->find("Music", Deadline::never())))->id, made->id);
  EXPECT_EQ(run(tables_->find("Musik", Deadline::never())).error().code, ErrorCode::not_found);

  TableSpec other = song_table();
  other.name = "Art";
  const TableRef art = create(other);
  EXPECT_NE(art->id, made->id);
  EXPECT_EQ(*run(tables_->list("", "", 10)), (std::vector<std::string>{"Art", "Music"}));
  EXPECT_EQ(*run(tables_->list("", "Art", 10)), (std::vector<std::string>{"Music"}));
  EXPECT_EQ(*run(tables_->list("M", "", 10)), (std::vector<std::string>{"Music"}));
  EXPECT_EQ(*run(tables_->list("", "", 1)), (std::vector<std::string>{"Art"}));

  ASSERT_TRUE(run(tables_->drop("Music", {}, Deadline::never())));
  EXPECT_EQ(run(tables_->find("Music", Deadline::never())).error().code, ErrorCode::not_found);
  const TableRef again = create(song_table());
  EXPECT_GT(again->id, art->id);
}

TEST_F(TablesTest, WriteToADroppedTableIsNotFoundEvenWhenItWasMadeAnew) {
  const TableRef made = create(song_table());
  ASSERT_TRUE(run(tables_->drop("Music", {}, Deadline::never())));
  EXPECT_EQ(write_one(put(made, song("a", "b", "c", 1))).error().code, ErrorCode::not_found);
  create(song_table());
  EXPECT_EQ(write_one(put(made, song("a", "b", "c", 1))).error().code, ErrorCode::not_found);
}

/// Another store's, where a catalogue read may take long: `after_get` runs before its answer is
/// handed on.
class SlowReadStore final : public store::Store {
 public:
  explicit SlowReadStore(store::Store& inner) : inner_(inner) {}
  std::function<Task<void>()> after_get;

  Task<Result<std::optional<std::string>>> get(store::PartitionId partition,
                                               std::string_view key) override {
    Result<std::optional<std::string>> value = co_await inner_.get(partition, key);
    if (auto hook = std::exchange(after_get, {})) co_await hook();
    co_return value;
  }
  Task<Result<store::Commit>> transact(std::vector<store::DeclaredKey> declared, store::Body body,
                                       Deadline deadline) override {
    return inner_.transact(std::move(declared), std::move(body), deadline);
  }
  Task<Result<std::vector<std::optional<std::string>>>> get_all(
      store::PartitionId partition, std::vector<std::string> keys) override {
    return inner_.get_all(partition, std::move(keys));
  }
  Task<Result<store::ScanPage>> scan(store::PartitionId partition, const store::ScanRange& range,
                                     const store::ScanLimits& limits) override {
    return inner_.scan(partition, range, limits);
  }
  Task<Result<store::LogPage>> read_log(store::PartitionId partition, Timestamp after,
                                        const store::LogLimits& limits) override {
    return inner_.read_log(partition, after, limits);
  }
  Task<Result<Timestamp>> trim_log(store::PartitionId partition, Timestamp upto) override {
    return inner_.trim_log(partition, upto);
  }
  Task<Result<std::optional<Timestamp>>> cursor(std::string_view follower,
                                                store::PartitionId partition) override {
    return inner_.cursor(follower, partition);
  }
  Timestamp durable_upto() const override { return inner_.durable_upto(); }
  Result<store::PartitionInfo> partition(store::PartitionId id) const override {
    return inner_.partition(id);
  }
  std::vector<store::PartitionInfo> partitions() const override { return inner_.partitions(); }
  store::Traits traits() const override { return inner_.traits(); }
  Task<Result<>> close() override { return inner_.close(); }

 private:
  store::Store& inner_;
};

TEST_F(TablesTest, ASlowReaderDoesNotBringADroppedTableBack) {
  create(song_table());
  SlowReadStore slow(*store_);
  // Its cache knows nothing yet.
  Tables tables(slow, simulation_, codecs());
  slow.after_get = [&]() -> Task<void> {
    EXPECT_TRUE(co_await tables.drop("Music", {}, Deadline::never()));
  };
  // It began before the drop.
  EXPECT_TRUE(run(tables.find("Music", Deadline::never())));
  EXPECT_EQ(run(tables.find("Music", Deadline::never())).error().code, ErrorCode::not_found);
}

TEST_F(TablesTest, GetAfterPutAndErase) {
  const TableRef table = create(song_table());
  ASSERT_TRUE(write_one(put(table, song("Ada", "Loops", "jazz", 1843))));
  const auto row = run(tables_->get(table, song_key("Ada", "Loops"), Deadline::never()));
  ASSERT_TRUE(row && *row);
  EXPECT_EQ((*row)->view().item.find("year")->as_number(), Decimal(1843));
  EXPECT_GT((*row)->view().written, Timestamp(0));
  ASSERT_TRUE(write_one(erase(table, song_key("Ada", "Loops"))));
  EXPECT_FALSE(*run(tables_->get(table, song_key("Ada", "Loops"), Deadline::never())));
}

TEST_F(TablesTest, AnUpdateThatTakesTheIndexedAttributeAwayLeavesNoIndexRow) {
  const TableRef table = create(song_table());
  ASSERT_TRUE(write_one(put(table, song("Ada", "Loops", "jazz", 1843))));
  QuerySpec jazz;
  jazz.table = table;
  jazz.index = "by-year";
  jazz.hash = text("jazz");
  EXPECT_EQ(query(std::move(jazz)).rows.size(), 1u);

  ASSERT_TRUE(
      write_one(put(table, ItemBuilder().string("artist", "Ada").string("song", "Loops").build())));
  QuerySpec again;
  again.table = table;
  again.index = "by-year";
  again.hash = text("jazz");
  EXPECT_EQ(query(std::move(again)).rows.size(), 0u);
}

TEST_F(TablesTest, AWrongTypeForAnIndexIsRefusedAndNothingIsWritten) {
  const TableRef table = create(song_table());
  const Item item = ItemBuilder()
                        .string("artist", "Ada")
                        .string("song", "Loops")
                        .number("genre", Decimal(5))
                        .build();
  const auto refused = write_one(put(table, item));
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().message,
      "One or more parameter values were invalid: Type mismatch for Index Key genre Expected: "
      "S Actual: N IndexName: by-year");
  EXPECT_FALSE(*run(tables_->get(table, song_key("Ada", "Loops"), Deadline::never())));
}

TEST_F(TablesTest, OneFailedDecisionAbortsAllAfterAllWereAsked) {
  const TableRef table = create(song_table());
  int asked = 0;
  std::vector<RowWrite> writes;
  writes.push_back(put(table, song("Ada", "Loops", "jazz", 1843)));
  for (const char* title : {"x", "y"}) {
    RowWrite check;
    check.table = table;
    check.key = song_key("Ada", title);
    check.decide = [&asked](const RowView&) -> Result<Decision> {
      ++asked;
      return fail(ErrorCode::failed_condition, "no");
    };
    writes.push_back(std::move(check));
  }
  const auto refused = run(tables_->write(std::move(writes), Deadline::never()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::failed_condition);
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(*run(tables_->get(table, song_key("Ada", "Loops"), Deadline::never())));
}

TEST_F(TablesTest, ARowNamedTwiceIsRefused) {
  const TableRef table = create(song_table());
  std::vector<RowWrite> writes;
  writes.push_back(put(table, song("Ada", "Loops", "jazz", 1843)));
  writes.push_back(erase(table, song_key("Ada", "Loops")));
  EXPECT_EQ(run(tables_->write(std::move(writes), Deadline::never())).error().code,
            ErrorCode::invalid_argument);
}

TEST_F(TablesTest, TheLogTellsWhatTheTableAsksFor) {
  TableSpec spec = song_table();
  spec.log_images = LogImages::new_and_old;
  const TableRef table = create(spec);
  ASSERT_TRUE(write_one(put(table, song("Ada", "Loops", "jazz", 1843))));
  ASSERT_TRUE(write_one(put(table, song("Ada", "Loops", "jazz", 1844))));
  ASSERT_TRUE(write_one(erase(table, song_key("Ada", "Loops"))));
  ASSERT_TRUE(write_one(erase(table, song_key("Ada", "Loops"))));  // Nothing there: no entry.

  const auto log = run(store_->read_log(table->partitions[0].partition, Timestamp(0), {}));
  ASSERT_TRUE(log);
  ASSERT_EQ(log->entries.size(), 3u);
  const Change made = *decode_change(log->entries[0].payload);
  EXPECT_TRUE(made.old_item.empty());
  EXPECT_FALSE(made.existed);
  EXPECT_EQ(made.keys.find("song")->as_string(), "Loops");
  const Change changed = *decode_change(log->entries[1].payload);
  EXPECT_EQ(changed.old_item.find("year")->as_number(), Decimal(1843));
  EXPECT_EQ(changed.new_item.find("year")->as_number(), Decimal(1844));
  const Change erased = *decode_change(log->entries[2].payload);
  EXPECT_TRUE(erased.erased);
  EXPECT_EQ(erased.old_item.find("year")->as_number(), Decimal(1844));
}

TEST_F(TablesTest, RangeConditionsForwardAndBackward) {
  const TableRef table = create(song_table());
  for (const char* title : {"a", "aa", "ab", "b", "c"})
    ASSERT_TRUE(write_one(put(table, song("Ada", title, "jazz", 1))));
  ASSERT_TRUE(write_one(put(table, song("Bob", "aa", "jazz", 1))));
  const auto titles = [&](RangeCondition range, bool forward) {
    QuerySpec spec;
    spec.table = table;
    spec.hash = text("Ada");
    spec.range = std::move(range);
    spec.forward = forward;
    std::string all;
    const RowPage page = query(std::move(spec));
    for (const RowView& row : page.rows) {
      all += row.item.find("song")->as_string();
      all += ' ';
    }
    return all;
  };
  EXPECT_EQ(titles({}, true), "a aa ab b c ");
  EXPECT_EQ(titles({}, false), "c b ab aa a ");
  RangeCondition prefix;
  prefix.begins_with = text("a");
  EXPECT_EQ(titles(prefix, true), "a aa ab ");
  RangeCondition between;
  between.lower = text("aa");
  between.upper = text("b");
  EXPECT_EQ(titles(between, true), "aa ab b ");
  EXPECT_EQ(titles(between, false), "b ab aa ");
  RangeCondition open;
  open.lower = text("aa");
  open.lower_inclusive = false;
  open.upper = text("b");
  open.upper_inclusive = false;
  EXPECT_EQ(titles(open, true), "ab ");
}

TEST_F(TablesTest, ATableInKeyOrderHasRowsUnderItsOneHashKeyOnly) {
  TableSpec spec;
  spec.name = "s3.photos";
  spec.placement = Placement::ordered;
  spec.keys.hash = {"bucket", Type::string};
  spec.keys.range = KeyAttribute{"key", Type::string};
  spec.ordered_hash = "photos";
  const TableRef table = create(spec);
  ASSERT_TRUE(
      write_one(put(table, ItemBuilder().string("bucket", "photos").string("key", "a").build())));
  const auto rows_of = [&](std::string_view bucket, RangeCondition range) {
    QuerySpec query_spec;
    query_spec.table = table;
    query_spec.hash = text(bucket);
    query_spec.range = std::move(range);
    return query(std::move(query_spec)).rows.size();
  };
  EXPECT_EQ(rows_of("photos", {}), 1u);
  EXPECT_EQ(rows_of("others", {}), 0u);
  RangeCondition before_all;
  before_all.upper = text("");
  before_all.upper_inclusive = false;
  EXPECT_EQ(rows_of("photos", before_all), 0u);
}

TEST_F(TablesTest, SplitKeepsRowsReachableAndRefusesPartingLocalIndexes) {
  TableSpec spec = song_table();
  spec.indexes.pop_back();
  const TableRef table = create(spec);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(write_one(put(table, song("Ada", std::to_string(100 + i), "jazz", i))));
  const Item middle = song("Ada", "110", "jazz", 1);
  const std::string at = *position_of(*table, "", middle.view());
  ASSERT_TRUE(run(tables_->split("Music", "", at, Deadline::never())));
  EXPECT_EQ(run(tables_->split("Music", "", at, Deadline::never())).error().code,
            ErrorCode::invalid_argument);

  // With the descriptor of before.
  QuerySpec all;
  all.table = table;
  all.hash = text("Ada");
  EXPECT_EQ(query(std::move(all)).rows.size(), 20u);
  ASSERT_TRUE(write_one(put(table, song("Ada", "120", "jazz", 20))));
  EXPECT_TRUE(*run(tables_->get(table, song_key("Ada", "120"), Deadline::never())));

  spec = song_table();
  spec.name = "WithLocal";
  const TableRef with_local = create(spec);
  EXPECT_EQ(run(tables_->split("WithLocal", "", at, Deadline::never())).error().code,
            ErrorCode::invalid_argument);
}

TEST_F(TablesTest, BusyPartitionsOfTablesAndIndexesAreCutWhereTheLoadIs) {
  TableSpec spec = song_table();
  spec.indexes.pop_back();
  const TableRef table = create(spec);
  SplitOptions options;
  options.writes_per_look = 500;
  options.max_splits_per_look = 1;
  SplitPolicy policy(*tables_, options);
  int number = 0;
  const auto load = [&] {
    for (int i = 0; i < 1200; ++i, ++number)
      ASSERT_TRUE(write_one(put(table, song("artist" + std::to_string(number), "x",
                                            "genre" + std::to_string(number), 1))));
  };
  const auto partitions = [&] { return *run(tables_->find("Music", Deadline::never())); };
  load();
  ASSERT_EQ(*run(policy.look(Deadline::never())), 1u);
  EXPECT_EQ(partitions()->partitions.size(), 2u);
  load();
  while (partitions()->indexes[0].partitions.size() == 1 && number < 20000) {
    load();
    ASSERT_TRUE(run(policy.look(Deadline::never())));
  }
  EXPECT_GT(partitions()->indexes[0].partitions.size(), 1u);
  for (int i = 0; i < number; i += 97) {
    const std::string artist = "artist" + std::to_string(i);
    EXPECT_TRUE(*run(tables_->get(table, song_key(artist, "x"), Deadline::never()))) << artist;
  }
}

TEST_F(TablesTest, AnIndexOfATableInKeyOrderIsAskedByItsOwnHashKey) {
  TableSpec spec;
  spec.name = "letters";
  spec.placement = Placement::ordered;
  spec.ordered_hash = "letters";
  spec.keys.hash = {"shelf", Type::string};
  spec.keys.range = KeyAttribute{"name", Type::string};
  IndexDescriptor by_author;
  by_author.name = "by-author";
  by_author.keys.hash = {"author", Type::string};
  spec.indexes = {by_author};
  const TableRef table = create(spec);
  for (const char* name : {"a", "b", "c"}) {
    ASSERT_TRUE(write_one(put(table, ItemBuilder()
                                         .string("shelf", "letters")
                                         .string("name", name)
                                         .string("author", *name == 'b' ? "Bob" : "Ada")
                                         .build())));
  }
  const auto count = [&](const char* author) {
    QuerySpec by;
    by.table = table;
    by.index = "by-author";
    by.hash = text(author);
    return query(std::move(by)).rows.size();
  };
  EXPECT_EQ(count("Ada"), 2u);
  EXPECT_EQ(count("Bob"), 1u);
  EXPECT_EQ(count("Eve"), 0u);
}

TEST_F(TablesTest, LimitsAreReached) {
  TableSpec spec = song_table();
  for (std::size_t i = 0; i < kMaxIndexes; ++i) {
    spec.indexes.push_back(spec.indexes.front());
    spec.indexes.back().name = "extra" + std::to_string(i);
  }
  EXPECT_EQ(run(tables_->create(spec, Deadline::never())).error().code, ErrorCode::too_large);

  spec = song_table();
  for (std::size_t i = 0; i < kMaxLocalIndexes; ++i) {
    spec.indexes.push_back(song_table().indexes.back());
    spec.indexes.back().name = "local" + std::to_string(i);
  }
  EXPECT_EQ(run(tables_->create(spec, Deadline::never())).error().code, ErrorCode::too_large);

  const TableRef table = create(song_table());
  std::vector<RowWrite> writes;
  for (std::size_t i = 0; i <= kMaxRowsPerWrite; ++i)
    writes.push_back(put(table, song("Ada", std::to_string(i), "jazz", 1)));
  EXPECT_EQ(run(tables_->write(std::move(writes), Deadline::never())).error().code,
            ErrorCode::too_large);
}

/// A bucket's table on a store that takes only what makes room.
class FullStoreTest : public ::testing::Test {
 protected:
  FullStoreTest() : simulation_(1) {
    store::MemoryOptions options;
    options.capacity_bytes = 16'000;
    store_ = store::make_memory_store(simulation_, options);
    tables_ = std::make_unique<Tables>(*store_, simulation_, codecs());
    TableSpec spec = song_table();
    spec.properties = std::string(300, 'p');
    table_ = *run(tables_->create(std::move(spec), Deadline::never()));
    EXPECT_TRUE(write(song("a", "0", "g", 1), false));
    for (int i = 1; i < 1000; ++i)
      if (!write(song("a", std::to_string(i), "g", 1), false)) return;
    ADD_FAILURE() << "the store is never full";
  }
  ~FullStoreTest() override { EXPECT_TRUE(run(store_->close())); }

  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  Result<store::Commit> write(Item item, bool makes_room) {
    std::vector<RowWrite> writes;
    writes.push_back(put(table_, std::move(item)));
    writes.back().by_owner = true;
    writes.back().makes_room = makes_room;
    return run(tables_->write(std::move(writes), Deadline::never()));
  }
  /// no_space, or none.
  std::optional<ErrorCode> set_properties(std::string properties) {
    const auto change = [&](TableDescriptor& table) -> Result<> {
      table.properties = properties;
      return {};
    };
    const auto altered = run(tables_->alter("Music", change, Deadline::never()));
    if (!altered) return altered.error().code;
    EXPECT_EQ((*altered)->properties, properties);
    return std::nullopt;
  }

  Simulation simulation_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Tables> tables_;
  TableRef table_;
};

TEST_F(FullStoreTest, SettingsMayGoAndNotGrow) {
  EXPECT_EQ(set_properties(std::string(301, 'p')), ErrorCode::no_space);
  EXPECT_EQ(set_properties(std::string(300, 'q')), ErrorCode::no_space);
  EXPECT_EQ(set_properties(std::string(300, 'p')), std::nullopt);
  EXPECT_EQ(set_properties(std::string(100, 'p')), std::nullopt);
  EXPECT_EQ(set_properties(""), std::nullopt);
}

TEST_F(FullStoreTest, AnIndexMayGo) {
  const auto change = [](TableDescriptor& table) -> Result<> {
    std::erase_if(table.indexes, [](const IndexDescriptor& one) { return one.name == "by-year"; });
    return {};
  };
  const auto altered = run(tables_->alter("Music", change, Deadline::never()));
  ASSERT_TRUE(altered) << altered.error().to_string();
  EXPECT_EQ((*altered)->indexes.size(), 1u);
}

TEST_F(FullStoreTest, AnOwnersPutPassesWhereItMakesRoom) {
  const Item another = song("a", "0", "h", 1);
  const auto refused = write(another, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  const auto passes = write(another, true);
  EXPECT_TRUE(passes) << passes.error().to_string();
}

}  // namespace
}  // namespace dyad::table
