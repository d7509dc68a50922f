#include "store/contract/store_contract.h"

// Rows inside one transaction and after it.

namespace dyad::store {
namespace {
constexpr PartitionId kP = kCatalogPartition;
}

TEST_P(StoreContract, ARowIsWhatTheLastCommitMadeIt) {
  go([this]() -> Task<void> {
    EXPECT_EQ(co_await get(kP, "kx"), "-");
    EXPECT_TRUE((co_await put(kP, "kx", "1")).has_value());
    EXPECT_EQ(co_await get(kP, "kx"), "1");
    EXPECT_TRUE((co_await put(kP, "kx", "22")).has_value());
    EXPECT_EQ(co_await get(kP, "kx"), "22");
    const Body erase = [](Transaction& tx) -> Task<Result<>> { co_return tx.erase(kP, "kx"); };
    EXPECT_TRUE((co_await commit({}, erase)).has_value());
    EXPECT_EQ(co_await get(kP, "kx"), "-");
    // Erasing what is not there is no error.
    EXPECT_TRUE((co_await commit({}, erase)).has_value());
  });
}

TEST_P(StoreContract, TheLastWriteToAKeyWinsAndTheTransactionReadsItsOwn) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await put(kP, "ka", "old")).has_value());
    EXPECT_TRUE((co_await put(kP, "kb", "old")).has_value());
    const Body body = [](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(tx.put(kP, "ka", "1"));
      DYAD_CO_TRY(tx.put(kP, "ka", "2"));
      DYAD_CO_TRY_ASSIGN(const auto a, co_await tx.get(kP, "ka"));
      EXPECT_EQ(a, "2");
      DYAD_CO_TRY(tx.erase(kP, "kb"));
      DYAD_CO_TRY_ASSIGN(const auto b, co_await tx.get(kP, "kb"));
      EXPECT_FALSE(b.has_value());
      DYAD_CO_TRY(tx.put(kP, "kc", "1"));
      DYAD_CO_TRY(tx.erase(kP, "kc"));
      DYAD_CO_TRY(tx.erase(kP, "kd"));
      co_return tx.put(kP, "kd", "4");
    };
    EXPECT_TRUE((co_await commit({}, body)).has_value());
    EXPECT_EQ(co_await scan(kP, range("k", "l")), "ka=2 kd=4");
  });
}

TEST_P(StoreContract, ATransactionOfManyRowsReadsItsOwn) {
  go([this]() -> Task<void> {
    const Body body = [](Transaction& tx) -> Task<Result<>> {
      for (int i = 0; i < 100; ++i) {
        const std::string name = "k" + std::to_string(i);
        DYAD_CO_TRY(tx.put(kP, name, "a"));
        DYAD_CO_TRY(tx.put(kP, name, std::to_string(i)));
      }
      DYAD_CO_TRY_ASSIGN(const auto row, co_await tx.get(kP, "k77"));
      EXPECT_EQ(row, "77");
      const std::string some = co_await scan(tx, kP, range("k7", "k73"));
      if (some == "retry") co_return fail(ErrorCode::retry, "");
      EXPECT_EQ(some, "k7=7 k70=70 k71=71 k72=72");
      co_return Result<>();
    };
    const auto done = co_await commit({}, body);
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(co_await get(kP, "k99"), "99");
  });
}

TEST_P(StoreContract, AnAbortLeavesNothing) {
  go([this]() -> Task<void> {
    const auto made = co_await create();
    const PartitionId p = *made;
    EXPECT_TRUE((co_await put(p, "ka", "1")).has_value());
    const Body body = [p](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(tx.put(p, "ka", "2"));
      DYAD_CO_TRY(tx.put(p, "kb", "2"));
      DYAD_CO_TRY(tx.append(p, "entry", {}));
      DYAD_CO_TRY(tx.set_cursor("follower", p, Timestamp(1)));
      DYAD_CO_TRY(tx.create_partition());
      DYAD_CO_TRY(tx.drop_partition(p));
      co_return fail(ErrorCode::failed_condition, "as asked");
    };
    const std::size_t partitions = store().partitions().size();
    const auto aborted = co_await commit({}, body);
    EXPECT_EQ(code_of(aborted.error()), "failed_condition");
    EXPECT_EQ(aborted.error().message, "as asked");
    EXPECT_EQ(co_await scan(p, range("", "")), "ka=1");
    EXPECT_EQ((co_await log(p)).text, "");
    EXPECT_EQ(store().partitions().size(), partitions);
    const auto cursor = co_await store().cursor("follower", p);
    EXPECT_FALSE(cursor->has_value());
  });
}

