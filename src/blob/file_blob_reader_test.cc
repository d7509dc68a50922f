#include "blob/file_blob_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "blob/frame.h"
#include "runtime/simulation.h"

namespace dyad::blob {
namespace {

constexpr BlobId kId(7);
constexpr std::uint32_t kFrames = 160;

struct Range {
  std::uint64_t from = 0;
  std::uint64_t upto = 0;
};

/// What a reader did with its file.
struct Trace {
  std::vector<Range> advised;
  std::uint64_t waited_for_bytes = 0;  ///< Read where a disk has to be waited for, ...
  std::uint64_t unadvised_bytes = 0;   ///< ... and of these, what it was not asked for before.
};

/// A blob of kFrames full frames, in memory or not, that tells what was asked of it.
class TracedFile final : public RandomReadFile {
 public:
  TracedFile(const std::string& bytes, bool in_memory, Trace& trace)
      : bytes_(bytes), in_memory_(in_memory), trace_(trace) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> out) const override {
    trace_.waited_for_bytes += out.size();
    const std::uint64_t upto = trace_.advised.empty() ? 0 : trace_.advised.back().upto;
    if (offset + out.size() > upto) trace_.unadvised_bytes += out.size();
    return bytes_.copy(out.data(), out.size(), offset);
  }
  Result<std::optional<std::size_t>> read_at_once(std::uint64_t offset,
                                                  std::span<char> out) const override {
    if (!in_memory_) return std::nullopt;
    return bytes_.copy(out.data(), out.size(), offset);
  }
  Result<std::uint64_t> size_bytes() const override { return bytes_.size(); }
  void advise(std::uint64_t offset, std::uint64_t length, bool will_need) const override {
    EXPECT_TRUE(will_need);
    trace_.advised.push_back({offset, offset + length});
  }

 private:
  const std::string& bytes_;
  const bool in_memory_;
  Trace& trace_;
};

class FileBlobReaderTest : public ::testing::Test {
 protected:
  FileBlobReaderTest() {
    const std::string payload(kFramePayloadBytes, 'p');
    file_ = make_header(kId, "owner");
    for (std::uint32_t i = 0; i < kFrames; ++i)
      append_frame(file_, kId, i, i + 1 == kFrames, payload);
  }

  /// Reads these frames, one after the other, through one reader.
  Trace read(const std::vector<std::uint32_t>& frames, bool in_memory) {
    Trace trace;
    auto reader =
        open_file_blob(simulation_, kId, std::make_unique<TracedFile>(file_, in_memory, trace));
    EXPECT_TRUE(reader) << reader.error().to_string();
    trace = Trace();
    std::string out(kFramePayloadBytes, '\0');
    for (const std::uint32_t frame : frames) {
      const std::uint64_t at = std::uint64_t{frame} * kFramePayloadBytes;
      const auto got =
          simulation_.run_until((*reader)->read_at(at, std::span<char>(out.data(), out.size())));
      EXPECT_TRUE(got && *got == out.size());
    }
    simulation_.run_until_idle();
    return trace;
  }

  Simulation simulation_{1};
  std::string file_;
};

std::vector<std::uint32_t> every(std::uint32_t step) {
  std::vector<std::uint32_t> frames;
  for (std::uint32_t i = 0; i < kFrames; i += step) frames.push_back(i);
  return frames;
}

TEST_F(FileBlobReaderTest, ADiskIsAskedForALongWayAhead) {
  const Trace trace = read(every(1), false);
  EXPECT_LE(trace.unadvised_bytes, 2 * kFrameBytes) << "the two that show the direction";
  EXPECT_EQ(trace.waited_for_bytes, kFrames * kFrameBytes);
  // 20 MiB, at least 4 of them at a time.
  ASSERT_GE(trace.advised.size(), 2u);
  EXPECT_LE(trace.advised.size(), 5u);
  for (std::size_t i = 1; i < trace.advised.size(); ++i)
    EXPECT_EQ(trace.advised[i].from, trace.advised[i - 1].upto) << "asked for once";
}

TEST_F(FileBlobReaderTest, WhatIsInMemoryIsNotAskedFor) {
  EXPECT_TRUE(read(every(1), true).advised.empty());
}

TEST_F(FileBlobReaderTest, WhoJumpsAboutCausesNoReadingAhead) {
  const Trace trace = read(every(3), false);
  EXPECT_TRUE(trace.advised.empty());
  EXPECT_EQ(trace.waited_for_bytes, every(3).size() * kFrameBytes);
}

TEST_F(FileBlobReaderTest, AFileOfAnotherBlobIsNotOpened) {
  Trace trace;
  const auto other =
      open_file_blob(simulation_, BlobId(8), std::make_unique<TracedFile>(file_, true, trace));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::corruption);
}

}  // namespace
}  // namespace dyad::blob
