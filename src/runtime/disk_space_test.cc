#include "runtime/disk_space.h"

#include <gtest/gtest.h>

#include "runtime/simulation.h"

namespace dyad {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;

class DiskSpaceTest : public testing::Test {
 protected:
  DiskSpaceTest() {
    simulation_.sim_files().set_capacity(100 * kMiB);
    EXPECT_TRUE(simulation_.files().make_directory("/data"));
    space_ = DiskSpace::watch(simulation_, "/data", 16 * kMiB);
  }

  /// Takes up room as anybody might, without telling.
  void fill(std::uint64_t bytes) {
    auto file = simulation_.files().open_append("/data/foreign", Files::Create::append);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append(std::string(bytes, 'x')));
  }
  void erase() { ASSERT_TRUE(simulation_.files().remove("/data/foreign")); }
  ErrorCode code_of_take(std::uint64_t bytes) {
    const Result<> taken = space_->take(bytes);
    return taken ? ErrorCode::internal : taken.error().code;
  }

  Simulation simulation_{Simulation::Options()};
  std::shared_ptr<DiskSpace> space_;
};

TEST_F(DiskSpaceTest, WhatIsTakenCountsBeforeAnybodyLooks) {
  EXPECT_EQ(space_->free_bytes(), 100 * kMiB);
  EXPECT_TRUE(space_->take(80 * kMiB));
  EXPECT_EQ(code_of_take(5 * kMiB), ErrorCode::no_space) << "84 MiB are above the reserve";
  simulation_.run_until_idle();
  EXPECT_TRUE(space_->take(5 * kMiB)) << "nothing of the 80 MiB was written";
}

TEST_F(DiskSpaceTest, NobodyIsAskedOnTheWayOfACall) {
  fill(90 * kMiB);
  EXPECT_TRUE(space_->take(1)) << "not known yet";
  simulation_.run_for_ms(DiskSpace::kLookEveryUs / 1000 + 1);
  EXPECT_FALSE(space_->low()) << "nobody took anything, nobody looked";
  EXPECT_TRUE(space_->take(1)) << "has a worker look";
  simulation_.run_until_idle();
  EXPECT_TRUE(space_->low());
  EXPECT_EQ(code_of_take(1), ErrorCode::no_space);
  EXPECT_FALSE(space_->fits(0));
}

TEST_F(DiskSpaceTest, MuchThatWasTakenHasItLookAtOnce) {
  EXPECT_TRUE(space_->take(DiskSpace::kLookAfterBytes));
  fill(90 * kMiB);
  simulation_.run_until_idle();
  EXPECT_FALSE(space_->low());
  EXPECT_TRUE(space_->take(1));
  simulation_.run_until_idle();
  EXPECT_TRUE(space_->low());
}

TEST_F(DiskSpaceTest, RoomIsSeenWithoutARestartAndOnlyAboveAMargin) {
  fill(85 * kMiB);
  space_->look();
  EXPECT_TRUE(space_->low());
  simulation_.sim_files().set_capacity(102 * kMiB);
  space_->look();
  EXPECT_TRUE(space_->low()) << "17 MiB are free, above the reserve, but not by its eighth";
  simulation_.sim_files().set_capacity(103 * kMiB);
  EXPECT_EQ(code_of_take(1), ErrorCode::no_space);
  simulation_.run_until_idle();
  EXPECT_FALSE(space_->low()) << "who is refused has a worker look";
  EXPECT_TRUE(space_->take(kMiB));
  EXPECT_EQ(code_of_take(3 * kMiB), ErrorCode::no_space) << "of 18 MiB, 16 are the reserve";
  simulation_.run_until_idle();
  EXPECT_FALSE(space_->low()) << "one that was too large does not end it for others";
}

TEST_F(DiskSpaceTest, WhatMemoryOwesTheDiskIsNotRoom) {
  space_->set_owed(80 * kMiB);
  space_->look();
  EXPECT_FALSE(space_->low());
  EXPECT_EQ(code_of_take(5 * kMiB), ErrorCode::no_space);
  space_->set_owed(90 * kMiB);
  space_->look();
  EXPECT_TRUE(space_->low());
  space_->set_owed(0);
  space_->look();
  EXPECT_FALSE(space_->low());
}

TEST_F(DiskSpaceTest, ASizeBeyondAllCountingIsRefused) {
  EXPECT_EQ(code_of_take(UINT64_MAX), ErrorCode::no_space);
  simulation_.run_until_idle();
  EXPECT_FALSE(space_->fits(UINT64_MAX));
  EXPECT_TRUE(space_->take(1));
}

TEST_F(DiskSpaceTest, ADiskThatDoesNotAnswerHasRoom) {
  simulation_.sim_files().fail_all(FileOperationKind::info, "", FileFault::io_error);
  space_->look();
  EXPECT_FALSE(space_->low());
  EXPECT_TRUE(space_->take(kMiB));
}

TEST_F(DiskSpaceTest, WarningsComeOnceInAWhile) {
  EXPECT_TRUE(space_->tells_now());
  EXPECT_FALSE(space_->tells_now());
  simulation_.run_for_ms(DiskSpace::kTellEveryUs / 1000);
  EXPECT_TRUE(space_->tells_now());
}

/// Lines of the log that hold `words`.
int lines_with(const std::string& log, std::string_view words) {
  int lines = 0;
  for (std::size_t at = log.find(words); at != std::string::npos; at = log.find(words, at + 1))
    ++lines;
  return lines;
}

TEST_F(DiskSpaceTest, ADiskAtTheEdgeIsToldOfOnceAMinute) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 50; ++i) {
    simulation_.sim_files().set_capacity(10 * kMiB);
    space_->look();
    EXPECT_TRUE(space_->low());
    simulation_.sim_files().set_capacity(100 * kMiB);
    space_->look();
    EXPECT_FALSE(space_->low());
  }
  const std::string to_and_fro = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_with(to_and_fro, "nearly full"), 1) << to_and_fro;
  EXPECT_EQ(lines_with(to_and_fro, "has room again"), 1) << to_and_fro;

  testing::internal::CaptureStderr();
  simulation_.sim_files().set_capacity(10 * kMiB);
  constexpr int kMinutes = 5;
  for (int second = 0; second < kMinutes * 60; ++second) {
    simulation_.run_for_ms(1000);
    space_->look();
  }
  simulation_.sim_files().set_capacity(100 * kMiB);
  space_->look();
  space_->look();
  const std::string stays = testing::internal::GetCapturedStderr();
  EXPECT_GE(lines_with(stays, "nearly full"), 1) << stays;
  EXPECT_LE(lines_with(stays, "nearly full"), kMinutes) << stays;
  EXPECT_EQ(lines_with(stays, "has room again"), 1) << stays;
}

}  // namespace
}  // namespace dyad
