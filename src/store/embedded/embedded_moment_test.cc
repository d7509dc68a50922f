#include <gtest/gtest.h>

#include <algorithm>

#include "store/embedded/embedded_test_machine.h"
#include "store/moment.h"

namespace dyad::store {
namespace {

const std::string kCopy = "/copy/store";

std::string content_of(Files& files, const HeldFile& file) {
  std::shared_ptr<const RandomReadFile> bytes = file.bytes;
  if (!bytes) {
    auto opened = files.open_read(file.path);
    EXPECT_TRUE(opened) << opened.error().to_string();
    if (!opened) return {};
    bytes = std::move(*opened);
  }
  std::string content(file.size_bytes, '\0');
  const auto got = bytes->read_at(0, {content.data(), content.size()});
  EXPECT_TRUE(got && *got == content.size()) << file.name;
  return content;
}

/// Puts the moment's files under `kCopy`, as a backup does.
void copy_out(Machine& machine, const Moment& moment) {
  Files& files = machine.files();
  for (const char* directory : {"/copy", "/copy/store", "/copy/store/rows", "/copy/store/log"})
    ASSERT_TRUE(files.make_directory(directory));
  for (const HeldFile& file : moment.files()) {
    std::string content = content_of(files, file);
    ASSERT_GE(file.padded_bytes, file.size_bytes);
    content.resize(file.padded_bytes, '\0');
    ASSERT_TRUE(write_file(files, kCopy + "/" + file.name, content));
  }
}

std::string check_copy(Machine& machine, const Told& told) {
  const auto report =
      machine.start().run_until(verify_embedded(*machine.simulation(), kCopy, machine.options));
  if (!report) return report.error().to_string();
  if (!report->damages.empty()) return report->damages[0];
  auto store =
      machine.start().run_until(open_embedded_store(*machine.simulation(), kCopy, machine.options));
  if (!store) return store.error().to_string();
  const std::string wrong = machine.run(check(**store, told));
  Told more;
  machine.run(workload(**store, more, 30));
  machine.run(close(**store));
  return wrong.empty() && more.rows.size() != 7 ? "it takes no more writes" : wrong;
}

std::unique_ptr<Moment> hold(Machine& machine, Store& store) {
  auto moment = machine.run(store.hold_moment());
  EXPECT_TRUE(moment) << moment.error().to_string();
  return moment ? std::move(*moment) : nullptr;
}

TEST(EmbeddedMoment, HoldsWhatWasWrittenBeforeAndNothingAfter) {
  for (const int steps : {0, 1, 60, 200}) {
    Machine machine;
    Told told;
    auto store = machine.open();
    ASSERT_TRUE(store);
    machine.run(workload(**store, told, steps));
    auto moment = hold(machine, **store);
    ASSERT_TRUE(moment);
    EXPECT_EQ(moment->timestamp(), (*store)->durable_upto());
    std::vector<std::string> contents;
    for (const HeldFile& file : moment->files())
      contents.push_back(content_of(machine.files(), file));
    // Segments fill, are let go of and used again under it.
    Told later;
    machine.run(workload(**store, later, 300));
    ASSERT_EQ(later.rows.size(), 7u) << machine.fatal();
    for (std::size_t i = 0; i < contents.size(); ++i)
      EXPECT_EQ(content_of(machine.files(), moment->files()[i]), contents[i])
          << moment->files()[i].name;
    copy_out(machine, *moment);
    moment.reset();
    EXPECT_FALSE(machine.files().info(kDirectory + "/held"));
    machine.run(close(**store));
    store->reset();
    EXPECT_EQ(check_copy(machine, told), "") << steps;
    EXPECT_EQ(recover_and_check(machine, later), "");
  }
}

TEST(EmbeddedMoment, OfAStoreThatWasJustOpened) {
  Machine machine;
  Told told;
  run_once(machine, told, 400);
  auto store = machine.open();
  ASSERT_TRUE(store);
  auto moment = hold(machine, **store);
  ASSERT_TRUE(moment);
  copy_out(machine, *moment);
  moment.reset();
  machine.run(close(**store));
  store->reset();
  EXPECT_EQ(check_copy(machine, told), "");
}

TEST(EmbeddedMoment, HasTheLogThatAFollowerNeeds) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  Told first, told;
  machine.run(workload(**store, first, 5));
  Timestamp cursor;
  const Body follow = [&](Transaction& tx) -> Task<Result<>> {
    cursor = (*store)->durable_upto();
    co_return tx.set_cursor("stream", first.partition, cursor);
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, follow, Deadline::never())));
  const Body append = [&](Transaction& tx) -> Task<Result<>> {
    co_return tx.append(first.partition, std::string(3000, 'e'));
  };
  constexpr std::size_t kEntries = 100;
  for (std::size_t i = 0; i < kEntries; ++i)
    ASSERT_TRUE(machine.run((*store)->transact({}, append, Deadline::never())));
  machine.run(workload(**store, told, 200));
  auto moment = hold(machine, **store);
  ASSERT_TRUE(moment);
  copy_out(machine, *moment);
  moment.reset();
  machine.run(close(**store));
  store->reset();

  auto copy =
      machine.start().run_until(open_embedded_store(*machine.simulation(), kCopy, machine.options));
  ASSERT_TRUE(copy) << copy.error().to_string();
  EXPECT_EQ(*machine.run((*copy)->cursor("stream", first.partition)), cursor);
  std::size_t entries = 0;
  for (Timestamp after = cursor; after < (*copy)->durable_upto();) {
    const auto page = machine.run((*copy)->read_log(first.partition, after, {}));
    ASSERT_TRUE(page) << page.error().to_string();
    entries += page->entries.size();
    after = page->complete_upto;
  }
  EXPECT_EQ(entries, kEntries);
  machine.run(close(**copy));
}

