#include "runtime/file_tree.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace dyad {
namespace {

namespace fs = std::filesystem;

class FileTreeTest : public testing::Test {
 protected:
  FileTreeTest() {
    path_ = (fs::temp_directory_path() / "dyad-tree-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
  }
  ~FileTreeTest() override {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string path_;
  std::unique_ptr<Files> files_ = make_posix_files();
};

TEST_F(FileTreeTest, RemovesWhatIsThereAndNothingBehindALink) {
  fs::create_directories(path_ + "/tree/a/b");
  fs::create_directories(path_ + "/kept");
  std::ofstream(path_ + "/tree/a/b/file") << "x";
  std::ofstream(path_ + "/kept/file") << "x";
  fs::create_directory_symlink(path_ + "/kept", path_ + "/tree/a/link");
  EXPECT_TRUE(remove_tree(*files_, path_ + "/tree"));
  EXPECT_FALSE(fs::exists(path_ + "/tree"));
  EXPECT_TRUE(fs::exists(path_ + "/kept/file"));
  EXPECT_TRUE(remove_tree(*files_, path_ + "/tree")) << "not there: fine";
  EXPECT_TRUE(remove_tree(*files_, path_ + "/kept/file"));
  EXPECT_FALSE(fs::exists(path_ + "/kept/file"));
}

TEST_F(FileTreeTest, GoesOnlySoDeep) {
  const auto tree_of = [this](int depth) {
    std::string path = path_ + "/tree";
    for (int i = 1; i < depth; ++i) path += "/d";
    fs::create_directories(path);
  };
  tree_of(kMaxTreeDepth);
  EXPECT_TRUE(remove_tree(*files_, path_ + "/tree"));
  tree_of(kMaxTreeDepth + 1);
  const Result<> refused = remove_tree(*files_, path_ + "/tree");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace dyad
