#include "store/contract/store_contract.h"

// Every named limit, reached; and the end of a store.

namespace dyad::store {
namespace {
constexpr PartitionId kP = kCatalogPartition;
}

TEST_P(StoreContract, KeysAndValuesReachTheirLimits) {
  go([this]() -> Task<void> {
    const std::string longest = "k" + std::string(kMaxKeyBytes - 1, 'x');
    const std::string largest(kMaxValueBytes, 'v');
    EXPECT_TRUE((co_await put(kP, longest, "v")).has_value());
    EXPECT_EQ(co_await get(kP, longest), "v");
    EXPECT_TRUE((co_await put(kP, "ka", largest)).has_value());
    EXPECT_EQ(co_await get(kP, "ka"), largest);
    EXPECT_EQ(code_of((co_await put(kP, longest + "x", "v")).error()), "too_large");
    EXPECT_EQ(code_of((co_await put(kP, "kb", largest + "x")).error()), "too_large");
    EXPECT_EQ(co_await get(kP, "kb"), "-");
  });
}

TEST_P(StoreContract, ATransactionHasSoManyBytes) {
  go([this]() -> Task<void> {
    const std::string large(kMaxValueBytes - 2, 'v');
    const std::size_t fitting = kMaxTransactionBytes / kMaxValueBytes;
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      for (std::size_t i = 0; i < fitting; ++i) {
        DYAD_CO_TRY(tx.put(kP, "k" + std::string(1, static_cast<char>('a' + i)), large));
      }
      // Written again it counts once.
      DYAD_CO_TRY(tx.put(kP, "ka", large));
      co_return tx.append(kP, "x", {});
    };
    EXPECT_EQ(code_of((co_await commit({}, body)).error()), "too_large");
    EXPECT_EQ(co_await get(kP, "ka"), "-");
  });
}

TEST_P(StoreContract, ATransactionHasSoManyRows) {
  go([this]() -> Task<void> {
    const auto body_of = [](std::size_t rows) -> Body {
      return [rows](Transaction& tx) -> Task<Result<>> {
        for (std::size_t i = 0; i < rows; ++i) {
          // The hostile engine's retries must not make this take forever.
          Result<> put = tx.put(kP, "k" + std::to_string(i), "v");
          if (!put) co_return fail(put.error());
        }
        co_return Result<>();
      };
    };
    EXPECT_TRUE((co_await commit({}, body_of(kMaxTransactionRows))).has_value());
    EXPECT_EQ(co_await get(kP, "k" + std::to_string(kMaxTransactionRows - 1)), "v");
    const auto more = co_await commit({}, body_of(kMaxTransactionRows + 1));
    EXPECT_EQ(code_of(more.error()), "too_large");
  });
}

TEST_P(StoreContract, ATransactionDeclaresSoManyKeys) {
  go([this]() -> Task<void> {
    std::vector<DeclaredKey> declared;
    for (std::size_t i = 0; i < kMaxDeclaredKeys; ++i) {
      declared.push_back({kP, "k" + std::to_string(i), LatchMode::exclusive});
    }
    const Body body = [](Transaction& tx) -> Task<Result<>> { co_return tx.put(kP, "ka", "1"); };
    EXPECT_TRUE((co_await commit(declared, body)).has_value());
    const Body needs = [](Transaction& tx) -> Task<Result<>> {
      co_return fail(tx.need(exclusive(kP, "one more")));
    };
    EXPECT_EQ(code_of((co_await commit(declared, needs)).error()), "too_large");
    declared.push_back({kP, "one more", LatchMode::exclusive});
    EXPECT_EQ(code_of((co_await commit(declared, body)).error()), "too_large");
    const auto long_name = exclusive(kP, std::string(kMaxKeyBytes + 1, 'x'));
    EXPECT_EQ(code_of((co_await commit(long_name, body)).error()), "too_large");
  });
}

// What is ordered before close() is finished, what comes after is refused, and nothing hangs.
TEST_P(StoreContract, CloseFinishesWhatIsOrderedAndRefusesTheRest) {
  go([this]() -> Task<void> {
    std::atomic<int> acknowledged = 0;
    std::atomic<int> refused = 0;
    std::vector<std::vector<int>> written(8);
    const auto work = [&](int i) -> Task<void> {
      if (i == 8) {
        co_await SleepUntil(clock().steady_us() + 3000);
        EXPECT_TRUE((co_await store().close()).has_value());
        co_return;
      }
      for (int n = 0;; ++n) {
        const std::string name = "k" + std::to_string(i) + "." + std::to_string(n);
        const Body body = [&](Transaction& tx) -> Task<Result<>> {
          co_return tx.put(kP, name, "v");
        };
        const auto done = co_await store().transact(exclusive(kP, "one"), body, Deadline::never());
        if (!done) {
          EXPECT_EQ(code_of(done.error()), "cancelled");
          ++refused;
          co_return;
        }
        ++acknowledged;
        written[static_cast<std::size_t>(i)].push_back(n);
        co_await SleepUntil(clock().steady_us() + 200);
      }
    };
    co_await all_at_once(9, work);
    EXPECT_EQ(refused.load(), 8);
    EXPECT_EQ(co_await get(kP, "ka"), "cancelled");
    EXPECT_EQ(co_await scan(kP, range("", "")), "cancelled");
    co_await open_again();
    for (std::size_t i = 0; i < written.size(); ++i) {
      for (const int n : written[i]) {
        EXPECT_EQ(co_await get(kP, "k" + std::to_string(i) + "." + std::to_string(n)), "v");
      }
    }
  });
}

}  // namespace dyad::store
