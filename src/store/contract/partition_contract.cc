#include <algorithm>
#include <set>

#include "store/contract/store_contract.h"

// Partitions made, dropped and split.

namespace dyad::store {
namespace {

std::vector<std::uint64_t> ids(const std::vector<PartitionInfo>& infos) {
  std::vector<std::uint64_t> found;
  for (const PartitionInfo& info : infos) found.push_back(info.id.value());
  return found;
}

Body put_and_append(PartitionId p, std::string name, std::string value) {
  return [=](Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY(tx.put(p, name, value));
    co_return tx.append(p, value, {});
  };
}

}  // namespace

TEST_P(StoreContract, TheCatalogueIsAlwaysThereAndNeverCut) {
  go([this]() -> Task<void> {
    EXPECT_EQ(ids(store().partitions()), std::vector<std::uint64_t>{0});
    const auto cut = co_await split(kCatalogPartition, "m");
    EXPECT_EQ(code_of(cut.error()), "invalid_argument");
    const Body drop = [](Transaction& tx) -> Task<Result<>> {
      co_return tx.drop_partition(kCatalogPartition);
    };
    const auto dropped = co_await commit({}, drop);
    EXPECT_EQ(code_of(dropped.error()), "invalid_argument");
  });
}

TEST_P(StoreContract, APartitionCanBeUsedInTheTransactionThatMakesIt) {
  go([this]() -> Task<void> {
    PartitionId p;
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(p, tx.create_partition());
      DYAD_CO_TRY(tx.put(p, "ka", "1"));
      DYAD_CO_TRY(tx.append(p, "first", {}));
      DYAD_CO_TRY_ASSIGN(const auto own, co_await tx.get(p, "ka"));
      EXPECT_EQ(own, "1");
      co_return Result<>();
    };
    EXPECT_TRUE((co_await commit({}, body)).has_value());
    EXPECT_EQ(co_await get(p, "ka"), "1");
    EXPECT_EQ((co_await log(p)).text, "first");
    const auto info = store().partition(p);
    EXPECT_TRUE(info.has_value());
    EXPECT_EQ(info->lower + info->upper, "");
    EXPECT_EQ(info->parent, p);
  });
}

TEST_P(StoreContract, ADroppedPartitionIsGoneAndItsIdIsNotUsedAgain) {
  go([this]() -> Task<void> {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 4; ++i) {
      const auto p = co_await create();
      EXPECT_TRUE(seen.insert(p->value()).second);
      EXPECT_EQ(co_await scan(*p, range("", "")), "");
      EXPECT_TRUE((co_await commit({}, put_and_append(*p, "ka", "1"))).has_value());
      const Body drop = [&](Transaction& tx) -> Task<Result<>> {
        DYAD_CO_TRY(tx.drop_partition(*p));
        const Result<> late = tx.put(*p, "ka", "2");
        if (!late && late.error().code == ErrorCode::retry) co_return fail(late.error());
        EXPECT_EQ(code_of(late.error()), "not_owner");
        co_return Result<>();
      };
      EXPECT_TRUE((co_await commit({}, drop)).has_value());
      EXPECT_EQ(co_await get(*p, "ka"), "not_owner");
      EXPECT_EQ(co_await scan(*p, range("", "")), "not_owner");
      EXPECT_EQ((co_await log(*p)).text, "not_found");
      EXPECT_EQ(code_of((co_await put(*p, "ka", "3")).error()), "not_owner");
      EXPECT_EQ(code_of((co_await commit({}, drop)).error()), "not_owner");
      if (i % 2 == 1) co_await reopen();
      EXPECT_EQ(co_await get(*p, "ka"), "not_owner");
      EXPECT_EQ(ids(store().partitions()), std::vector<std::uint64_t>{0});
    }
  });
}

