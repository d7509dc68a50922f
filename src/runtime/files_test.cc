#include "runtime/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "runtime/aligned_buffer.h"
#include "runtime/sim_files.h"
#include "runtime/unique_fd.h"

namespace dyad {
namespace {

constexpr std::size_t kBlock = DurableFile::kBlockBytes;
constexpr std::size_t kGathered = 256 * kBlock;

/// The contract of files.h, for the real file system on disk and in tmpfs, and for the simulated
/// one.
class FilesTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (std::string_view(GetParam()) == "sim") {
      files_ = std::make_unique<SimFiles>();
      directory_ = "/data";
      ASSERT_TRUE(files_->make_directory(directory_));
      return;
    }
    files_ = make_posix_files();
    directory_ = std::string(GetParam()) + "/dyad_files_XXXXXX";
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
    on_disk_ = true;
  }
  void TearDown() override {
    if (on_disk_) std::filesystem::remove_all(directory_);
  }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  void write(const std::string& name, std::string_view content) {
    auto file = files_->open_append(path(name), Files::Create::truncate);
    ASSERT_TRUE(file) << file.error().to_string();
    ASSERT_TRUE((*file)->append(content));
    ASSERT_TRUE((*file)->sync());
    ASSERT_TRUE((*file)->close());
  }
  std::string read(const std::string& name) {
    auto content = read_file(*files_, path(name), 1u << 24);
    return content ? *content : content.error().to_string();
  }
  std::string names() {
    std::string all;
    auto listed = files_->list(directory_);
    EXPECT_TRUE(listed);
    for (const std::string& name : *listed) all += name + " ";
    return all;
  }

  std::unique_ptr<Files> files_;
  std::string directory_;
  bool on_disk_ = false;
};

TEST_P(FilesTest, AppendsAndReads) {
  write("a", "hello");
  auto file = files_->open_append(path("a"), Files::Create::append);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size_bytes(), 5u);
  ASSERT_TRUE((*file)->append(" world"));
  (*file)->start_writeback(0, 11);
  EXPECT_EQ((*file)->size_bytes(), 11u);
  EXPECT_EQ(read("a"), "hello world");
  ASSERT_TRUE((*file)->truncate(4));
  ASSERT_TRUE((*file)->append("!"));
  ASSERT_TRUE((*file)->close());
  EXPECT_EQ((*file)->append("x").error().code, ErrorCode::io_error);
  EXPECT_EQ(read("a"), "hell!");

  auto reader = files_->open_read(path("a"));
  ASSERT_TRUE(reader);
  char some[3];
  (*reader)->advise(0, 5, true);
  (*reader)->advise_random();
  EXPECT_EQ(*(*reader)->read_at(3, some), 2u);
  EXPECT_EQ(std::string_view(some, 2), "l!");
  EXPECT_EQ(*(*reader)->read_at(5, some), 0u);
  EXPECT_EQ(*(*reader)->read_at(500, some), 0u);
  EXPECT_EQ(*(*reader)->size_bytes(), 5u);
}

TEST_P(FilesTest, LongFilesHaveEveryByteWhereverTheyEnd) {
  std::string content(5u << 20, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 >> 5);
  int number = 0;
  for (const std::size_t piece : {std::size_t{77}, kBlock, std::size_t{524'312}, content.size()}) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kBlock, kBlock + 1,
                                   std::size_t{1} << 20, (std::size_t{1} << 20) + 5,
                                   (std::size_t{3} << 20) - 3, (std::size_t{4} << 20) + kBlock}) {
      const std::string name = "long" + std::to_string(number++);
      auto file = files_->open_long(path(name), kGathered);
      ASSERT_TRUE(file) << file.error().to_string();
      for (std::size_t at = 0; at < size; at += piece)
        ASSERT_TRUE(
            (*file)->append(std::string_view(content).substr(at, std::min(piece, size - at))));
      EXPECT_EQ((*file)->size_bytes(), size);
      ASSERT_TRUE((*file)->sync());
      EXPECT_TRUE(read(name) == content.substr(0, size)) << piece << " " << size;
      // A file like any other from here on.
      ASSERT_TRUE((*file)->append("more"));
      ASSERT_TRUE((*file)->truncate(size + 3));
      ASSERT_TRUE((*file)->close());
      EXPECT_TRUE(read(name) == content.substr(0, size) + "mor");
      ASSERT_TRUE(files_->remove(path(name)));
    }
  }
  auto file = files_->open_long(path("closed"), kGathered);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append("x"));
  ASSERT_TRUE((*file)->close());
  ASSERT_TRUE((*file)->close());
  EXPECT_EQ(read("closed"), "x");
  EXPECT_EQ(files_->open_long(path("closed"), kGathered).error().code, ErrorCode::already_exists);
}

