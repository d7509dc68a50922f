#include "table/reaper.h"

#include <gtest/gtest.h>

#include "blob/memory_blob_store.h"
#include "runtime/simulation.h"
#include "store/memory/memory_store.h"
#include "table/blob_references.h"

namespace dyad::table {
namespace {

class ReaperTest : public ::testing::Test {
 protected:
  ReaperTest()
      : simulation_(1),
        store_(store::make_memory_store(simulation_)),
        blobs_(blob::make_memory_blob_store()),
        pins_(*store_),
        reaper_(*store_, *blobs_, pins_) {}
  ~ReaperTest() override { EXPECT_TRUE(run(store_->close())); }

  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }

  /// Blobs that were let go of, in a partition of their own.
  std::vector<blob::BlobId> release(std::size_t count) {
    std::vector<blob::BlobId> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back(make_blob());
    const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(const store::PartitionId partition, tx.create_partition());
      const KeyPlace place{partition, "key"};
      for (const blob::BlobId id : ids) DYAD_CO_TRY(release_reference(tx, place, id));
      co_return Result<>();
    };
    EXPECT_TRUE(run(store_->transact({}, body, Deadline::never())));
    return ids;
  }
  blob::BlobId make_blob() {
    auto writer = *run(blobs_->create("owner", std::nullopt));
    EXPECT_TRUE(run(writer->finish()));
    return writer->id();
  }
  std::size_t blob_count() { return run(blobs_->list(blob::BlobId(), 100'000))->size(); }
  Reaper::Pass pass() {
    const auto done = run(reaper_.pass(Deadline::never()));
    EXPECT_TRUE(done) << done.error().to_string();
    return *done;
  }

  Simulation simulation_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<blob::BlobStore> blobs_;
  ReadPins pins_;
  Reaper reaper_;
};

TEST_F(ReaperTest, APinKeepsWhatIsReleasedLaterAndAHoldItsBlobs) {
  const auto before = release(2);
  std::optional<ReadPins::Pin> pin(pins_.pin());
  const auto after = release(3);
  EXPECT_EQ(pass().erased_blobs, 2u);
  std::optional<ReadPins::Hold> hold(pins_.hold({after[0], after[2]}));
  std::optional<ReadPins::Hold> other(pins_.hold({after[2]}));
  pin.reset();
  EXPECT_EQ(pass().erased_blobs, 1u);
  hold->let_go_of_first();
  EXPECT_EQ(pass().erased_blobs, 1u);
  hold.reset();
  EXPECT_TRUE(pass().more);  // The other reader's.
  EXPECT_EQ(blob_count(), 1u);
  other.reset();
  EXPECT_EQ(pass().erased_blobs, 1u);
  EXPECT_EQ(blob_count(), 0u);
}

TEST_F(ReaperTest, ManyHeldBlobsDoNotStandBeforeOthers) {
  for (const std::size_t held : {Reaper::kMaxRowsPerPass, Reaper::kMaxRowsPerPass * 5 / 2}) {
    const auto first = release(held);
    release(10);
    std::optional<ReadPins::Hold> hold(pins_.hold(first));
    std::size_t erased = 0;
    for (int i = 0; i < 4; ++i) {
      const Reaper::Pass done = pass();
      EXPECT_TRUE(done.more);
      erased += done.erased_blobs;
    }
    EXPECT_EQ(erased, 10u);
    EXPECT_EQ(blob_count(), held);
    hold.reset();
    Reaper::Pass last = pass();
    for (int i = 0; i < 10 && last.more; ++i) last = pass();
    EXPECT_FALSE(last.more);
    EXPECT_EQ(blob_count(), 0u);
  }
}

}  // namespace
}  // namespace dyad::table
