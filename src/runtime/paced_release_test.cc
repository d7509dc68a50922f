#include "runtime/paced_release.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

#include "runtime/files.h"

namespace dyad {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kLong = 3 * PacedRelease::kPieceBytes + 5;

class PacedReleaseTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  void write(const std::string& name, std::size_t size_bytes) {
    auto file = files_->open_append(path(name), Files::Create::must_be_new);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->append(std::string(size_bytes, 'x')));
    ASSERT_TRUE((*file)->close());
  }
  UniqueFd open(const std::string& name) const {
    return UniqueFd(::open(path(name).c_str(), O_WRONLY | O_CLOEXEC));
  }
  /// Open for writing, and without a name.
  UniqueFd unnamed(const std::string& name, std::size_t size_bytes) {
    write(name, size_bytes);
    UniqueFd fd = open(name);
    EXPECT_TRUE(std::filesystem::remove(path(name)));
    return fd;
  }
  /// Of the files in `directory_` that have no name, those this process has open.
  int held_without_name() const {
    int held = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
      held += target.starts_with(directory_) && target.ends_with(" (deleted)") ? 1 : 0;
    }
    return held;
  }
  template <class Condition>
  static bool comes_true(Condition condition) {
    const auto until = steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

  std::string directory_ = "/tmp/dyad_release_XXXXXX";
  std::unique_ptr<Files> files_ = make_posix_files();
};

off_t size_of(const UniqueFd& fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return status.st_size;
}

TEST_F(PacedReleaseTest, GivesBackPieceByPiece) {
  PacedRelease release;
  UniqueFd fd = unnamed("a", kLong);
  // Another number for the same opening, so it is nobody else's.
  const UniqueFd seen(::dup(fd.get()));
  ASSERT_TRUE(release.take(std::move(fd)));
  std::set<off_t> sizes;
  EXPECT_TRUE(comes_true([&] { return *sizes.insert(size_of(seen)).first == 0; }));
  for (const off_t size : sizes)
    EXPECT_EQ((kLong - static_cast<std::size_t>(size)) % PacedRelease::kPieceBytes,
              size == 0 ? 5u : 0u);
}

TEST_F(PacedReleaseTest, LeavesAloneWhatOthersHold) {
  PacedRelease release;
  write("linked", kLong);
  UniqueFd linked = open("linked");
  ASSERT_TRUE(files_->link(path("linked"), path("other")));
  ASSERT_TRUE(std::filesystem::remove(path("linked")));
  EXPECT_FALSE(release.take(std::move(linked)));
  EXPECT_EQ(std::filesystem::file_size(path("other")), kLong);

  write("read", kLong);
  const auto reader = files_->open_read(path("read"));
  ASSERT_TRUE(reader);
  UniqueFd fd = open("read");
  ASSERT_TRUE(std::filesystem::remove(path("read")));
  EXPECT_FALSE(release.take(std::move(fd)));
  EXPECT_EQ(*(*reader)->size_bytes(), kLong);
}

TEST_F(PacedReleaseTest, EndsAtOnceWhateverWaits) {
  steady_clock::time_point began;
  {
    PacedRelease release;
    for (int i = 0; i < 100; ++i) {
      write("empty", 0);
      UniqueFd fd = open("empty");
      ASSERT_TRUE(std::filesystem::remove(path("empty")));
      ASSERT_EQ(::ftruncate(fd.get(), 1 << 30), 0);
      ASSERT_TRUE(release.take(std::move(fd)));
    }
    began = steady_clock::now();
  }
  // 100 GiB in 4 seconds at the fastest, if it waited.
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(2));
  EXPECT_EQ(held_without_name(), 0);
}

TEST_F(PacedReleaseTest, TakesNoMoreThanItsLimit) {
  PacedRelease release;
  bool refused = false;
  for (std::size_t i = 0; i < 4 * PacedRelease::kMaxWaiting && !refused; ++i) {
    write("empty", 0);
    UniqueFd fd = open("empty");
    ASSERT_TRUE(std::filesystem::remove(path("empty")));
    ASSERT_EQ(::ftruncate(fd.get(), 1 << 30), 0);
    refused = !release.take(std::move(fd));
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(held_without_name(), static_cast<int>(PacedRelease::kMaxWaiting));
}

/// Files::remove: the name goes at once, the space of a long file later, of a short one with it.
TEST_F(PacedReleaseTest, RemovedFiles) {
  write("short", 5);
  ASSERT_TRUE(files_->remove(path("short")));
  EXPECT_EQ(held_without_name(), 0);

  write("long", kLong);
  ASSERT_TRUE(files_->remove(path("long")));
  EXPECT_FALSE(files_->info(path("long")));
  EXPECT_EQ(held_without_name(), 1);
  EXPECT_TRUE(comes_true([&] { return held_without_name() == 0; }));

  write("read", kLong);
  {
    const auto reader = files_->open_read(path("read"));
    ASSERT_TRUE(reader);
    ASSERT_TRUE(files_->remove(path("read")));
    std::string all(kLong, '?');
    EXPECT_EQ(*(*reader)->read_at(0, all), kLong);
    EXPECT_TRUE(all == std::string(kLong, 'x'));
  }
  EXPECT_EQ(held_without_name(), 0);

  write("one", kLong);
  ASSERT_TRUE(files_->link(path("one"), path("two")));
  ASSERT_TRUE(files_->remove(path("one")));
  EXPECT_EQ(std::filesystem::file_size(path("two")), kLong);
  ASSERT_TRUE(files_->remove(path("two")));
  EXPECT_TRUE(comes_true([&] { return held_without_name() == 0; }));
}

}  // namespace
}  // namespace dyad