TEST_P(StoreContract, ASplitKeepsTheRowsAndEndsTheParent) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    for (const char* name : {"ka", "kb", "kc", "kd"}) {
      EXPECT_TRUE((co_await commit({}, put_and_append(*p, name, name))).has_value());
    }
    const auto children = co_await split(*p, "c");
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(co_await scan(children->left, range("", "")), "ka=ka kb=kb");
      EXPECT_EQ(co_await scan(children->right, range("", "")), "kc=kc kd=kd");
      EXPECT_EQ(co_await get(*p, "ka"), "not_owner");
      EXPECT_EQ(co_await scan(*p, range("", "")), "not_owner");
      EXPECT_EQ(code_of((co_await put(*p, "ka", "x")).error()), "not_owner");
      const auto appended = co_await commit(
          {}, [&](Transaction& tx) -> Task<Result<>> { co_return tx.append(*p, "x", {}); });
      EXPECT_EQ(code_of(appended.error()), "not_owner");
      const LogText parents = co_await log(*p);
      EXPECT_EQ(parents.text, "ka kb kc kd");
      EXPECT_TRUE(parents.ended);
      EXPECT_EQ(parents.children.at(0), children->left);
      EXPECT_EQ(parents.children.at(1), children->right);
      const auto left = store().partition(children->left);
      const auto right = store().partition(children->right);
      EXPECT_EQ(left->lower + "|" + left->upper, "|c");
      EXPECT_EQ(right->lower + "|" + right->upper, "c|");
      EXPECT_EQ(left->parent, *p);
      EXPECT_FALSE(store().partition(*p).has_value());
      if (round == 0) co_await reopen();
    }
    EXPECT_TRUE((co_await commit({}, put_and_append(children->left, "kaa", "later"))).has_value());
    EXPECT_EQ((co_await log(children->left)).text, "later");
    EXPECT_EQ((co_await log(children->right)).text, "");
    // Where the parent's log ends the children's begin: nothing lies between.
    const LogText parents = co_await log(*p);
    EXPECT_EQ((co_await log(children->left, parents.upto)).text, "later");
  });
}

TEST_P(StoreContract, CutsOutsideTheBoundsAreRefused) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    EXPECT_EQ(code_of((co_await split(*p, "")).error()), "invalid_argument");
    const auto first = co_await split(*p, "m");
    EXPECT_EQ(code_of((co_await split(*p, "k")).error()), "not_owner");
    EXPECT_EQ(code_of((co_await split(first->left, "m")).error()), "invalid_argument");
    EXPECT_EQ(code_of((co_await split(first->left, "z")).error()), "invalid_argument");
    EXPECT_EQ(code_of((co_await split(first->right, "m")).error()), "invalid_argument");
    EXPECT_EQ(code_of((co_await split(first->right, "a")).error()), "invalid_argument");
    EXPECT_TRUE((co_await split(first->right, "n")).has_value());
  });
}

TEST_P(StoreContract, DroppingOneChildLeavesTheOthersRows) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    for (const char* name : {"ja", "jz", "ka", "kz"}) {
      EXPECT_TRUE((co_await put(*p, name, "v")).has_value());
    }
    const auto children = co_await split(*p, "m");
    const Body drop = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(tx.drop_partition(*p));
      co_return tx.drop_partition(children->left);
    };
    EXPECT_TRUE((co_await commit({}, drop)).has_value());
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ(co_await scan(children->right, range("", "")), "jz=v kz=v");
      EXPECT_EQ(co_await get(children->left, "ja"), "not_owner");
      EXPECT_EQ((co_await log(*p)).text, "not_found");
      co_await reopen();
    }
  });
}

TEST_P(StoreContract, APartitionCanBeMadeWrittenAndSplitInOneTransaction) {
  go([this]() -> Task<void> {
    Transaction::Children children{};
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(const PartitionId p, tx.create_partition());
      for (const char* name : {"ka", "kz"}) DYAD_CO_TRY(tx.put(p, name, name));
      DYAD_CO_TRY_ASSIGN(children, tx.split_partition(p, "m"));
      co_return tx.put(children.right, "kzz", "kzz");
    };
    EXPECT_TRUE((co_await commit({}, body)).has_value());
    EXPECT_EQ(co_await scan(children.left, range("", "")), "ka=ka");
    EXPECT_EQ(co_await scan(children.right, range("", "")), "kz=kz kzz=kzz");
    EXPECT_EQ(store().partition(children.right)->writes, 1u);
  });
}

