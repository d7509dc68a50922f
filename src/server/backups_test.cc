#include "server/backups.h"

#include <gtest/gtest.h>

#include <filesystem>

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

}  // namespace
}  // namespace dyad::server
