#include <algorithm>

#include "store/contract/store_contract.h"

// What latches promise, and how a body runs again.

namespace dyad::store {
namespace {
constexpr PartitionId kP = kCatalogPartition;

Task<Result<>> increment(Transaction& tx, std::string key) {
  DYAD_CO_TRY_ASSIGN(const auto value, co_await tx.get(kP, key));
  co_await resume_on(*Executor::current());
  co_return tx.put(kP, key, std::to_string(std::stoi(value.value_or("0")) + 1));
}

}  // namespace

TEST_P(StoreContract, AThousandRacingIncrementsMakeAThousand) {
  go([this]() -> Task<void> {
    const int workers = 20;
    const int each = 50;
    const auto work = [&](int) -> Task<void> {
      for (int i = 0; i < each; ++i) {
        const Body body = [](Transaction& tx) { return increment(tx, "kcount"); };
        const auto done = co_await commit(exclusive(kP, "kcount"), body);
        EXPECT_TRUE(done.has_value());
      }
    };
    co_await all_at_once(workers, work);
    EXPECT_EQ(co_await get(kP, "kcount"), std::to_string(workers * each));
  });
}

TEST_P(StoreContract, ExclusiveKeepsAllOthersOutAndSharedLetsSharersIn) {
  go([this]() -> Task<void> {
    std::atomic<int> readers = 0;
    std::atomic<int> writers = 0;
    std::atomic<int> most_readers = 0;
    const auto work = [&](int i) -> Task<void> {
      for (int n = 0; n < 20; ++n) {
        const bool writes = i % 4 == 0;
        const Body body = [&, writes](Transaction&) -> Task<Result<>> {
          if (writes) {
            EXPECT_EQ(writers.fetch_add(1), 0);
            EXPECT_EQ(readers.load(), 0);
            co_await yield(2);
            writers.fetch_sub(1);
          } else {
            most_readers = std::max(most_readers.load(), readers.fetch_add(1) + 1);
            EXPECT_EQ(writers.load(), 0);
            co_await yield(2);
            readers.fetch_sub(1);
          }
          co_return Result<>();
        };
        auto declared = writes ? exclusive(kP, "latch") : shared(kP, "latch");
        EXPECT_TRUE((co_await commit(std::move(declared), body)).has_value());
      }
    };
    co_await all_at_once(12, work);
    if (GetParam().simulated) {
      EXPECT_GT(most_readers.load(), 1);
    }
  });
}

// Declared in any order, twice, and in both modes: taken in one order, once, the stronger.
TEST_P(StoreContract, DeclarationsInAnyOrderDoNotDeadlock) {
  go([this]() -> Task<void> {
    const auto work = [&](int i) -> Task<void> {
      for (int n = 0; n < 20; ++n) {
        std::vector<DeclaredKey> declared;
        for (int k = 0; k < 5; ++k) {
          const int which = i % 2 == 0 ? k : 4 - k;
          declared.push_back({kP, "k" + std::to_string(which), LatchMode::exclusive});
          declared.push_back({kP, "k" + std::to_string(which), LatchMode::shared});
        }
        const Body body = [](Transaction& tx) -> Task<Result<>> {
          DYAD_CO_TRY(co_await increment(tx, "k0"));
          co_return co_await increment(tx, "k4");
        };
        EXPECT_TRUE((co_await commit(declared, body)).has_value());
      }
    };
    co_await all_at_once(8, work);
    EXPECT_EQ(co_await get(kP, "k0"), "160");
    EXPECT_EQ(co_await get(kP, "k4"), "160");
  });
}

TEST_P(StoreContract, ABodyThatNeedsMoreKeysRunsAgainWithThem) {
  go([this]() -> Task<void> {
    const auto work = [&](int) -> Task<void> {
      for (int n = 0; n < 10; ++n) {
        bool declared = false;
        const Body body = [&](Transaction& tx) -> Task<Result<>> {
          if (!declared) {
            DYAD_CO_TRY(tx.put(kP, "kstray", "forgotten"));
            declared = true;
            co_return fail(tx.need(exclusive(kP, "kneeded")));
          }
          co_return co_await increment(tx, "kneeded");
        };
        const auto done = co_await commit(shared(kP, "kother"), body);
        EXPECT_TRUE(done.has_value());
      }
    };
    co_await all_at_once(10, work);
    EXPECT_EQ(co_await get(kP, "kneeded"), "100");
    EXPECT_EQ(co_await get(kP, "kstray"), "-");
  });
}

TEST_P(StoreContract, ABodyThatIsNeverContentEndsInConflict) {
  go([this]() -> Task<void> {
    int runs = 0;
    const Body again = [&](Transaction& tx) -> Task<Result<>> {
      ++runs;
      DYAD_CO_TRY(tx.put(kP, "ka", "1"));
      co_return fail(ErrorCode::retry, "never content");
    };
    const auto done = co_await store().transact({}, again, Deadline::never());
    EXPECT_EQ(code_of(done.error()), "conflict");
    EXPECT_EQ(runs, kMaxTransactionAttempts);
    EXPECT_EQ(co_await get(kP, "ka"), "-");
  });
}

TEST_P(StoreContract, TheDeadlineReachesWhoWaitsForALatch) {
  go([this]() -> Task<void> {
    std::atomic<bool> waited_out = false;
    std::atomic<bool> held = false;
    const auto work = [&](int i) -> Task<void> {
      if (i == 0) {
        const Body hold = [&](Transaction&) -> Task<Result<>> {
          held = true;
          while (!waited_out) co_await SleepUntil(clock().steady_us() + 1000);
          co_return Result<>();
        };
        EXPECT_TRUE((co_await commit(exclusive(kP, "latch"), hold)).has_value());
        co_return;
      }
      while (!held) co_await SleepUntil(clock().steady_us() + 1000);
      if (i == 1) {
        const Body never = [](Transaction&) -> Task<Result<>> {
          ADD_FAILURE() << "ran without its latch";
          co_return Result<>();
        };
        const auto late = co_await store().transact(exclusive(kP, "latch"), never,
                                                    Deadline::after_ms(clock(), 20));
        EXPECT_EQ(code_of(late.error()), "deadline_exceeded");
        // Before its start, too.
        const auto dead = co_await store().transact({}, never, Deadline::after_ms(clock(), 0));
        EXPECT_EQ(code_of(dead.error()), "deadline_exceeded");
        waited_out = true;
        co_return;
      }
      // Behind the one that gives up: it still gets its turn.
      const Body body = [](Transaction& tx) { return increment(tx, "kafter"); };
      EXPECT_TRUE((co_await commit(shared(kP, "latch"), body)).has_value());
    };
    co_await all_at_once(3, work);
    EXPECT_EQ(co_await get(kP, "kafter"), "1");
  });
}

// Deadlines and grants that meet: nobody is lost, nobody holds what it did not get.
TEST_P(StoreContract, DeadlinesThatMeetGrantsLoseNothing) {
  go([this]() -> Task<void> {
    std::atomic<int> done = 0;
    const auto work = [&](int i) -> Task<void> {
      for (int n = 0; n < rounds(30, 60); ++n) {
        const Body body = [&](Transaction& tx) -> Task<Result<>> {
          co_await SleepUntil(clock().steady_us() + 300);
          co_return co_await increment(tx, "kcount");
        };
        const Deadline soon{clock().steady_us() + 500 * (1 + (i + n) % 7)};
        const auto result = co_await store().transact(exclusive(kP, "kcount"), body, soon);
        if (result) {
          ++done;
        } else {
          EXPECT_EQ(code_of(result.error()), "deadline_exceeded");
        }
      }
    };
    co_await all_at_once(8, work);
    const std::string expected = done > 0 ? std::to_string(done.load()) : std::string("-");
    EXPECT_EQ(co_await get(kP, "kcount"), expected);
  });
}

TEST_P(StoreContract, OfThirtyTwoRacingCreatorsExactlyOneWins) {
  go([this]() -> Task<void> {
    for (int round = 0; round < rounds(60, 60); ++round) {
      const std::string name = "kround" + std::to_string(round);
      std::atomic<int> winners = 0;
      std::atomic<int> winner = -1;
      const auto work = [&](int i) -> Task<void> {
        const Body body = [&, i](Transaction& tx) -> Task<Result<>> {
          DYAD_CO_TRY_ASSIGN(const auto there, co_await tx.get(kP, name));
          if (there) co_return fail(ErrorCode::failed_condition, "it is there");
          co_return tx.put(kP, name, std::to_string(i));
        };
        const auto done = co_await commit(exclusive(kP, name), body);
        if (done) {
          ++winners;
          winner = i;
        } else {
          EXPECT_EQ(code_of(done.error()), "failed_condition");
          // The answer of a loser depends on the winner's row: it is durable by now.
          EXPECT_NE(co_await get(kP, name), "-");
        }
      };
      co_await all_at_once(32, work);
      EXPECT_EQ(winners.load(), 1);
      EXPECT_EQ(co_await get(kP, name), std::to_string(winner.load()));
    }
  });
}

}  // namespace dyad::store
