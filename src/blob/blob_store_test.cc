// What blob.h promises, on blobs in files and in memory (blob/contract); damage and crashes, on
// files.

#include "blob/blob_store.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "blob/blob_files.h"
#include "blob/contract/blob_contract.h"
#include "blob/file_blob_store.h"
#include "blob/frame.h"
#include "blob/id_blocks.h"
#include "blob/memory_blob_store.h"
#include "runtime/simulation.h"

namespace dyad::blob {
namespace {

BlobContractCase memory_case() {
  BlobContractCase made;
  made.name = "Memory";
  made.make = [](Runtime&) { return make_memory_blob_store(); };
  return made;
}

BlobContractCase file_case() {
  BlobContractCase made;
  made.name = "Files";
  made.make = [](Runtime& runtime) { return *open_file_blob_store(runtime, "blobs"); };
  return made;
}

INSTANTIATE_TEST_SUITE_P(Engines, BlobContract, testing::Values(memory_case(), file_case()),
                         blob_case_name);

class FileBlobTest : public testing::Test {
 protected:
  FileBlobTest() : simulation_(5), store_(*open_file_blob_store(simulation_, "blobs")) {}
  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  Simulation simulation_;
  std::unique_ptr<BlobStore> store_;
};

/// One bit anywhere: either the blob cannot be opened or its frame cannot be read; what is read is
/// right.
TEST_F(FileBlobTest, AFlippedBitIsNamedAndNeverServed) {
  constexpr std::size_t size = kFramePayloadBytes + 1000;
  const std::string bytes = pattern(size);
  const BlobId id = *run(write_blob(*store_, "owner", bytes, size));
  const std::string path = blob_path("blobs", id);
  const std::uint64_t file_bytes = simulation_.sim_files().info(path)->size_bytes;
  std::minstd_rand random(9);
  for (int i = 0; i < 150; ++i) {
    // The header, both frames' ends and anywhere.
    std::uint64_t at = random() % file_bytes;
    if (i < 30) at = static_cast<std::uint64_t>(i);
    if (i >= 30 && i < 60) at = kHeaderBytes + static_cast<std::uint64_t>(i - 30);
    if (i >= 60 && i < 90) at = file_bytes - 1 - static_cast<std::uint64_t>(i - 60);
    const unsigned bit = random() % 8;
    ASSERT_TRUE(simulation_.sim_files().flip(path, at, bit));
    const auto all = run(read_range(*store_, id, 0, size));
    ASSERT_FALSE(all) << "a flipped bit at " << at << " was served";
    EXPECT_EQ(all.error().code, ErrorCode::corruption) << at << all.error().to_string();
    EXPECT_NE(all.error().message.find(std::to_string(id.value())), std::string::npos)
        << all.error().message;
    ASSERT_TRUE(simulation_.sim_files().flip(path, at, bit));
  }
  EXPECT_TRUE(*run(read_range(*store_, id, 0, size)) == bytes);
}

/// Reads one after the other through one reader, onward for the most part, and compares.
Task<Result<int>> walk(BlobReader& reader, const std::string& bytes, std::uint64_t seed) {
  std::minstd_rand random(static_cast<unsigned>(seed));
  std::uint64_t at = 0;
  int right = 0;
  for (int i = 0; i < 60; ++i) {
    if (random() % 5 == 0 || at >= bytes.size()) at = random() % bytes.size();
    std::string out(1 + random() % (2 * kFramePayloadBytes), '\0');
    DYAD_CO_TRY_ASSIGN(const std::size_t got,
                       co_await reader.read_at(at, std::span<char>(out.data(), out.size())));
    out.resize(got);
    if (out == bytes.substr(at, got) && got > 0) ++right;
    at += got;
  }
  co_return right;
}

TEST_F(FileBlobTest, WhatIsReadAheadIsWhatIsAskedFor) {
  const std::string bytes = pattern(7 * kFramePayloadBytes + 5);
  const BlobId id = *run(write_blob(*store_, "owner", bytes, bytes.size()));
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const auto reader = run(store_->open(id));
    ASSERT_TRUE(reader);
    const auto right = run(walk(**reader, bytes, seed));
    ASSERT_TRUE(right);
    EXPECT_EQ(*right, 60) << seed;
  }
}

TEST_F(FileBlobTest, DamageAheadIsToldWhereItIs) {
  const std::string bytes = pattern(5 * kFramePayloadBytes);
  const BlobId id = *run(write_blob(*store_, "owner", bytes, bytes.size()));
  const std::string path = blob_path("blobs", id);
  const std::uint64_t damaged_at = kHeaderBytes + 3 * kFrameBytes + 1000;
  ASSERT_TRUE(simulation_.sim_files().flip(path, damaged_at, 3));
  const auto reader = run(store_->open(id));
  ASSERT_TRUE(reader);
  std::string out(kFramePayloadBytes, '\0');
  const auto read = [&](std::size_t frame) {
    return run(
        (*reader)->read_at(frame * kFramePayloadBytes, std::span<char>(out.data(), out.size())));
  };
  for (std::size_t frame = 0; frame < 3; ++frame) {
    ASSERT_TRUE(read(frame)) << frame;
    EXPECT_TRUE(out == bytes.substr(frame * kFramePayloadBytes, kFramePayloadBytes));
  }
  const auto refused = read(3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corruption);
  EXPECT_TRUE(read(4));
  ASSERT_TRUE(simulation_.sim_files().flip(path, damaged_at, 3));
  EXPECT_TRUE(read(3)) << "nothing of the damaged frame was kept";
}

TEST_F(FileBlobTest, AReaderMayEndWhileItReadsAhead) {
  const std::string bytes = pattern(5 * kFramePayloadBytes);
  const BlobId id = *run(write_blob(*store_, "owner", bytes, bytes.size()));
  {
    const auto reader = run(store_->open(id));
    ASSERT_TRUE(reader);
    std::string out(2 * kFramePayloadBytes, '\0');
    ASSERT_TRUE(run((*reader)->read_at(0, std::span<char>(out.data(), out.size()))));
  }
  simulation_.run_until_idle();
  EXPECT_TRUE(*run(read_range(*store_, id, 0, bytes.size())) == bytes);
}

TEST_F(FileBlobTest, ACutTailIsFound) {
  constexpr std::size_t size = 2 * kFramePayloadBytes;
  const BlobId id = *run(write_blob(*store_, "owner", pattern(size), size));
  const std::string path = blob_path("blobs", id);
  std::uint64_t length = simulation_.sim_files().info(path)->size_bytes;
  // Also at the exact end of a frame, where only the missing last-frame flag tells.
  for (const std::uint64_t cut : {length - 1, length - kFrameBytes + 30, length - kFrameBytes,
                                  std::uint64_t{kHeaderBytes}, std::uint64_t{100}}) {
    auto file = simulation_.files().open_append(path, Files::Create::append);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->truncate(cut));
    ASSERT_TRUE((*file)->close());
    const auto read = run(read_range(*store_, id, 0, size));
    ASSERT_FALSE(read) << cut;
    EXPECT_EQ(read.error().code, ErrorCode::corruption) << cut;
  }
}