TEST_P(StoreContract, APartitionThatWasSplitGoesWithTheLastOfItsChildren) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    EXPECT_TRUE((co_await commit({}, put_and_append(*p, "ka", "1"))).has_value());
    const auto first = co_await split(*p, "m");
    const auto second = co_await split(first->right, "t");
    const auto drop = [&](PartitionId id) -> Task<void> {
      const Body body = [id](Transaction& tx) -> Task<Result<>> {
        co_return tx.drop_partition(id);
      };
      EXPECT_TRUE((co_await commit({}, body)).has_value());
    };
    co_await drop(first->left);
    co_await drop(second->left);
    EXPECT_EQ((co_await log(*p)).text, "1");
    EXPECT_TRUE((co_await log(first->right)).ended);
    co_await drop(second->right);
    for (int round = 0; round < 2; ++round) {
      EXPECT_EQ((co_await log(first->right)).text, "not_found");
      EXPECT_EQ((co_await log(*p)).text, "not_found");
      co_await reopen();
    }
  });
}

TEST_P(StoreContract, WhatBothChildrenTrimmedIsTrimmedOfTheirParentsToo) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const auto followed = co_await commit({}, put_and_append(*p, "ka", "1"));
    EXPECT_TRUE((co_await commit({}, put_and_append(*p, "kb", "2"))).has_value());
    const auto first = co_await split(*p, "m");
    const auto second = co_await split(first->right, "t");
    const auto move_cursor = [&](Timestamp upto) -> Task<void> {
      const Body body = [&](Transaction& tx) -> Task<Result<>> {
        co_return tx.set_cursor("slow", *p, upto);
      };
      EXPECT_TRUE((co_await commit({}, body)).has_value());
    };
    co_await move_cursor(followed->timestamp);
    const Timestamp now = store().durable_upto();
    EXPECT_TRUE((co_await store().trim_log(first->left, now)).has_value());
    EXPECT_TRUE((co_await store().trim_log(second->left, now)).has_value());
    EXPECT_EQ((co_await log(*p)).text, "1 2");
    // A follower of the parent holds its log still.
    EXPECT_TRUE((co_await store().trim_log(second->right, now)).has_value());
    EXPECT_EQ((co_await log(*p, followed->timestamp)).text, "2");
    co_await move_cursor(Timestamp(UINT64_MAX));
    EXPECT_TRUE((co_await store().trim_log(second->right, now)).has_value());
    EXPECT_EQ((co_await log(*p, followed->timestamp)).text, "out_of_range");
    // Whoever has read all of it still learns where to go on.
    EXPECT_TRUE((co_await log(*p, now)).ended);
  });
}

// A follower that is slow must find what came after a split, though it has not been there yet.
TEST_P(StoreContract, ChildrenTakeOverTheFollowersOfTheirParent) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const Body follow = [&](Transaction& tx) -> Task<Result<>> {
      co_return tx.set_cursor("slow", *p, Timestamp(1));
    };
    EXPECT_TRUE((co_await commit({}, follow)).has_value());
    const auto first = co_await split(*p, "m");
    const auto second = co_await split(first->right, "t");
    EXPECT_TRUE((co_await commit({}, put_and_append(second->left, "kn", "late"))).has_value());
    for (int opened = 0; opened < 2; ++opened) {
      const Timestamp now = store().durable_upto();
      const auto trimmed = co_await store().trim_log(second->left, now);
      EXPECT_TRUE(trimmed.has_value());
      const auto inherited = co_await store().cursor("slow", second->left);
      EXPECT_TRUE(inherited.has_value() && inherited->has_value());
      if (!trimmed || !inherited || !*inherited) co_return;
      EXPECT_EQ(*trimmed, **inherited);
      EXPECT_EQ((co_await log(second->left, **inherited)).text, "late");
      co_await reopen();
    }
    const Body leave = [&](Transaction& tx) -> Task<Result<>> {
      co_return tx.set_cursor("slow", second->left, Timestamp(UINT64_MAX));
    };
    EXPECT_TRUE((co_await commit({}, leave)).has_value());
    const Timestamp now = store().durable_upto();
    const auto trimmed = co_await store().trim_log(second->left, now);
    EXPECT_TRUE(trimmed.has_value() && *trimmed == now);
  });
}

