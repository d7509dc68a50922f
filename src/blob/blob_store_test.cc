// What blob.h promises, on blobs in files and in memory; damage and crashes, on files.

#include "blob/blob_store.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "blob/file_blob_store.h"
#include "blob/frame.h"
#include "blob/frame_buffer.h"
#include "blob/id_blocks.h"
#include "blob/memory_blob_store.h"
#include "runtime/simulation.h"

namespace dyad::blob {
namespace {

std::string pattern(std::size_t size, unsigned seed = 1) {
  std::minstd_rand random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::span<const char> span_of(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

Task<Result<BlobId>> write_blob(BlobStore& store, std::string owner, std::string bytes,
                                std::size_t piece_bytes) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<BlobWriter> made,
                     co_await store.create(std::move(owner), bytes.size()));
  BlobWriter& writer = *made;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    const std::string_view piece = std::string_view(bytes).substr(at, piece_bytes);
    DYAD_CO_TRY(co_await writer.write(span_of(piece)));
  }
  EXPECT_EQ(writer.size_bytes(), bytes.size());
  DYAD_CO_TRY(co_await writer.finish());
  co_return writer.id();
}

Task<Result<std::string>> read_range(BlobStore& store, BlobId id, std::uint64_t offset,
                                     std::size_t length) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<BlobReader> opened, co_await store.open(id));
  BlobReader& reader = *opened;
  std::string out(length, '\0');
  DYAD_CO_TRY_ASSIGN(const std::size_t got,
                     co_await reader.read_at(offset, std::span<char>(out.data(), out.size())));
  out.resize(got);
  co_return out;
}

class BlobStoreTest : public testing::TestWithParam<bool> {
 protected:
  BlobStoreTest() : simulation_(3) {
    if (GetParam()) {
      store_ = *open_file_blob_store(simulation_, "blobs");
    } else {
      store_ = make_memory_blob_store();
    }
  }
  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  Simulation simulation_;
  std::unique_ptr<BlobStore> store_;
};
INSTANTIATE_TEST_SUITE_P(MemoryAndFiles, BlobStoreTest, testing::Bool());

TEST_P(BlobStoreTest, RangesOfBlobsOfEverySize) {
  constexpr std::size_t frame = kFramePayloadBytes;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 5}) {
    const std::string bytes = pattern(size);
    const auto id = run(write_blob(*store_, "owner", bytes, 50'000));
    ASSERT_TRUE(id) << id.error().to_string();
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, frame - 1, frame, size}) {
      for (const std::size_t length : {std::size_t{1}, std::size_t{1000}, frame, 3 * frame}) {
        const auto got = run(read_range(*store_, *id, offset, length));
        ASSERT_TRUE(got) << got.error().to_string();
        EXPECT_TRUE(*got == (offset < size ? bytes.substr(offset, length) : ""))
            << size << " " << offset << " " << length;
      }
    }
  }
}

TEST_P(BlobStoreTest, IdsOwnersListAndErase) {
  std::set<BlobId> ids;
  for (int i = 0; i < 5; ++i) {
    const auto id = run(write_blob(*store_, "owner " + std::to_string(i), "x", 1));
    ASSERT_TRUE(id);
    EXPECT_TRUE(ids.insert(*id).second) << "an id twice";
    EXPECT_NE(id->value(), 0u);
    ASSERT_TRUE(run(store_->settled(*id, i != 2)));
    if (i == 2) ids.erase(*id);
  }
  const auto reader = run(store_->open(*ids.begin()));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->owner(), "owner 0");
  const auto listed = run(store_->list(BlobId(), 100));
  EXPECT_EQ(std::set<BlobId>(listed->begin(), listed->end()), ids);
  const auto page = run(store_->list(*ids.begin(), 2));
  EXPECT_EQ(page->size(), 2u);
  ASSERT_TRUE(run(store_->erase({*ids.begin()})));
  ASSERT_TRUE(run(store_->erase({*ids.begin()}))) << "the reaper may come twice";
  EXPECT_EQ(run(store_->open(*ids.begin())).error().code, ErrorCode::not_found);
  std::string out(1, '\0');
  EXPECT_TRUE(run((*reader)->read_at(0, std::span<char>(out.data(), 1)))) << "it was open";
}

/// Frames as they lie, whole and not, between bytes that are not in frames: `turns` says which.
Task<Result<BlobId>> write_in_turns(BlobStore& store, const std::string& bytes,
                                    std::string_view turns) {
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<BlobWriter> made,
                     co_await store.create("owner", bytes.size()));
  BlobWriter& writer = *made;
  FrameBuffer frames(2);
  std::size_t at = 0;
  for (const char turn : turns) {
    const bool all = turn == 'f';
    std::size_t left = all ? 2 * kFramePayloadBytes : turn == 'h' ? kFramePayloadBytes / 2 : 1000;
    frames.clear();
    for (std::size_t taken = 0; left > 0; left -= taken, at += taken) {
      const std::span<char> room = frames.room();
      taken = std::min(room.size(), left);
      bytes.copy(room.data(), taken, at);
      frames.add(taken);
    }
    if (turn == 'w') {
      DYAD_CO_TRY(co_await writer.write(span_of(frames.payload(0))));
    } else {
      DYAD_CO_TRY(co_await writer.write_frames(frames, at < bytes.size()));
    }
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_EQ(writer.size_bytes(), bytes.size());
  DYAD_CO_TRY(co_await writer.finish());
  co_return writer.id();
}

TEST_P(BlobStoreTest, FramesAreWrittenFromWhereTheyLie) {
  for (const std::string_view turns :
       {"f", "ff", "fff", "fffh", "hhf", "hhff", "wff", "fwff", "ffw", "hfhf", "ffhhff"}) {
    std::size_t size = 0;
    for (const char turn : turns)
      size += turn == 'f' ? 2 * kFramePayloadBytes : turn == 'h' ? kFramePayloadBytes / 2 : 1000;
    const std::string bytes = pattern(size);
    const auto id = run(write_in_turns(*store_, bytes, turns));
    ASSERT_TRUE(id) << turns;
    const auto read = run(read_range(*store_, *id, 0, size + 1));
    ASSERT_TRUE(read) << turns << read.error().to_string();
    EXPECT_TRUE(*read == bytes) << turns;
  }
}

TEST_P(BlobStoreTest, AWriterGivenUpLeavesNothing) {
  const auto begin = [&]() -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const std::unique_ptr<BlobWriter> made,
                       co_await store_->create("owner", std::nullopt));
    BlobWriter& writer = *made;
    const std::string bytes = pattern(300'000);
    co_return co_await writer.write(span_of(bytes));
  };
  ASSERT_TRUE(run(begin()));
  simulation_.run_for_ms(1000);
  EXPECT_TRUE(run(store_->list(BlobId(), 10))->empty());
}

TEST_P(BlobStoreTest, LongestOwner) {
  const std::string owner(kMaxOwnerBytes, 'o');
  const auto id = run(write_blob(*store_, owner, "x", 1));
  ASSERT_TRUE(id);
  EXPECT_TRUE((*run(store_->open(*id)))->owner() == owner);
}

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