TEST_F(FileBlobTest, FramesOfAnotherBlobOrPlaceAreRefused) {
  std::string frame;
  append_frame(frame, BlobId(7), 3, false, std::string(kFramePayloadBytes, 'x'));
  EXPECT_TRUE(parse_frame(BlobId(7), 3, false, frame));
  EXPECT_FALSE(parse_frame(BlobId(8), 3, false, frame));
  EXPECT_FALSE(parse_frame(BlobId(7), 4, false, frame));
  EXPECT_FALSE(parse_frame(BlobId(7), 3, true, frame));
  EXPECT_FALSE(parse_frame(BlobId(7), 3, false, std::string_view(frame).substr(1)));
}

/// What the caller was told before the power went.
struct Promises {
  std::set<BlobId> kept;      ///< settled(named) came back.
  std::set<BlobId> finished;  ///< finish() came back, and no more.
  std::set<BlobId> erased;    ///< settled(not named) or erase() came back.
};

Task<void> write_some(BlobStore& store, Promises& promises) {
  for (int i = 0; i < 6; ++i) {
    std::string bytes = pattern(i % 2 == 0 ? 1000 : 140'000, static_cast<unsigned>(i));
    const auto id =
        co_await write_blob(store, "owner " + std::to_string(i), std::move(bytes), 70'000);
    if (!id) co_return;
    promises.finished.insert(*id);
    if (i == 3) continue;  // Its commit is still under way.
    const bool named = i != 2;
    const auto settled = co_await store.settled(*id, named);
    if (!settled) {
      if (!named) promises.finished.erase(*id);  // Half erased, perhaps.
      co_return;
    }
    promises.finished.erase(*id);
    (named ? promises.kept : promises.erased).insert(*id);
    if (i == 4) {
      promises.kept.erase(*id);
      std::vector<BlobId> ids(1, *id);
      const auto gone = co_await store.erase(std::move(ids));
      if (!gone) co_return;
      promises.erased.insert(*id);
    }
  }
}

ErrorCode code_of_open(Simulation& simulation, BlobStore& store, BlobId id) {
  const auto opened = simulation.run_until(store.open(id));
  return opened ? ErrorCode::already_exists : opened.error().code;
}

/// After a restart: promises held, and no id given out again.
void check_after_crash(Simulation& simulation, const Promises& promises, std::uint64_t at) {
  auto opened = open_file_blob_store(simulation, "/blobs");
  ASSERT_TRUE(opened) << at << " " << opened.error().to_string();
  BlobStore& store = **opened;
  const auto pending = simulation.run_until(store.pending_at_start());
  ASSERT_TRUE(pending);
  std::set<BlobId> pending_ids;
  for (const PendingBlob& one : *pending) {
    pending_ids.insert(one.id);
    EXPECT_TRUE(one.owner.starts_with("owner ")) << one.owner;
  }
  for (const BlobId id : promises.kept)
    EXPECT_TRUE(simulation.run_until(read_range(store, id, 0, 200'000))) << at << " kept blob lost";
  for (const BlobId id : promises.finished) {
    EXPECT_TRUE(simulation.run_until(read_range(store, id, 0, 200'000)))
        << at << " finished blob lost";
    EXPECT_TRUE(pending_ids.contains(id)) << at << " a finished blob is not on the list";
  }
  for (const BlobId id : promises.erased)
    EXPECT_EQ(code_of_open(simulation, store, id), ErrorCode::not_found) << at;
  // The caller keeps what it knows as named and drops the rest; nothing unknown is left.
  for (const BlobId id : pending_ids)
    ASSERT_TRUE(simulation.run_until(store.settled(id, promises.kept.contains(id))));
  const auto listed = simulation.run_until(store.list(BlobId(), 1000));
  ASSERT_TRUE(listed);
  for (const BlobId id : *listed)
    EXPECT_TRUE(promises.kept.contains(id)) << at << " an orphan, or an erased one came back";
  const auto next = simulation.run_until(write_blob(store, "owner new", "x", 1));
  ASSERT_TRUE(next) << next.error().to_string();
  for (const auto* old : {&promises.kept, &promises.finished, &promises.erased})
    EXPECT_FALSE(old->contains(*next)) << at << " an id was given out twice";
}

TEST(FileBlobCrashTest, PromisesSurviveACrashAtEveryOperation) {
  std::uint64_t operations = 0;
  for (const FileFault fault : {FileFault::crash, FileFault::torn_crash}) {
    for (std::uint64_t at = 0; at == 0 || at < operations; ++at) {
      Simulation simulation(11);
      SimFiles& files = simulation.sim_files();
      const bool counting = operations == 0;
      if (!counting) files.fail_at(at, fault);
      Promises promises;
      {
        auto store = open_file_blob_store(simulation, "/blobs");
        if (store) simulation.run_until(write_some(**store, promises));
        simulation.run_until_idle();
        simulation.run_for_ms(100);
      }
      if (counting) {
        operations = files.operation_count();
        ASSERT_GT(operations, 30u);
        ASSERT_EQ(promises.kept.size(), 3u);
      }
      if (!files.is_down()) files.crash();
      files.restart();
      check_after_crash(simulation, promises, at);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(IdBlocksTest, ManyIdsNeverTwiceOverRestarts) {
  Simulation simulation(1);
  std::set<BlobId> seen;
  for (int start = 0; start < 4; ++start) {
    IdBlocks blocks(simulation.files(), "reserved");
    ASSERT_TRUE(blocks.open());
    for (std::uint64_t i = 0; i < IdBlocks::kBlockIds + 10; ++i) {
      const auto id = blocks.take();
      ASSERT_TRUE(id);
      EXPECT_TRUE(seen.insert(*id).second);
    }
  }
}

}  // namespace
}  // namespace dyad::blob