std::vector<std::string> keys_of(const Moment& moment, char kind) {
  std::vector<std::string> keys;
  EXPECT_TRUE(moment.each_key(kind, [&](std::string_view key) -> Result<> {
    keys.emplace_back(key);
    return {};
  }));
  std::ranges::sort(keys);
  return keys;
}

TEST(EmbeddedMoment, TellsTheKeysOfLivePartitionsByKind) {
  Machine machine;
  auto store = machine.open();
  ASSERT_TRUE(store);
  PartitionId parent, dropped;
  const Body make = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(parent, tx.create_partition());
    DYAD_CO_TRY_ASSIGN(dropped, tx.create_partition());
    for (const std::string kind : {"\x01", "\x02", "\xff"}) {
      for (const std::string rest : {"a", "m", "z"}) {
        DYAD_CO_TRY(tx.put(parent, kind + rest, "v"));
        DYAD_CO_TRY(tx.put(dropped, kind + rest + "?", "v"));
      }
      DYAD_CO_TRY(tx.put(kCatalogPartition, kind + "c", "v"));
    }
    co_return Result<>();
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, make, Deadline::never())));
  const Body change = [&](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY(tx.drop_partition(dropped));
    DYAD_CO_TRY(tx.erase(parent, "\x02z"));
    const auto split = tx.split_partition(parent, "m");
    co_return split ? Result<>() : fail(split.error());
  };
  ASSERT_TRUE(machine.run((*store)->transact({}, change, Deadline::never())));
  auto moment = hold(machine, **store);
  ASSERT_TRUE(moment);
  using Keys = std::vector<std::string>;
  EXPECT_EQ(keys_of(*moment, 1), (Keys{"\x01"
                                       "a",
                                       "\x01"
                                       "c",
                                       "\x01m", "\x01z"}));
  EXPECT_EQ(keys_of(*moment, 2), (Keys{"\x02"
                                       "a",
                                       "\x02"
                                       "c",
                                       "\x02m"}));
  EXPECT_EQ(keys_of(*moment, '\xff').size(), 4u);
  EXPECT_TRUE(keys_of(*moment, 3).empty());
  moment.reset();
  machine.run(close(**store));
}

TEST(EmbeddedMoment, OneAtATimeAndACrashLeavesNothing) {
  Machine machine;
  Told told;
  {
    auto store = machine.open();
    ASSERT_TRUE(store);
    machine.run(workload(**store, told, 20));
    auto moment = hold(machine, **store);
    ASSERT_TRUE(moment);
    const auto second = machine.run((*store)->hold_moment());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::overloaded);
    machine.files().crash();
    machine.run(close(**store));
  }
  machine.files().restart();
  EXPECT_EQ(recover_and_check(machine, told), "");
  EXPECT_FALSE(machine.files().info(kDirectory + "/held"));
  auto store = machine.open();
  ASSERT_TRUE(store);
  EXPECT_TRUE(hold(machine, **store));
  EXPECT_TRUE(hold(machine, **store));
  machine.run(close(**store));
}

}  // namespace
}  // namespace dyad::store
