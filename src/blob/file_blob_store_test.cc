#include "blob/file_blob_store.h"

#include <gtest/gtest.h>

#include "blob/blob_files.h"
#include "runtime/simulation.h"

namespace dyad::blob {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;

class FileBlobStoreTest : public ::testing::Test {
 protected:
  FileBlobStoreTest() { open(); }

  void open() {
    store_.reset();
    Result<std::unique_ptr<BlobStore>> opened = open_file_blob_store(simulation_, "blobs");
    ASSERT_TRUE(opened) << opened.error().to_string();
    store_ = std::move(*opened);
  }

  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }

  /// Finished, and not settled.
  BlobId make(std::string owner, std::string bytes) {
    const auto work = [&]() -> Task<BlobId> {
      auto writer = co_await store_->create(owner, std::nullopt);
      EXPECT_TRUE(writer);
      EXPECT_TRUE(co_await (*writer)->write(std::span<const char>(bytes.data(), bytes.size())));
      EXPECT_TRUE(co_await (*writer)->finish());
      co_return (*writer)->id();
    };
    return run(work());
  }

  std::string file(BlobId id) {
    return *read_file(simulation_.files(), blob_path("blobs", id), kMaxFileBytes);
  }
  void replace_file(BlobId id, const std::string& content) {
    ASSERT_TRUE(write_file(simulation_.files(), blob_path("blobs", id), content));
  }
  bool there(BlobId id) { return simulation_.files().info(blob_path("blobs", id)).has_value(); }

  Simulation simulation_{1};
  std::unique_ptr<BlobStore> store_;
};

TEST_F(FileBlobStoreTest, WhatWasNotSettledIsPendingAtTheNextStart) {
  const BlobId kept = make("kept", "bytes");
  const BlobId settled = make("settled", "bytes");
  ASSERT_TRUE(run(store_->settled(settled, false)));
  EXPECT_FALSE(there(settled));
  open();
  const auto pending = run(store_->pending_at_start());
  ASSERT_EQ(pending->size(), 1u);
  EXPECT_EQ(pending->front().id, kept);
  EXPECT_EQ(pending->front().owner, "kept");
}

/// Writes up to a megabyte, and gives up where that fails.
Task<Result<>> write_megabyte(BlobStore& store, BlobId& id) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<BlobWriter> writer,
                     co_await store.create("owner", std::nullopt));
  id = writer->id();
  const std::string bytes(kFramePayloadBytes, 'b');
  for (int i = 0; i < 8; ++i)
    DYAD_CO_TRY(co_await writer->write(std::span<const char>(bytes.data(), bytes.size())));
  co_return co_await writer->finish();
}

TEST_F(FileBlobStoreTest, NothingReachesIntoTheReserve) {
  constexpr std::uint64_t kReserve = 4u << 20;
  SimFiles& files = simulation_.sim_files();
  files.set_capacity(kReserve + (2u << 20));
  const auto space = DiskSpace::watch(simulation_, "/", kReserve);
  store_ = *open_file_blob_store(simulation_, "blobs", space);
  EXPECT_TRUE(store_->admit(1u << 20));
  EXPECT_FALSE(store_->admit(3u << 20)) << "said before a byte is sent";
  const auto too_much = run(store_->create("owner", 3u << 20));
  ASSERT_FALSE(too_much);
  EXPECT_EQ(too_much.error().code, ErrorCode::no_space);
  BlobId id;
  EXPECT_TRUE(run(write_megabyte(*store_, id)));
  const Result<> halfway = run(write_megabyte(*store_, id));
  ASSERT_FALSE(halfway);
  EXPECT_EQ(halfway.error().code, ErrorCode::no_space);
  simulation_.run_until_idle();
  EXPECT_FALSE(there(id)) << "what there was of it is erased";
  EXPECT_GE(*files.free_bytes("/"), kReserve);
  files.set_capacity(2 * kReserve + (2u << 20));
  space->look();
  EXPECT_TRUE(run(write_megabyte(*store_, id)));
}

TEST_F(FileBlobStoreTest, WhatADiskThatIsFullCutShortIsErased) {
  BlobId id;
  ASSERT_TRUE(run(write_megabyte(*store_, id)));
  SimFiles& files = simulation_.sim_files();
  const std::uint64_t capacity = std::uint64_t{1} << 40;
  files.set_capacity(capacity - *files.free_bytes("/") + (300u << 10));
  const Result<> cut = run(write_megabyte(*store_, id));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::no_space);
  simulation_.run_until_idle();
  EXPECT_FALSE(there(id));
  files.set_capacity(capacity);
  EXPECT_TRUE(run(write_megabyte(*store_, id)));
}

TEST_F(FileBlobStoreTest, ADamagedHeaderOfAFinishedBlobDoesNotCostItsBytes) {
  const BlobId id = make("owner", std::string(kFramePayloadBytes + 1, 'b'));
  std::string content = file(id);
  content[9] = static_cast<char>(content[9] ^ 1);
  replace_file(id, content);
  open();
  // Whose it is only the rows can tell.
  const auto pending = run(store_->pending_at_start());
  ASSERT_EQ(pending->size(), 1u);
  EXPECT_EQ(pending->front().id, id);
  EXPECT_EQ(pending->front().owner, "");
  EXPECT_EQ(file(id), content);
  EXPECT_EQ(run(store_->open(id)).error().code, ErrorCode::corruption);
}

TEST_F(FileBlobStoreTest, ACutFileIsStillItsOwners) {
  const BlobId id = make("owner", "bytes");
  replace_file(id, file(id).substr(0, file(id).size() - 3));
  open();
  const auto pending = run(store_->pending_at_start());
  ASSERT_EQ(pending->size(), 1u);
  EXPECT_EQ(pending->front().owner, "owner");
  EXPECT_TRUE(there(id));
}

TEST_F(FileBlobStoreTest, ABlobThatNeverGotItsHeaderIsErased) {
  const BlobId empty = make("owner", "bytes");
  const BlobId torn = make("owner", "bytes");
  replace_file(empty, "");
  replace_file(torn, file(torn).substr(0, 1000));
  open();
  EXPECT_TRUE(run(store_->pending_at_start())->empty());
  EXPECT_FALSE(there(empty));
  EXPECT_FALSE(there(torn));
}

}  // namespace
}  // namespace dyad::blob
