#include "store/contract/store_contract.h"

// Pages, limits, continuations; kinds and bounds; what a transaction's scan sees.

namespace dyad::store {
namespace {

constexpr PartitionId kP = kCatalogPartition;

Body write_letters(PartitionId p, std::string kinds, std::string letters) {
  return [=](Transaction& tx) -> Task<Result<>> {
    for (const char kind : kinds) {
      for (const char letter : letters) {
        DYAD_CO_TRY(tx.put(p, key(kind, std::string(1, letter)), std::string(1, letter)));
      }
    }
    co_return Result<>();
  };
}

ScanLimits limits_of(std::uint32_t rows, std::uint32_t bytes, std::uint32_t steps) {
  ScanLimits limits;
  limits.rows = rows;
  limits.bytes = bytes;
  limits.steps = steps;
  return limits;
}

}  // namespace

TEST_P(StoreContract, ScansGoBothWaysOverHalfOpenRanges) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await commit({}, write_letters(kP, "k", "abcde"))).has_value());
    EXPECT_EQ(co_await scan(kP, range("", "")), "ka=a kb=b kc=c kd=d ke=e");
    EXPECT_EQ(co_await scan(kP, range("", "", true)), "ke=e kd=d kc=c kb=b ka=a");
    EXPECT_EQ(co_await scan(kP, range("kb", "kd")), "kb=b kc=c");
    EXPECT_EQ(co_await scan(kP, range("kb", "kd", true)), "kc=c kb=b");
    EXPECT_EQ(co_await scan(kP, range("kbb", "kdd")), "kc=c kd=d");
    EXPECT_EQ(co_await scan(kP, range("kd", "kb")), "");
    EXPECT_EQ(co_await scan(kP, range("kd", "kd")), "");
    EXPECT_EQ(co_await scan(kP, range("kd", "kb", true)), "");
    EXPECT_EQ(co_await scan(kP, range("l", "")), "");
    EXPECT_EQ(co_await scan(kP, range("", "k", true)), "");
  });
}

// Whatever the limits, the pages put together are the range, each row once.
TEST_P(StoreContract, PagesOfAnySizeMakeUpTheRange) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await commit({}, write_letters(kP, "jk", "abcdef"))).has_value());
    const Body erase = [](Transaction& tx) -> Task<Result<>> {
      for (const char* gone : {"ja", "jb", "kc", "kf"}) DYAD_CO_TRY(tx.erase(kP, gone));
      co_return Result<>();
    };
    EXPECT_TRUE((co_await commit({}, erase)).has_value());
    const std::string forward = "jc=c jd=d je=e jf=f ka=a kb=b kd=d ke=e";
    const std::string backward = "ke=e kd=d kb=b ka=a jf=f je=e jd=d jc=c";
    for (const std::uint32_t rows : {1u, 2u, 3u, 7u, 8u, 9u}) {
      for (const std::uint32_t steps : {1u, 2u, 5u, 1000u}) {
        for (const std::uint32_t bytes : {1u, 7u, 1000u}) {
          const ScanLimits limits = limits_of(rows, bytes, steps);
          EXPECT_EQ(co_await scan(kP, range("", ""), limits), forward);
          EXPECT_EQ(co_await scan(kP, range("", "", true), limits), backward);
        }
      }
    }
  });
}

TEST_P(StoreContract, APageKeepsItsLimits) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await commit({}, write_letters(kP, "k", "abcdef"))).has_value());
    for (const bool reverse : {false, true}) {
      const ScanRange all = range("", "", reverse);
      const ScanLimits two = limits_of(2, 1000, 1000);
      const auto page = co_await store().scan(kP, all, two);
      EXPECT_LE(page->size(), 2u);
      EXPECT_TRUE(page->next.has_value());
      EXPECT_EQ(page->next->reverse, reverse);
      // A row is three bytes: two fit into seven.
      const ScanLimits seven = limits_of(100, 7, 1000);
      const auto small = co_await store().scan(kP, all, seven);
      EXPECT_LE(small->size(), 2u);
      EXPECT_TRUE(small->next.has_value());
      const ScanLimits steps = limits_of(100, 1000, 3);
      const auto short_walk = co_await store().scan(kP, all, steps);
      EXPECT_LE(short_walk->size(), 3u);
      EXPECT_TRUE(short_walk->next.has_value());
    }
  });
}

TEST_P(StoreContract, TheFirstRowIsTakenHoweverLarge) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await put(kP, "ka", std::string(5000, 'x'))).has_value());
    const std::string text = co_await scan(kP, range("", ""), limits_of(10, 10, 10));
    EXPECT_EQ(text.size(), 5003u);
  });
}

