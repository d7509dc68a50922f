#include "blob/contract/blob_contract.h"

#include <random>
#include <set>

#include "blob/frame.h"
#include "blob/frame_buffer.h"
#include "runtime/threaded_runtime.h"

namespace dyad::blob {

std::string pattern(std::size_t size, unsigned seed) {
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

std::string blob_case_name(const testing::TestParamInfo<BlobContractCase>& info) {
  return info.param.name;
}

BlobContract::BlobContract() {
  if (GetParam().simulated) {
    auto simulation = std::make_unique<Simulation>(3);
    simulation_ = simulation.get();
    runtime_ = std::move(simulation);
  } else {
    WorkerPoolOptions workers;
    runtime_ = make_threaded_runtime(workers, make_posix_files());
    executor_ = runtime_->make_dedicated("test");
  }
  store_ = GetParam().make(*runtime_);
}

BlobContract::~BlobContract() = default;

void BlobContract::pause() {
  const auto wait = [this]() -> Task<void> {
    co_await SleepUntil(runtime_->clock().steady_us() + 10'000);
  };
  run(wait());
}

TEST_P(BlobContract, RangesOfBlobsOfEverySize) {
  constexpr std::size_t frame = kFramePayloadBytes;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 5}) {
    const std::string bytes = pattern(size);
    const auto id = run(write_blob(store(), "owner", bytes, 50'000));
    ASSERT_TRUE(id) << id.error().to_string();
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, frame - 1, frame, size}) {
      for (const std::size_t length : {std::size_t{1}, std::size_t{1000}, frame, 3 * frame}) {
        const auto got = run(read_range(store(), *id, offset, length));
        ASSERT_TRUE(got) << got.error().to_string();
        EXPECT_TRUE(*got == (offset < size ? bytes.substr(offset, length) : ""))
            << size << " " << offset << " " << length;
      }
    }
  }
}

TEST_P(BlobContract, IdsOwnersListAndErase) {
  std::set<BlobId> ids;
  for (int i = 0; i < 5; ++i) {
    const auto id = run(write_blob(store(), "owner " + std::to_string(i), "x", 1));
    ASSERT_TRUE(id);
    EXPECT_TRUE(ids.insert(*id).second) << "an id twice";
    EXPECT_NE(id->value(), 0u);
    ASSERT_TRUE(run(store().settled(*id, i != 2)));
    if (i == 2) ids.erase(*id);
  }
  const auto reader = run(store().open(*ids.begin()));
  ASSERT_TRUE(reader);
  EXPECT_EQ((*reader)->owner(), "owner 0");
  const auto listed = run(store().list(BlobId(), 100));
  EXPECT_EQ(std::set<BlobId>(listed->begin(), listed->end()), ids);
  const auto page = run(store().list(*ids.begin(), 2));
  EXPECT_EQ(page->size(), 2u);
  ASSERT_TRUE(run(store().erase({*ids.begin()})));
  ASSERT_TRUE(run(store().erase({*ids.begin()}))) << "the reaper may come twice";
  EXPECT_EQ(run(store().open(*ids.begin())).error().code, ErrorCode::not_found);
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

TEST_P(BlobContract, FramesAreWrittenFromWhereTheyLie) {
  for (const std::string_view turns :
       {"f", "ff", "fff", "fffh", "hhf", "hhff", "wff", "fwff", "ffw", "hfhf", "ffhhff"}) {
    std::size_t size = 0;
    for (const char turn : turns)
      size += turn == 'f' ? 2 * kFramePayloadBytes : turn == 'h' ? kFramePayloadBytes / 2 : 1000;
    const std::string bytes = pattern(size);
    const auto id = run(write_in_turns(store(), bytes, turns));
    ASSERT_TRUE(id) << turns;
    const auto read = run(read_range(store(), *id, 0, size + 1));
    ASSERT_TRUE(read) << turns << read.error().to_string();
    EXPECT_TRUE(*read == bytes) << turns;
  }
}

TEST_P(BlobContract, AWriterGivenUpLeavesNothing) {
  const auto begin = [&]() -> Task<Result<>> {
    DYAD_CO_TRY_ASSIGN(const std::unique_ptr<BlobWriter> made,
                       co_await store().create("owner", std::nullopt));
    BlobWriter& writer = *made;
    const std::string bytes = pattern(300'000);
    co_return co_await writer.write(span_of(bytes));
  };
  ASSERT_TRUE(run(begin()));
  for (int i = 0; i < 100 && !run(store().list(BlobId(), 10))->empty(); ++i) pause();
  EXPECT_TRUE(run(store().list(BlobId(), 10))->empty());
}

TEST_P(BlobContract, LongestOwner) {
  const std::string owner(kMaxOwnerBytes, 'o');
  const auto id = run(write_blob(store(), owner, "x", 1));
  ASSERT_TRUE(id);
  EXPECT_TRUE((*run(store().open(*id)))->owner() == owner);
}

/// Larger than what engines put in one file or object.
TEST_P(BlobContract, ALargeBlob) {
  constexpr std::size_t size = 80 * kFramePayloadBytes + 77;
  const std::string bytes = pattern(size, 5);
  const auto id = run(write_blob(store(), "owner", bytes, 1'000'003));
  ASSERT_TRUE(id) << id.error().to_string();
  ASSERT_TRUE(run(store().settled(*id, true)));
  EXPECT_TRUE(run(read_range(store(), *id, 0, size)).value_or("") == bytes);
  const std::size_t middle = 32 * kFramePayloadBytes - 10;
  EXPECT_TRUE(run(read_range(store(), *id, middle, 20)).value_or("") == bytes.substr(middle, 20));
  ASSERT_TRUE(run(store().erase({*id})));
  EXPECT_EQ(run(store().open(*id)).error().code, ErrorCode::not_found);
}

}  // namespace dyad::blob
