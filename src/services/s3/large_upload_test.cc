// Bodies that are received, hashed and written at the same time: they end as short ones do.

#include "services/s3/large_upload.h"

#include <gtest/gtest.h>

#include <random>

#include "base/bytes.h"
#include "runtime/all_of.h"
#include "services/s3/object_upload.h"
#include "services/s3/test_server.h"

namespace dyad::s3 {
namespace {

constexpr std::size_t kChunkBytes = LargeUpload::kChunkFrames * blob::kFramePayloadBytes;

std::string pattern(std::size_t size) {
  std::minstd_rand random(static_cast<unsigned>(size));
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TestServer::Options options_of(std::uint64_t seed, BlobKind blobs) {
  TestServer::Options options;
  options.seed = seed;
  options.blobs = blobs;
  options.s3.overlap_from_bytes = 1;
  return options;
}

ReceiveSpec spec_of() {
  ReceiveSpec spec;
  spec.checksum = crypto::ChecksumKind::crc32c;
  spec.also = crypto::ChecksumKind::sha256;
  spec.owner = "owner";
  return spec;
}

/// What the blob holds after finish(), and that the digests are of that.
Task<Result<std::string>> receive_and_read(TestServer& server, http::BodyReader& body) {
  DYAD_CO_TRY_ASSIGN(const Upload upload,
                     co_await receive_upload(server.service(), body, spec_of()));
  blob::BlobWriter& writer = *upload.blob;
  DYAD_CO_TRY(co_await writer.finish());
  DYAD_CO_TRY_ASSIGN(const std::unique_ptr<blob::BlobReader> opened,
                     co_await server.blobs().open(writer.id()));
  blob::BlobReader& reader = *opened;
  std::string bytes(upload.size_bytes, '\0');
  DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await reader.read_at(0, std::span<char>(bytes)));
  EXPECT_EQ(got, reader.size_bytes());
  EXPECT_EQ(upload.digests.md5, crypto::as_view(crypto::md5(bytes)));
  EXPECT_EQ(to_base64(upload.digests.checksum),
            crypto::checksum_text(crypto::ChecksumKind::crc32c, bytes));
  EXPECT_EQ(to_base64(upload.digests.also),
            crypto::checksum_text(crypto::ChecksumKind::sha256, bytes));
  co_return bytes;
}

TEST(LargeUploadTest, BytesAndDigestsAreThoseThatCame) {
  std::uint64_t seed = 0;
  for (const BlobKind blobs : {BlobKind::memory, BlobKind::file}) {
    for (const std::size_t size :
         {std::size_t{1}, blob::kFramePayloadBytes, kChunkBytes - 1, kChunkBytes, kChunkBytes + 1,
          kChunkBytes * LargeUpload::kChunks, kChunkBytes * 9 + blob::kFramePayloadBytes,
          kChunkBytes * 9 + 77}) {
      for (const std::size_t piece : {std::size_t{10'001}, std::size_t{1} << 20}) {
        TestServer server(options_of(++seed, blobs));
        const std::string bytes = pattern(size);
        PiecewiseBody body(bytes, piece);
        const auto read = server.run(receive_and_read(server, body));
        ASSERT_TRUE(read) << read.error().to_string();
        ASSERT_TRUE(*read == bytes) << size << " in pieces of " << piece;
      }
    }
  }
}

TEST(LargeUploadTest, AClientThatGoesAwayLeavesNothing) {
  const std::string bytes = pattern(kChunkBytes * 7);
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    TestServer server(options_of(seed, BlobKind::file));
    PiecewiseBody body(bytes, 50'000);
    body.fail_at(bytes.size() * (seed - 1) / 39);
    const auto received = server.run(receive_upload(server.service(), body, spec_of()));
    ASSERT_FALSE(received);
    EXPECT_EQ(received.error().code, ErrorCode::cancelled);
    server.simulation().run_for_ms(1000);
    EXPECT_TRUE(server.run(server.blobs().list(blob::BlobId(), 10))->empty());
  }
}

TEST(LargeUploadTest, AFailingDiskIsTheUploadsFailure) {
  const std::string bytes = pattern(kChunkBytes * 7 + 5);
  std::uint64_t failed = 0, left_unread = 0;
  for (std::uint64_t at = 0; at < 16; ++at) {
    TestServer server(options_of(at + 1, BlobKind::file));
    PiecewiseBody body(bytes, 50'000);
    SimFiles& files = server.simulation().sim_files();
    files.fail_at(files.operation_count() + at, FileFault::no_space);
    const auto received = server.run(receive_upload(server.service(), body, spec_of()));
    if (received) continue;
    ++failed;
    EXPECT_EQ(received.error().code, ErrorCode::no_space) << received.error().to_string();
    if (body.taken() < bytes.size()) ++left_unread;
  }
  EXPECT_GE(failed, 7u);
  // Of writes that fail while there is more to come than there is room for.
  EXPECT_GE(left_unread, 3u);
}

/// A blob whose writing takes as long as one says.
class HeldWriter final : public blob::BlobWriter {
 public:
  blob::BlobId id() const override { return blob::BlobId(1); }
  Task<Result<>> write(std::span<const char> bytes) override {
    co_await open.wait(Deadline::never());
    size_bytes_ += bytes.size();
    co_return Result<>();
  }
  Task<Result<>> finish() override { co_return Result<>(); }
  std::uint64_t size_bytes() const override { return size_bytes_; }

  LocalEvent open;

 private:
  std::uint64_t size_bytes_ = 0;
};

TEST(LargeUploadTest, NoMoreIsReceivedThanThereIsRoomFor) {
  Simulation simulation(1);
  DigestQueue digests(simulation.workers());
  constexpr std::size_t room = LargeUpload::kChunks * kChunkBytes;
  const std::string bytes = pattern(3 * room);
  PiecewiseBody body(bytes, 10'000);
  HeldWriter writer;
  std::string seen;
  const auto upload = [&]() -> Task<Result<std::string>> {
    LargeUpload work(digests, body, bytes.size(), writer,
                     [&seen](std::string_view piece) { seen.append(piece); });
    DYAD_CO_TRY(co_await work.run());
    co_return work.md5();
  };
  const auto opened = [&]() -> Task<Result<>> {
    // Long after all that may come has come.
    co_await SleepUntil(simulation.clock().steady_us() + 1'000'000);
    EXPECT_EQ(body.taken(), room);
    writer.open.set();
    co_return Result<>();
  };
  const auto both = [&]() -> Task<Result<std::string>> {
    std::vector<Task<Result<>>> tasks;
    std::optional<Result<std::string>> digest;
    const auto receive = [&]() -> Task<Result<>> {
      digest.emplace(co_await upload());
      co_return Result<>();
    };
    tasks.push_back(receive());
    tasks.push_back(opened());
    (void)co_await all_of(std::move(tasks));
    co_return std::move(*digest);
  };
  const Result<std::string> digest = simulation.run_until(both());
  ASSERT_TRUE(digest);
  EXPECT_EQ(*digest, crypto::as_view(crypto::md5(bytes)));
  EXPECT_TRUE(seen == bytes);
  EXPECT_EQ(writer.size_bytes(), bytes.size());
}

}  // namespace
}  // namespace dyad::s3