TEST_P(StoreContract, KeysMayHoldAnyBytes) {
  go([this]() -> Task<void> {
    const std::string zero(2, '\0');
    const std::string high(3, '\xff');
    EXPECT_TRUE((co_await put(kP, zero, "z")).has_value());
    EXPECT_TRUE((co_await put(kP, high, "h")).has_value());
    EXPECT_EQ(co_await get(kP, zero), "z");
    EXPECT_EQ(co_await scan(kP, range("", "")), zero + "=z " + high + "=h");
    EXPECT_EQ(co_await scan(kP, range("", "", true), limits_of(1, 1, 1)),
              high + "=h " + zero + "=z");
    EXPECT_EQ(co_await scan(kP, range(zero + '\0', "")), high + "=h");
  });
}

TEST_P(StoreContract, PartitionsDoNotSeeEachOthersRows) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const auto q = co_await create();
    EXPECT_TRUE((co_await commit({}, write_letters(*p, "k", "ab"))).has_value());
    EXPECT_TRUE((co_await commit({}, write_letters(*q, "k", "bc"))).has_value());
    EXPECT_EQ(co_await scan(*p, range("", "")), "ka=a kb=b");
    EXPECT_EQ(co_await scan(*q, range("", "", true)), "kc=c kb=b");
  });
}

// A split cuts every kind at the same key; a range over several kinds is clipped in each.
TEST_P(StoreContract, AChildsScanIsClippedKindByKind) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const std::string kinds = std::string("\x01") + "ik\xff";
    EXPECT_TRUE((co_await commit({}, write_letters(*p, kinds, "abcdef"))).has_value());
    const auto children = co_await split(*p, "c");
    const auto inner = co_await split(children->right, "e");
    const PartitionId middle = inner->left;
    const auto expected = [&](std::string letters, bool reverse) {
      std::string order = kinds;
      if (reverse) {
        std::reverse(order.begin(), order.end());
        std::reverse(letters.begin(), letters.end());
      }
      std::string text;
      for (const char kind : order) {
        for (const char letter : letters) {
          if (!text.empty()) text += ' ';
          text += key(kind, std::string(1, letter)) + '=' + letter;
        }
      }
      return text;
    };
    for (const std::uint32_t steps : {1u, 2u, 3u, 1000u}) {
      for (const bool reverse : {false, true}) {
        const ScanLimits limits = limits_of(2, 1000, steps);
        const ScanRange all = range("", "", reverse);
        EXPECT_EQ(co_await scan(children->left, all, limits), expected("ab", reverse));
        EXPECT_EQ(co_await scan(middle, all, limits), expected("cd", reverse));
        EXPECT_EQ(co_await scan(inner->right, all, limits), expected("ef", reverse));
      }
    }
    EXPECT_EQ(co_await scan(middle, range("id", "kd")), "id=d kc=c");
    EXPECT_EQ(co_await scan(middle, range("ia", "ib")), "");
    EXPECT_EQ(co_await scan(middle, range("id", "kd", true)), "kc=c id=d");
    EXPECT_EQ(co_await get(middle, "ic"), "c");
    EXPECT_EQ(co_await get(middle, "ib"), "not_owner");
    EXPECT_EQ(co_await get(middle, "ie"), "not_owner");
    const auto outside = co_await put(middle, "kb", "x");
    EXPECT_EQ(code_of(outside.error()), "not_owner");
  });
}

// Base, rows of transactions that may still be pending, and the transaction's own writes, as one.
TEST_P(StoreContract, ATransactionsScanMergesAllItSees) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await commit({}, write_letters(kP, "k", "aceg"))).has_value());
    const auto work = [&](int i) -> Task<void> {
      if (i == 0) {
        const Body body = [](Transaction& tx) -> Task<Result<>> {
          DYAD_CO_TRY(tx.put(kP, "kb", "pending"));
          DYAD_CO_TRY(tx.put(kP, "kg", "pending"));
          co_return tx.erase(kP, "kc");
        };
        EXPECT_TRUE((co_await commit(exclusive(kP, "all"), body)).has_value());
        co_return;
      }
      const Body body = [](Transaction& tx) -> Task<Result<>> {
        DYAD_CO_TRY_ASSIGN(const auto there, co_await tx.get(kP, "kb"));
        DYAD_CO_TRY(tx.put(kP, "kd", "own"));
        DYAD_CO_TRY(tx.erase(kP, "ke"));
        DYAD_CO_TRY(tx.put(kP, "kg", "own"));
        const std::string all = co_await scan(tx, kP, range("", ""), limits_of(2, 1000, 2));
        const std::string back = co_await scan(tx, kP, range("kb", "kg", true));
        if (all == "retry" || back == "retry") co_return fail(ErrorCode::retry, "");
        EXPECT_EQ(all, there ? "ka=a kb=pending kd=own kg=own" : "ka=a kc=c kd=own kg=own");
        EXPECT_EQ(back, there ? "kd=own kb=pending" : "kd=own kc=c");
        co_return fail(ErrorCode::failed_condition, "");
      };
      const auto done = co_await commit(exclusive(kP, "all"), body);
      EXPECT_EQ(code_of(done.error()), "failed_condition");
    };
    co_await all_at_once(8, work);
  });
}

}  // namespace dyad::store
