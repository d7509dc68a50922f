#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "store/partition_codec.h"
#include "store/rados/home_write.h"
#include "store/rados/ownership.h"
#include "store/rados/rados_backend.h"
#include "store/rados/rados_store.h"

// What a new owner does with what it finds half done, on the cluster of $CEPH_CONF.

namespace dyad::store::rados {
namespace {

class RadosRecovery : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("CEPH_CONF") == nullptr) GTEST_SKIP() << "CEPH_CONF names no cluster";
    WorkerPoolOptions workers;
    runtime_ = make_threaded_runtime(workers, make_posix_files());
    executor_ = runtime_->make_dedicated("test");
    static std::atomic<int> next{0};
    options_.name = "recovery." + std::to_string(getpid()) + "." + std::to_string(next++);
    cluster_ = connect();
    open();
    const Body make = [&](Transaction& tx) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(partition_, tx.create_partition());
      co_return tx.put(partition_, "\x01old", "1");
    };
    commit(make);
  }
  void TearDown() override { close(); }

  static std::shared_ptr<Cluster> connect() {
    ClusterOptions where;
    where.configuration = std::getenv("CEPH_CONF");
    where.pool = "r3";
    return *Cluster::connect(where);
  }
  void open() {
    auto opened = sync_wait(*executor_, open_rados_store(*runtime_, cluster_, options_));
    ASSERT_TRUE(opened) << opened.error().to_string();
    store_ = std::move(*opened);
  }
  void close() {
    if (!store_) return;
    EXPECT_TRUE(sync_wait(*executor_, store_->close()));
    store_.reset();
  }
  Timestamp commit(const Body& body) {
    const auto done = sync_wait(*executor_, store_->transact({}, body, Deadline::never()));
    EXPECT_TRUE(done) << done.error().to_string();
    return done ? done->timestamp : Timestamp();
  }
  std::string get(std::string key) {
    const auto value = sync_wait(*executor_, store_->get(partition_, key));
    if (!value) return value.error().to_string();
    return value->value_or("-");
  }
  std::string log() {
    const auto page = sync_wait(*executor_, store_->read_log(partition_, Timestamp(), {}));
    if (!page) return page.error().to_string();
    std::string text;
    for (const LogEntry& entry : page->entries) text += entry.payload + ' ';
    return text;
  }

  std::string home() const { return layout().home(partition_.value()); }
  Layout layout() const { return Layout(options_.name); }

  /// A commit over several homes that got as far as its intents.
  void leave_intent(Timestamp timestamp) {
    HomeWrite write;
    write.put(row_key(physical_key(partition_, "\x01new")), "2");
    write.erase(row_key(physical_key(partition_, "\x01old")));
    write.append(partition_, timestamp, "entry");
    write.put(home_key(HomeKey::upto), encode_counters({timestamp, timestamp, 10}));
    librados::ObjectWriteOperation operation;
    std::map<std::string, librados::bufferlist> keys;
    keys.emplace(intent_key(7, 0), buffer_of(write.encode()));
    operation.omap_set(keys);
    ASSERT_TRUE(cluster_->write(home(), std::move(operation)));
  }
  void leave_decision() {
    librados::ObjectWriteOperation operation;
    std::map<std::string, librados::bufferlist> keys;
    keys.emplace(home_key(HomeKey::commit, 7), buffer_of("1"));
    operation.omap_set(keys);
    ASSERT_TRUE(cluster_->write(layout().home(0), std::move(operation)));
  }

  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Executor> executor_;
  std::shared_ptr<Cluster> cluster_;
  RadosOptions options_;
  std::unique_ptr<Store> store_;
  PartitionId partition_;
};

TEST_F(RadosRecovery, WhatWasNotDecidedIsForgotten) {
  const Timestamp later(store_->durable_upto().value() + 5);
  close();
  leave_intent(later);
  for (int i = 0; i < 2; ++i) {
    open();
    EXPECT_EQ(get("\x01old") + get("\x01new") + log(), "1-");
    close();
  }
}

TEST_F(RadosRecovery, WhatWasDecidedIsCarriedOutOnce) {
  const Timestamp later(store_->durable_upto().value() + 5);
  close();
  leave_intent(later);
  leave_decision();
  for (int i = 0; i < 2; ++i) {
    open();
    EXPECT_EQ(get("\x01old") + get("\x01new") + " " + log(), "-2 entry ");
    EXPECT_GE(store_->durable_upto(), later);
    close();
  }
}

TEST_F(RadosRecovery, APartitionThatWasBeingClearedAwayIsGone) {
  PartitionRecord record;
  record.id = record.root = record.parent = partition_;
  close();
  // Its home is removed already, and what home 0 says of it not yet.
  librados::ObjectWriteOperation drop;
  std::map<std::string, librados::bufferlist> mark;
  mark.emplace(home_key(HomeKey::dropped, partition_.value()), buffer_of(encode_partition(record)));
  drop.omap_set(mark);
  drop.omap_rm_keys({home_key(HomeKey::partition, partition_.value())});
  ASSERT_TRUE(cluster_->write(layout().home(0), std::move(drop)));
  ASSERT_TRUE(cluster_->remove(home()));
  open();
  ASSERT_TRUE(store_);
  EXPECT_FALSE(store_->partition(partition_));
  std::map<std::string, librados::bufferlist> left;
  int code = 0;
  librados::ObjectReadOperation look;
  look.omap_get_vals_by_keys(keys_of_cleared(record, true), &left, &code);
  ASSERT_TRUE(cluster_->read(layout().home(0), std::move(look)));
  EXPECT_TRUE(left.empty());
}

TEST_F(RadosRecovery, AStoreHasOneOwner) {
  const std::shared_ptr<Cluster> other = connect();
  auto refused = sync_wait(*executor_, open_rados_store(*runtime_, other, options_));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);

  RadosOptions insist = options_;
  insist.take_over = true;
  auto taken = sync_wait(*executor_, open_rados_store(*runtime_, other, insist));
  ASSERT_TRUE(taken) << taken.error().to_string();
  const Body late = [&](Transaction& tx) -> Task<Result<>> {
    co_return tx.put(partition_, "\x01old", "too late");
  };
  const auto lost = sync_wait(*executor_, store_->transact({}, late, Deadline::never()));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::not_owner);
  // Nor does it read what may be old by now.
  EXPECT_FALSE(sync_wait(*executor_, store_->get(partition_, "\x01old")));
  EXPECT_FALSE(sync_wait(*executor_, store_->close()));
  store_ = std::move(*taken);
  EXPECT_EQ(get("\x01old"), "1");
}

TEST_F(RadosRecovery, LargerThanAnOperation) {
  // Ninety MiB to one home: pieces, and one decision.
  const Body large = [&](Transaction& tx) -> Task<Result<>> {
    for (int i = 0; i < 11; ++i) {
      DYAD_CO_TRY(tx.put(partition_, "\x01large" + std::to_string(i),
                         std::string(kMaxValueBytes, static_cast<char>('a' + i))));
    }
    co_return tx.append(partition_, "large");
  };
  commit(large);
  close();
  open();
  EXPECT_EQ(log(), "large ");
  for (int i = 0; i < 11; ++i) {
    EXPECT_TRUE(get("\x01large" + std::to_string(i)) ==
                std::string(kMaxValueBytes, static_cast<char>('a' + i)));
  }
}

}  // namespace
}  // namespace dyad::store::rados
