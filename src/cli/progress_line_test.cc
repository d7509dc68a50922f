#include "cli/progress_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace dyad::cli {
namespace {

class HandClock final : public Clock {
 public:
  std::int64_t wall_ms() const override { return 0; }
  std::int64_t steady_us() const override { return now_us; }
  std::int64_t now_us = 0;
};

class ProgressLineTest : public ::testing::Test {
 protected:
  void SetUp() override { out_ = ::open_memstream(&text_, &size_); }
  void TearDown() override {
    std::fclose(out_);
    std::free(text_);
  }
  std::string written() {
    std::fflush(out_);
    return {text_, size_};
  }

  HandClock clock_;
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* out_ = nullptr;
};

TEST_F(ProgressLineTest, ALineEveryTenSeconds) {
  ProgressLine line(out_, ProgressLine::Style::lines, clock_);
  for (std::uint64_t done = 0; done <= 2500; ++done) {
    line.update("rows", done, 5000, done * 1024);
    clock_.now_us += 10'000;
  }
  line.end();
  EXPECT_EQ(written(),
            "rows: 1,000 of 5,000, 1000.0 KiB, 100/s, 40 s left\n"
            "rows: 2,000 of 5,000, 2.0 MiB, 100/s, 30 s left\n");
}

TEST_F(ProgressLineTest, OnATerminalOneLineIsRewrittenAndGoes) {
  ProgressLine line(out_, ProgressLine::Style::terminal, clock_);
  line.update("log", 0, 0, 0);
  clock_.now_us = 1'000'000;
  line.update("log", 7, 0, 0);
  clock_.now_us = 1'050'000;
  line.update("log", 8, 0, 0);
  line.end();
  line.end();
  EXPECT_EQ(written(), "\rlog: 7, 7/s\x1b[K\r\x1b[K");
}

TEST_F(ProgressLineTest, QuietSaysNothing) {
  ProgressLine line(out_, ProgressLine::Style::quiet, clock_);
  clock_.now_us = 100'000'000;
  line.update("log", 7, 9, 9);
  line.end();
  EXPECT_EQ(written(), "");
}

}  // namespace
}  // namespace dyad::cli
