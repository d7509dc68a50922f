#include "base/bytes.h"
#include "store/contract/store_contract.h"

// Timestamps, pending state, and what is durable when an answer comes.

namespace dyad::store {
namespace {

constexpr PartitionId kP = kCatalogPartition;

std::string stamp() {
  return std::string(8, '\0');
}

Timestamp stamped(std::string_view bytes, std::size_t offset) {
  return Timestamp(load_be64(bytes.data() + offset));
}

Body put_stamped(std::string name) {
  return [name](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(kP, name, stamp(), {}, Stamps::at(0));
  };
}

}  // namespace

TEST_P(StoreContract, StampsBecomeTheCommitsTimestamp) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      const std::string named = "k" + stamp() + "x";
      DYAD_CO_TRY(tx.put(*p, named, "v" + stamp() + stamp(), Stamps::at(1), Stamps::at(9)));
      Stamps two;
      two.offsets[0] = 0;
      two.offsets[1] = 8;
      two.count = 2;
      DYAD_CO_TRY(tx.put(*p, "ka", stamp() + stamp(), {}, two));
      DYAD_CO_TRY(tx.append(*p, "e" + stamp(), Stamps::at(1)));
      // Its own reads see zeros.
      DYAD_CO_TRY_ASSIGN(const auto own, co_await tx.get(*p, named));
      EXPECT_EQ(own, "v" + stamp() + stamp());
      co_return Result<>();
    };
    const auto done = co_await commit({}, body);
    EXPECT_TRUE(done.has_value());
    std::string wire;
    append_be64(wire, done->timestamp.value());
    EXPECT_EQ(co_await get(*p, "k" + wire + "x"), "v" + stamp() + wire);
    EXPECT_EQ(co_await get(*p, "k" + stamp() + "x"), "-");
    EXPECT_EQ(co_await get(*p, "ka"), wire + wire);
    const LogText log_text = co_await log(*p);
    EXPECT_EQ(log_text.text, "e" + wire);
    EXPECT_EQ(log_text.timestamps.at(0), done->timestamp);
  });
}

TEST_P(StoreContract, ATransactionHasOneTimestampInAllItsPartitions) {
  go([this]() -> Task<void> {
    const auto p = co_await create();
    const auto q = co_await create();
    const Body body = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY(tx.append(*p, "one", {}));
      DYAD_CO_TRY(tx.append(*q, "two", {}));
      co_return tx.append(*p, "three", {});
    };
    const auto done = co_await commit({}, body);
    const LogText in_p = co_await log(*p);
    const LogText in_q = co_await log(*q);
    EXPECT_EQ(in_p.text, "one three");
    EXPECT_EQ(in_q.text, "two");
    for (const Timestamp t : in_p.timestamps) EXPECT_EQ(t, done->timestamp);
    EXPECT_EQ(in_q.timestamps.at(0), done->timestamp);
  });
}

TEST_P(StoreContract, TimestampsGrowWithTheOrderOfCommits) {
  go([this]() -> Task<void> {
    Timestamp last;
    for (int i = 0; i < 20; ++i) {
      const auto done = co_await commit({}, put_stamped("ka"));
      EXPECT_GT(done->timestamp, last);
      EXPECT_GE(store().durable_upto(), done->timestamp);
      last = done->timestamp;
    }
    // Under one latch, whoever comes later reads a smaller timestamp than its own.
    const auto work = [&](int) -> Task<void> {
      for (int i = 0; i < 10; ++i) {
        Timestamp before;
        const Body body = [&](Transaction& tx) -> Task<Result<>> {
          DYAD_CO_TRY_ASSIGN(const auto value, co_await tx.get(kP, "ka"));
          before = stamped(*value, 0);
          co_return tx.put(kP, "ka", stamp(), {}, Stamps::at(0));
        };
        const auto done = co_await commit(exclusive(kP, "ka"), body);
        EXPECT_GT(done->timestamp, before);
      }
    };
    co_await all_at_once(8, work);
  });
}

TEST_P(StoreContract, TimestampsGoOnAfterReopening) {
  go([this]() -> Task<void> {
    Timestamp last;
    for (int i = 0; i < 4; ++i) {
      const auto done = co_await commit({}, put_stamped("ka"));
      EXPECT_GT(done->timestamp, last);
      last = done->timestamp;
      co_await reopen();
      EXPECT_GE(store().durable_upto(), last);
      EXPECT_EQ(stamped(co_await get(kP, "ka"), 0), last);
    }
  });
}

// An answer, an abort's too, that depended on pending rows comes when they are durable.
TEST_P(StoreContract, AnAbortWaitsForWhatItSaw) {
  go([this]() -> Task<void> {
    const auto work = [&](int i) -> Task<void> {
      for (int n = 0; n < rounds(30, 100); ++n) {
        const std::string name = "k" + std::to_string(n);
        if (i == 0) {
          EXPECT_TRUE((co_await commit(exclusive(kP, name), put_stamped(name))).has_value());
          continue;
        }
        Timestamp seen;
        const bool scans = i == 1;
        const bool aborts = i != 2;
        const Body body = [&](Transaction& tx) -> Task<Result<>> {
          seen = Timestamp();
          if (scans) {
            const std::string text = co_await scan(tx, kP, range(name, name + '\0'));
            if (text == "retry") co_return fail(ErrorCode::retry, "");
            if (!text.empty()) seen = stamped(text, name.size() + 1);
          } else {
            DYAD_CO_TRY_ASSIGN(const auto value, co_await tx.get(kP, name));
            if (value) seen = stamped(*value, 0);
          }
          if (aborts) co_return fail(ErrorCode::failed_condition, "");
          co_return Result<>();
        };
        const auto done = co_await commit(exclusive(kP, name), body);
        EXPECT_EQ(done.has_value(), !aborts);
        EXPECT_GE(store().durable_upto(), seen);
        if (seen != Timestamp()) {
          EXPECT_EQ(stamped(co_await get(kP, name), 0), seen);
        }
      }
    };
    co_await all_at_once(4, work);
  });
}

// What the answer says is there for everybody, and after reopening.
TEST_P(StoreContract, AnAnswerIsDurable) {
  go([this]() -> Task<void> {
    const auto work = [&](int i) -> Task<void> {
      for (int n = 0; n < 10; ++n) {
        const std::string name = "k" + std::to_string(i) + "." + std::to_string(n);
        EXPECT_TRUE((co_await put(kP, name, name)).has_value());
        EXPECT_EQ(co_await get(kP, name), name);
      }
    };
    co_await all_at_once(8, work);
    co_await reopen();
    for (int i = 0; i < 8; ++i) {
      for (int n = 0; n < 10; ++n) {
        const std::string name = "k" + std::to_string(i) + "." + std::to_string(n);
        EXPECT_EQ(co_await get(kP, name), name);
      }
    }
  });
}

}  // namespace dyad::store
