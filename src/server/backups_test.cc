#include "server/backups.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "blob/file_blob_store.h"
#include "runtime/sync_wait.h"
#include "runtime/threaded_runtime.h"
#include "store/memory/memory_store.h"

namespace dyad::server {
namespace {

namespace fs = std::filesystem;

class BackupDestinationTest : public testing::Test {
 protected:
  BackupDestinationTest() {
    path_ = (fs::temp_directory_path() / "dyad-destination-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    path_ = fs::canonical(path_);
    fs::create_directory(path_ + "/data");
    place_ = {path_ + "/data", path_ + "/backups"};
  }
  ~BackupDestinationTest() override {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Result<std::string> place(const std::string& wanted) {
    constexpr std::int64_t kNowMs = 1'763'862'300'000;
    return backup_destination(*files_, place_, wanted, kNowMs);
  }
  std::string path_;
  BackupPlace place_;
  std::unique_ptr<Files> files_ = make_posix_files();
};

TEST_F(BackupDestinationTest, IsANewDirectoryInTheBackupDirectory) {
  EXPECT_EQ(*place(""), path_ + "/backups/backup-20251123T014500Z");
  EXPECT_EQ(*place("monday"), path_ + "/backups/monday");
  EXPECT_EQ(*place(path_ + "/backups/monday"), path_ + "/backups/monday");
  EXPECT_EQ(*place(path_ + "/data/../backups/monday"), path_ + "/backups/monday");
  fs::create_directories(path_ + "/backups/weekly/empty");
  EXPECT_EQ(*place(path_ + "/backups/weekly/one"), path_ + "/backups/weekly/one");
  EXPECT_EQ(*place(path_ + "/backups/weekly/empty"), path_ + "/backups/weekly/empty");
  EXPECT_EQ(place("weekly").error().code, ErrorCode::already_exists);
}

TEST_F(BackupDestinationTest, AndNoOther) {
  ASSERT_TRUE(place("a"));
  fs::create_directory(path_ + "/outside");
  fs::create_directory_symlink(path_ + "/outside", path_ + "/backups/leads-out");
  for (const std::string& wanted :
       {path_ + "/outside/b", path_ + "/backups", path_ + "/backups/../outside/b",
        path_ + "/backups/leads-out/b", path_ + "/backups-too", path_ + "/data/b",
        path_ + "/backups/not/there", std::string("weekly/one"), std::string("./a"),
        std::string(".."), std::string("."), std::string("a b"), std::string("a\nb"),
        std::string("/"), std::string("//")}) {
    const auto refused = place(wanted);
    ASSERT_FALSE(refused) << wanted << " " << *refused;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument) << wanted;
    EXPECT_NE(refused.error().message.find('\n'), std::string::npos)
        << wanted << ": nothing says what to do: " << refused.error().message;
  }
  EXPECT_EQ(place("leads-out").error().code, ErrorCode::already_exists);
}

TEST_F(BackupDestinationTest, NeverInTheDataDirectory) {
  place_.backup_directory = path_;
  EXPECT_TRUE(place("b"));
  EXPECT_EQ(place(path_ + "/data/b").error().code, ErrorCode::invalid_argument);
}

/// On a store that can hold no moment: each of them fails, and that is enough to see who begins.
class BackupsTest : public BackupDestinationTest {
 protected:
  BackupsTest()
      : runtime_(make_threaded_runtime({.threads = 2}, make_posix_files())),
        executor_(runtime_->make_dedicated("test")),
        store_(store::make_memory_store(*runtime_)),
        pins_(*store_) {
    auto blobs = blob::open_file_blob_store(*runtime_, path_ + "/blobs");
    EXPECT_TRUE(blobs);
    blobs_ = std::move(*blobs);
    backups_.emplace(backup::Source{*runtime_, *store_, *blobs_, pins_, place_.data_directory},
                     place_.backup_directory);
  }
  ~BackupsTest() override {
    backups_->stop();
    backups_.reset();
    EXPECT_TRUE(sync_wait(*executor_, store_->close()));
  }

  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<store::Store> store_;
  table::ReadPins pins_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::optional<Backups> backups_;
};

TEST_F(BackupsTest, OfManyThatAskTogetherOneIsMadeAtATime) {
  constexpr int kThreads = 8, kCalls = 20;
  std::atomic<int> refused = 0;
  std::mutex mutex;
  std::set<std::uint64_t> begun;
  const auto ask = [&](int thread) {
    for (int i = 0; i < kCalls; ++i) {
      const auto made = backups_->create(
          {.directory = "backup-" + std::to_string(thread) + "-" + std::to_string(i)});
      (void)backups_->describe();
      if (!made) {
        EXPECT_EQ(made.error().code, ErrorCode::conflict) << made.error().message;
        ++refused;
        continue;
      }
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(begun.insert(made->id).second) << "two have the number " << made->id;
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(ask, thread);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(static_cast<int>(begun.size()) + refused, kThreads * kCalls);
  ASSERT_FALSE(begun.empty());
  EXPECT_EQ(*begun.rbegin(), begun.size());
}

TEST_F(BackupsTest, NoneBeginsOnceItStops) {
  EXPECT_EQ(backups_->describe().error().code, ErrorCode::not_found);
  // A place that is refused gives the turn back.
  EXPECT_EQ(backups_->create({.directory = ".."}).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(backups_->create({.directory = "one"}));
  backups_->stop();
  EXPECT_EQ(backups_->describe()->phase, Backups::Phase::failed);
  EXPECT_EQ(backups_->create({.directory = "two"}).error().code, ErrorCode::conflict);
}

}  // namespace
}  // namespace dyad::server