// Writers who hold a latch shared, and splits that hold it exclusive: no write is lost, each log
// tells the whole story of its rows.
TEST_P(StoreContract, SplitsUnderLoadLoseNothing) {
  go([this]() -> Task<void> {
    const auto root = co_await create();
    std::mutex mutex;
    std::vector<PartitionId> live = {*root};
    std::vector<std::string> cuts;
    const int each = rounds(25, 60);
    const int writers = 6;
    const auto owner = [&](const std::string& name) {
      const std::lock_guard lock(mutex);
      const std::string rest = name.substr(1);
      std::size_t at = 0;
      while (at < cuts.size() && rest >= cuts[at]) ++at;
      return live[at];
    };
    const auto work = [&](int i) -> Task<void> {
      if (i == 0) {
        for (const char* cut : {"5", "2", "7", "8"}) {
          co_await SleepUntil(clock().steady_us() + 2000);
          const PartitionId parent = owner(std::string("k") + cut);
          Transaction::Children children;
          const Body body = [&](Transaction& tx) -> Task<Result<>> {
            DYAD_CO_TRY_ASSIGN(children, tx.split_partition(parent, cut));
            co_return Result<>();
          };
          const auto done = co_await commit(exclusive(kCatalogPartition, "map"), body);
          EXPECT_TRUE(done.has_value());
          const std::lock_guard lock(mutex);
          const auto place = std::find(live.begin(), live.end(), parent);
          const auto at = place - live.begin();
          *place = children.left;
          live.insert(live.begin() + at + 1, children.right);
          cuts.insert(cuts.begin() + at, cut);
        }
        co_return;
      }
      for (int n = 0; n < each; ++n) {
        const std::string name = "k" + std::to_string((n * 7 + i) % 10) + std::to_string(i);
        const std::string value = std::to_string(n);
        Result<Commit> done = fail(ErrorCode::not_owner, "");
        while (!done && done.error().code == ErrorCode::not_owner) {
          const PartitionId p = owner(name);
          auto declared = shared(kCatalogPartition, "map");
          declared.push_back({p, name, LatchMode::exclusive});
          done = co_await store().transact(declared, put_and_append(p, name, name + "=" + value),
                                           Deadline::never());
          co_await nap();
        }
        EXPECT_TRUE(done.has_value());
      }
    };
    co_await all_at_once(writers + 1, work);
    // The logs, from the root's down the lineage, replayed, are the rows.
    std::map<std::string, std::string> replayed;
    std::vector<PartitionId> walk = {*root};
    int entries = 0;
    for (std::size_t at = 0; at < walk.size(); ++at) {
      const LogText text = co_await log(walk[at]);
      std::size_t from = 0;
      while (from < text.text.size()) {
        const std::size_t to = std::min(text.text.find(' ', from), text.text.size());
        const std::string entry = text.text.substr(from, to - from);
        replayed[entry.substr(0, entry.find('='))] = entry;
        ++entries;
        from = to + 1;
      }
      walk.insert(walk.end(), text.children.begin(), text.children.end());
    }
    EXPECT_EQ(entries, writers * each);
    EXPECT_EQ(walk.size(), 9u);
    std::map<std::string, std::string> rows;
    for (const PartitionId p : live) {
      std::optional<ScanRange> rest = range("", "");
      while (rest) {
        const auto page = co_await store().scan(p, *rest, ScanLimits());
        if (!page) continue;
        for (std::size_t i = 0; i < page->size(); ++i) {
          rows[std::string((*page)[i].key)] = (*page)[i].value;
        }
        rest = page->next;
      }
    }
    EXPECT_EQ(rows, replayed);
  });
}

TEST_P(StoreContract, PartitionsCountWhatIsWritten) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    EXPECT_EQ(store().partition(*p)->writes, 0u);
    EXPECT_TRUE((co_await put(*p, "ka", "12345")).has_value());
    EXPECT_TRUE((co_await put(*p, "kb", "12345")).has_value());
    EXPECT_EQ(store().partition(*p)->writes, 2u);
    EXPECT_EQ(store().partition(*p)->written_bytes, 14u);
  });
}

}  // namespace dyad::store
