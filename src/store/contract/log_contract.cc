#include "store/contract/store_contract.h"

// The log: order, completeness, limits, trimming, cursors.

namespace dyad::store {
namespace {

Body append_one(PartitionId p, std::string entry) {
  return [=](Transaction& tx) -> Task<Result<>> { co_return tx.append(p, entry, {}); };
}

Body move_cursor(std::string follower, PartitionId p, Timestamp upto) {
  return [=](Transaction& tx) -> Task<Result<>> { co_return tx.set_cursor(follower, p, upto); };
}

}  // namespace

TEST_P(StoreContract, TheLogHoldsEntriesInCommitOrder) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    std::vector<Timestamp> at;
    for (const char* entry : {"a", "b", "c"}) {
      const auto done = co_await commit({}, append_one(*p, entry));
      at.push_back(done->timestamp);
    }
    const LogText all = co_await log(*p);
    EXPECT_EQ(all.text, "a b c");
    EXPECT_EQ(all.timestamps, at);
    EXPECT_FALSE(all.ended);
    EXPECT_GE(all.upto, at[2]);
    EXPECT_EQ((co_await log(*p, at[0])).text, "b c");
    EXPECT_EQ((co_await log(*p, at[2])).text, "");
    co_await reopen();
    EXPECT_EQ((co_await log(*p)).text, "a b c");
  });
}

TEST_P(StoreContract, LogPagesKeepTheirLimitsAndNeverPartATransaction) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    for (int i = 0; i < 4; ++i) {
      const Body three = [&](Transaction& tx) -> Task<Result<>> {
        for (int n = 0; n < 3; ++n) {
          DYAD_CO_TRY(tx.append(*p, std::to_string(i) + std::to_string(n), {}));
        }
        co_return Result<>();
      };
      EXPECT_TRUE((co_await commit({}, three)).has_value());
    }
    for (const std::uint32_t entries : {1u, 2u, 3u, 5u, 6u, 100u}) {
      for (const std::uint32_t bytes : {1u, 12u, 1000u}) {
        LogLimits limits;
        limits.entries = entries;
        limits.bytes = bytes;
        Timestamp after;
        std::string text;
        while (after < store().durable_upto()) {
          const auto page = co_await store().read_log(*p, after, limits);
          EXPECT_EQ(page->entries.size() % 3, 0u);
          // The first transaction always comes whole; more only within the limits.
          EXPECT_LE(page->entries.size(), std::max(3u, std::min(entries, bytes / 2)));
          for (const LogEntry& entry : page->entries) text += entry.payload + ' ';
          after = page->complete_upto;
        }
        EXPECT_EQ(text, "00 01 02 10 11 12 20 21 22 30 31 32 ");
      }
    }
  });
}

// Whoever reads page after page while writers race sees every entry, once, in order.
TEST_P(StoreContract, AReaderThatRacesWritersMissesNothing) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const int writers = 6;
    const int each = rounds(20, 100);
    std::atomic<int> writing = writers;
    std::vector<std::pair<Timestamp, std::string>> read;
    const auto work = [&](int i) -> Task<void> {
      if (i > 0) {
        for (int n = 0; n < each; ++n) {
          const std::string entry = std::to_string(i) + "." + std::to_string(n);
          EXPECT_TRUE((co_await commit({}, append_one(*p, entry))).has_value());
        }
        --writing;
        co_return;
      }
      Timestamp after;
      while (true) {
        const bool last = writing == 0;
        const Timestamp goal = store().durable_upto();
        LogLimits few;
        few.entries = 5;
        const auto page = co_await store().read_log(*p, after, few);
        for (const LogEntry& entry : page->entries) {
          EXPECT_GT(entry.timestamp, after);
          EXPECT_LE(entry.timestamp, page->complete_upto);
          read.emplace_back(entry.timestamp, entry.payload);
        }
        after = page->complete_upto;
        if (last && after >= goal) break;
        co_await nap();
      }
    };
    co_await all_at_once(writers + 1, work);
    EXPECT_EQ(read.size(), static_cast<std::size_t>(writers * each));
    std::vector<int> next(writers + 1, 0);
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (i > 0) {
        EXPECT_GT(read[i].first, read[i - 1].first);
      }
      const int writer = std::stoi(read[i].second);
      EXPECT_EQ(read[i].second, std::to_string(writer) + "." + std::to_string(next[writer]++));
    }
  });
}

TEST_P(StoreContract, TrimmingTakesEntriesAwayAndSaysSo) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    std::vector<Timestamp> at;
    for (const char* entry : {"a", "b", "c"}) {
      const auto done = co_await commit({}, append_one(*p, entry));
      at.push_back(done->timestamp);
    }
    const auto reached = co_await store().trim_log(*p, at[1]);
    EXPECT_EQ(*reached, at[1]);
    EXPECT_EQ((co_await log(*p)).text, "out_of_range");
    EXPECT_EQ((co_await log(*p, at[0])).text, "out_of_range");
    EXPECT_EQ((co_await log(*p, at[1])).text, "c");
    // Not back, and not beyond what is there.
    const auto back = co_await store().trim_log(*p, at[0]);
    EXPECT_EQ(*back, at[1]);
    const auto beyond = co_await store().trim_log(*p, timestamp_at_ms(1ll << 46));
    EXPECT_LE(*beyond, store().durable_upto());
    EXPECT_TRUE((co_await commit({}, append_one(*p, "d"))).has_value());
    EXPECT_EQ((co_await log(*p, *beyond)).text, "d");
    const auto unknown = co_await store().trim_log(PartitionId(1u << 30), at[0]);
    EXPECT_EQ(code_of(unknown.error()), "not_found");
  });
}

TEST_P(StoreContract, TrimmingNeverPassesAFollower) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    std::vector<Timestamp> at;
    for (const char* entry : {"a", "b", "c", "d"}) {
      const auto done = co_await commit({}, append_one(*p, entry));
      at.push_back(done->timestamp);
    }
    const auto none = co_await store().cursor("slow", *p);
    EXPECT_FALSE(none->has_value());
    EXPECT_TRUE((co_await commit({}, move_cursor("slow", *p, at[1]))).has_value());
    EXPECT_TRUE((co_await commit({}, move_cursor("fast", *p, at[3]))).has_value());
    const auto slow = co_await store().cursor("slow", *p);
    EXPECT_EQ(slow->value_or(Timestamp()), at[1]);
    EXPECT_EQ(*(co_await store().trim_log(*p, at[3])), at[1]);
    EXPECT_EQ((co_await log(*p, at[1])).text, "c d");
    co_await reopen();
    const auto kept = co_await store().cursor("slow", *p);
    EXPECT_EQ(kept->value_or(Timestamp()), at[1]);
    EXPECT_EQ(*(co_await store().trim_log(*p, at[3])), at[1]);
    EXPECT_EQ((co_await log(*p, at[1])).text, "c d");
    // The largest timestamp removes a cursor.
    EXPECT_TRUE((co_await commit({}, move_cursor("slow", *p, Timestamp(UINT64_MAX)))).has_value());
    const auto gone = co_await store().cursor("slow", *p);
    EXPECT_FALSE(gone->has_value());
    EXPECT_EQ(*(co_await store().trim_log(*p, at[3])), at[3]);
  });
}

}  // namespace dyad::store