TEST_P(FilesTest, ReadsAtOnceWhatIsInMemoryOrNothing) {
  const std::string content(3 * kBlock + 5, 'r');
  write("resident", content);
  const auto file = files_->open_read(path("resident"));
  ASSERT_TRUE(file);
  struct Range {
    std::uint64_t offset;
    std::size_t bytes, expected;
  };
  int answered = 0;
  for (const Range& range : {Range{0, 10, 10}, Range{kBlock - 1, 2 * kBlock, 2 * kBlock},
                             Range{3 * kBlock, 100, 5}, Range{content.size(), 7, 0}}) {
    std::string out(range.bytes, '-');
    const auto got = (*file)->read_at_once(range.offset, out);
    ASSERT_TRUE(got) << got.error().to_string();
    if (!*got) continue;
    ++answered;
    EXPECT_EQ(**got, range.expected);
    EXPECT_EQ(out.substr(0, **got), content.substr(range.offset, range.expected));
  }
  // What was just written is in memory, which not every file system can tell (tmpfs cannot).
  if (on_disk_)
    EXPECT_TRUE(answered == 4 || answered == 0) << answered;
  else
    EXPECT_GE(answered, 1);
}

TEST_P(FilesTest, NamesTheErrors) {
  const auto missing = files_->open_read(path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find(path("missing")), std::string::npos);
  EXPECT_EQ(files_->info(path("missing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(files_->list(path("missing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(files_->remove(path("missing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(files_->rename(path("missing"), path("b")).error().code, ErrorCode::not_found);
  EXPECT_EQ(files_->sync_directory(path("missing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(files_->open_append(path("missing/a"), Files::Create::append).error().code,
            ErrorCode::not_found);
  write("a", "1");
  EXPECT_EQ(files_->open_append(path("a"), Files::Create::must_be_new).error().code,
            ErrorCode::already_exists);
  EXPECT_EQ(files_->make_directory(path("a")).error().code, ErrorCode::already_exists);
  EXPECT_EQ(files_->open_read(path("a/b")).error().code, ErrorCode::io_error);
  EXPECT_EQ(files_->open_append(directory_, Files::Create::append).error().code,
            ErrorCode::io_error);
  EXPECT_EQ(files_->remove_directory(directory_).error().code, ErrorCode::io_error);
}

TEST_P(FilesTest, ChangesNames) {
  write("b", "b");
  write("a", "a");
  EXPECT_EQ(names(), "a b ");
  ASSERT_TRUE(files_->rename(path("a"), path("b")));
  EXPECT_EQ(names(), "b ");
  EXPECT_EQ(read("b"), "a");
  ASSERT_TRUE(files_->link(path("b"), path("c")));
  EXPECT_EQ(files_->link(path("b"), path("c")).error().code, ErrorCode::already_exists);
  ASSERT_TRUE(files_->remove(path("b")));
  EXPECT_EQ(read("c"), "a");

  ASSERT_TRUE(files_->make_directory(path("d")));
  ASSERT_TRUE(files_->make_directory(path("d")));
  EXPECT_TRUE(files_->info(path("d"))->is_directory);
  ASSERT_TRUE(files_->rename(path("c"), path("d/c")));
  EXPECT_EQ(read("d/c"), "a");
  EXPECT_FALSE(files_->rename(path("d"), path("d/e")));
  EXPECT_FALSE(files_->remove_directory(path("d")));
  ASSERT_TRUE(files_->remove(path("d/c")));
  ASSERT_TRUE(files_->remove_directory(path("d")));
  ASSERT_TRUE(files_->sync_directory(directory_));
  EXPECT_EQ(names(), "");
}

TEST_P(FilesTest, DurableFileIsZeroedAndWrittenInPlace) {
  auto file = files_->open_durable(path("log"), 8 * kBlock);
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ(names(), "log ");
  EXPECT_EQ(*(*file)->size_bytes(), 8 * kBlock);
  EXPECT_EQ(read("log"), std::string(8 * kBlock, '\0'));

  AlignedBuffer blocks(2 * kBlock);
  std::memset(blocks.data(), 'x', 2 * kBlock);
  ASSERT_TRUE((*file)->write_at(3 * kBlock, blocks.span()));
  std::string expected(8 * kBlock, '\0');
  expected.replace(3 * kBlock, 2 * kBlock, 2 * kBlock, 'x');
  EXPECT_EQ(read("log"), expected);

  // Any position and length may be read, and the end is the end.
  std::string odd(kBlock + 77, '?');
  EXPECT_EQ(*(*file)->read_at(3 * kBlock - 5, odd), odd.size());
  EXPECT_EQ(odd, expected.substr(3 * kBlock - 5, odd.size()));
  EXPECT_EQ(*(*file)->read_at(8 * kBlock - 10, odd), 10u);
  EXPECT_EQ(*(*file)->read_at(8 * kBlock, odd), 0u);
  EXPECT_EQ(*(*file)->read_at(3 * kBlock, blocks.span()), 2 * kBlock);

  file = files_->open_durable(path("log"), 8 * kBlock);
  ASSERT_TRUE(file);
  EXPECT_EQ(read("log"), expected);
  const auto wrong_size = files_->open_durable(path("log"), 9 * kBlock);
  ASSERT_FALSE(wrong_size);
  EXPECT_EQ(wrong_size.error().code, ErrorCode::corruption);
}

TEST_P(FilesTest, UnalignedReadOfManyPieces) {
  const std::size_t size_bytes = 3u << 20;
  auto file = files_->open_durable(path("big"), size_bytes);
  ASSERT_TRUE(file);
  AlignedBuffer content(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) content.data()[i] = static_cast<char>(i * 31 >> 5);
  ASSERT_TRUE((*file)->write_at(0, content.span()));
  std::string got(size_bytes - 3, '\0');
  EXPECT_EQ(*(*file)->read_at(1, got), got.size());
  EXPECT_EQ(got, std::string_view(content.data() + 1, got.size()));
}

TEST_P(FilesTest, WritesWholeFiles) {
  ASSERT_TRUE(write_file(*files_, path("f"), "one"));
  ASSERT_TRUE(write_file(*files_, path("f"), "two"));
  EXPECT_EQ(read("f"), "two");
  EXPECT_EQ(names(), "f ");
  EXPECT_EQ(read_file(*files_, path("f"), 2).error().code, ErrorCode::too_large);
  EXPECT_TRUE(read_file(*files_, path("f"), 3));
  EXPECT_EQ(write_file(*files_, path("missing/f"), "").error().code, ErrorCode::not_found);
}

TEST_P(FilesTest, OneHolderOfALock) {
  auto first = files_->lock(path("LOCK"));
  ASSERT_TRUE(first);
  EXPECT_EQ(files_->lock(path("LOCK")).error().code, ErrorCode::conflict);
  first->reset();
  EXPECT_TRUE(files_->lock(path("LOCK")));
}

TEST_P(FilesTest, KnowsFreeSpaceAndTimes) {
  EXPECT_GT(*files_->free_bytes(directory_), 0u);
  write("a", "1");
  EXPECT_GT(files_->info(path("a"))->modified_ms, 0);
  EXPECT_EQ(files_->info(path("a"))->size_bytes, 1u);
  EXPECT_FALSE(files_->info(path("a"))->is_directory);
}

TEST_P(FilesTest, MisusedDurableWriteStopsTheProcess) {
  auto file = files_->open_durable(path("log"), 2 * kBlock);
  ASSERT_TRUE(file);
  const AlignedBuffer blocks(2 * kBlock);
  EXPECT_DEATH((void)(*file)->write_at(kBlock, blocks.span()), "size_bytes_");
  EXPECT_DEATH((void)(*file)->write_at(0, blocks.span().subspan(512, kBlock)), "");
}

INSTANTIATE_TEST_SUITE_P(All, FilesTest, testing::Values("sim", "/tmp", "/dev/shm"),
                         [](const auto& info) -> std::string {
                           const std::string_view name = info.param;
                           return name == "sim" ? "Sim" : name == "/tmp" ? "Disk" : "Memory";
                         });

TEST(PosixFiles, ModesAreTight) {
  std::string directory = "/tmp/dyad_modes_XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  auto files = make_posix_files();
  ASSERT_TRUE(files->make_directory(directory + "/d"));
  ASSERT_TRUE(write_file(*files, directory + "/d/f", "secret"));
  ASSERT_TRUE(files->open_durable(directory + "/d/l", kBlock));
  const auto mode = [&](const std::string& name) {
    struct stat status {};
    EXPECT_EQ(::stat((directory + name).c_str(), &status), 0);
    return status.st_mode & 07777;
  };
  EXPECT_EQ(mode("/d"), 0700u);
  EXPECT_EQ(mode("/d/f"), 0600u);
  EXPECT_EQ(mode("/d/l"), 0600u);
  std::filesystem::remove_all(directory);
}

TEST(PosixFiles, DurableFileHasNoUnwrittenExtentsLeft) {
  std::string directory = "/tmp/dyad_extents_XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  auto files = make_posix_files();
  ASSERT_TRUE(files->open_durable(directory + "/l", 1u << 20));
  struct stat status {};
  ASSERT_EQ(::stat((directory + "/l").c_str(), &status), 0);
  EXPECT_GE(status.st_blocks * 512, 1 << 20);
  std::filesystem::remove_all(directory);
}

TEST(PosixFiles, LongFilesStayOutOfThePageCache) {
  std::string directory = "/tmp/dyad_long_XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  auto files = make_posix_files();
  const std::string path = directory + "/l";
  const std::string content((4u << 20) + 5, 'l');
  auto file = files->open_long(path, kGathered);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->append(content));
  ASSERT_TRUE((*file)->sync());
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (::fcntl(fd.get(), F_SETFL, O_DIRECT) != 0) GTEST_SKIP() << "no direct I/O under /tmp";
  const std::size_t pages = (content.size() + kBlock - 1) / kBlock;
  void* const mapped = ::mmap(nullptr, content.size(), PROT_READ, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  std::vector<unsigned char> resident(pages);
  ASSERT_EQ(::mincore(mapped, content.size(), resident.data()), 0);
  // The last block is no whole one.
  EXPECT_LE(std::ranges::count_if(resident, [](unsigned char page) { return (page & 1) != 0; }), 1);
  ::munmap(mapped, content.size());
  std::filesystem::remove_all(directory);
}

TEST(PosixFiles, FullDiskIsNoSpace) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  auto files = make_posix_files();
  auto file = files->open_append("/dev/full", Files::Create::append);
  ASSERT_TRUE(file);
  const auto full = (*file)->append("x");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::no_space);
  EXPECT_NE(full.error().message.find("/dev/full: pwrite: No space left on device"),
            std::string::npos);
}

}  // namespace
}  // namespace dyad