TEST_P(StoreContract, ATransactionThatWroteNothingHasNoTimestamp) {
  go([this]() -> Task<void> {
    const Body body = [](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(co_await tx.get(kP, "ka"));
      co_return Result<>();
    };
    const auto done = co_await commit({}, body);
    EXPECT_EQ(done->timestamp, Timestamp());
  });
}

TEST_P(StoreContract, BadKeysAndValuesAreRefused) {
  go([this]() -> Task<void> {
    const Body body = [](Transaction& tx) -> Task<Result<>> {
      EXPECT_EQ(code_of(tx.put(kP, "ka", "").error()), "invalid_argument");
      const auto bare = tx.put(kP, "", "v");
      EXPECT_FALSE(bare.has_value());
      EXPECT_FALSE(tx.put(kP, "ka", "1234567", {}, Stamps::at(0)).has_value());
      EXPECT_FALSE(tx.put(kP, "ka", "12345678", {}, Stamps::at(1)).has_value());
      EXPECT_FALSE(tx.put(kP, "k2345678", "v", Stamps::at(1)).has_value());
      co_return Result<>();
    };
    const auto done = co_await commit({}, body);
    EXPECT_TRUE(done.has_value());
    EXPECT_EQ(done->timestamp, Timestamp());
    EXPECT_EQ(co_await get(kP, ""), "invalid_argument");
  });
}

TEST_P(StoreContract, UnknownPartitionsHaveNoOwner) {
  go([this]() -> Task<void> {
    const PartitionId unknown(1u << 30);
    EXPECT_EQ(co_await get(unknown, "ka"), "not_owner");
    EXPECT_EQ(co_await scan(unknown, range("", "")), "not_owner");
    const auto written = co_await put(unknown, "ka", "1");
    EXPECT_EQ(code_of(written.error()), "not_owner");
    EXPECT_EQ((co_await log(unknown)).text, "not_found");
    EXPECT_FALSE(store().partition(unknown).has_value());
  });
}

TEST_P(StoreContract, GetAllAnswersInTheOrderOfTheKeys) {
  go([this]() -> Task<void> {
    EXPECT_TRUE((co_await put(kP, "ka", "1")).has_value());
    EXPECT_TRUE((co_await put(kP, "kc", "3")).has_value());
    std::vector<std::string> keys;
    for (const char* name : {"kc", "kb", "ka", "kc"}) keys.emplace_back(name);
    const auto values = co_await store().get_all(kP, keys);
    EXPECT_TRUE(values.has_value());
    std::string text;
    for (const auto& value : *values) text += value.value_or("-");
    EXPECT_EQ(text, "3-13");
  });
}

// Two rows that always change together are read together.
TEST_P(StoreContract, GetAllAndAScanPageAreOneMoment) {
  go([this]() -> Task<void> {
    const int count = rounds(60, 200);
    std::atomic<bool> over = false;
    const auto work = [&](int i) -> Task<void> {
      if (i == 0) {
        for (int n = 1; n <= count; ++n) {
          const Body body = [n](Transaction& tx) -> Task<Result<>> {
            DYAD_CO_TRY(tx.put(kP, "ka", std::to_string(n)));
            co_return tx.put(kP, "kb", std::to_string(n));
          };
          EXPECT_TRUE((co_await commit({}, body)).has_value());
        }
        over = true;
        co_return;
      }
      std::vector<std::string> keys;
      keys.emplace_back("ka");
      keys.emplace_back("kb");
      while (!over) {
        const auto values = co_await store().get_all(kP, keys);
        EXPECT_EQ((*values)[0], (*values)[1]);
        const ScanRange both = range("k", "l");
        const ScanLimits limits;
        const auto page = co_await store().scan(kP, both, limits);
        if (page->size() == 2) {
          EXPECT_EQ((*page)[0].value, (*page)[1].value);
        }
        co_await nap();
      }
    };
    co_await all_at_once(3, work);
  });
}

}  // namespace dyad::store
