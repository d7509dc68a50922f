#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "backup/create.h"
#include "backup/restore.h"
#include "blob/blob_files.h"
#include "blob/check_file.h"
#include "blob/file_blob_store.h"
#include "runtime/file_tree.h"
#include "runtime/sync_wait.h"
#include "runtime/system_clock.h"
#include "runtime/threaded_runtime.h"
#include "store/embedded/embedded_store.h"
#include "table/blob_references.h"
#include "table/row_kind.h"

namespace dyad::backup {
namespace {

namespace fs = std::filesystem;

constexpr store::PartitionId kPartition = store::kCatalogPartition;

TEST(BackupNames, AreOfFewCharactersAndStayBelow) {
  for (const char* good : {"a", "store/rows/000012.sst", "tls-key.pem", "x_y/..z", "a/b/c/d"})
    EXPECT_TRUE(is_safe_name(good)) << good;
  for (const char* bad : {"", "/", "/etc/passwd", "a/../b", "..", ".", "a//b", "a/", "a b", "a\nb",
                          "./a", "a/.", "~", "a\\b"})
    EXPECT_FALSE(is_safe_name(bad)) << bad;
  EXPECT_TRUE(is_safe_name(std::string(512, 'a')));
  EXPECT_FALSE(is_safe_name(std::string(513, 'a')));
}

/// A store with rows and blobs in a directory that goes with the test.
class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    path_ = (fs::temp_directory_path() / "dyad-backup-XXXXXX").string();
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    open();
  }
  ~BackupTest() override {
    close();
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  Files& files() { return runtime_->files(); }

  template <class T>
  T run(Task<T> task) {
    return sync_wait(*executor_, std::move(task));
  }

  void open(const std::string& data = "data") {
    ASSERT_TRUE(files().make_directory(path(data)));
    auto store =
        run(store::open_embedded_store(*runtime_, path(data) + "/store", store::EmbeddedOptions()));
    ASSERT_TRUE(store) << store.error().to_string();
    store_ = std::move(*store);
    auto blobs = blob::open_file_blob_store(*runtime_, path(data) + "/blobs");
    ASSERT_TRUE(blobs) << blobs.error().to_string();
    blobs_ = std::move(*blobs);
    pins_.emplace(*store_);
  }
  void close() {
    if (!store_) return;
    EXPECT_TRUE(run(store_->close()));
    pins_.reset();
    blobs_.reset();
    store_.reset();
  }

  Source source() {
    Source source{*runtime_, *store_, *blobs_, *pins_, path("data")};
    source.beside = {"secret", "not-there"};
    source.server_version = "1.2.3";
    return source;
  }

  /// A blob with a reference row of `key`.
  blob::BlobId put_blob(const std::string& key, const std::string& bytes) {
    const auto put = [&]() -> Task<Result<blob::BlobId>> {
      DYAD_CO_TRY_ASSIGN(const auto writer, co_await blobs_->create(key, bytes.size()));
      DYAD_CO_TRY(co_await writer->write(bytes));
      DYAD_CO_TRY(co_await writer->finish());
      const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
        co_return tx.put(kPartition, table::reference_row(key, writer->id()), "r");
      };
      std::vector<store::DeclaredKey> declared;
      DYAD_CO_TRY(co_await store_->transact(std::move(declared), body, Deadline::never()));
      DYAD_CO_TRY(co_await blobs_->settled(writer->id(), true));
      co_return writer->id();
    };
    const auto id = run(put());
    EXPECT_TRUE(id) << id.error().to_string();
    return id.value_or(blob::BlobId());
  }
  void put_row(const std::string& rest) {
    const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.put(kPartition, "\x01" + rest, rest + rest);
    };
    EXPECT_TRUE(run(store_->transact({}, body, Deadline::never())));
  }
  std::string read_blob(blob::BlobId id) {
    const auto read = [&]() -> Task<Result<std::string>> {
      DYAD_CO_TRY_ASSIGN(const auto reader, co_await blobs_->open(id));
      std::string bytes(reader->size_bytes(), '\0');
      DYAD_CO_TRY(co_await reader->read_at(0, bytes));
      co_return bytes;
    };
    const auto bytes = run(read());
    return bytes ? *bytes : bytes.error().to_string();
  }
  bool has_row(const std::string& rest) {
    const auto value = run(store_->get(kPartition, "\x01" + rest));
    return value && *value;
  }

  Result<Summary> create(const std::string& name, Share share, std::uint64_t rate = 0) {
    Watch watch(clock_, rate);
    const auto made = run(create_backup(source(), path(name), share, watch));
    last_ = watch.progress();
    return made;
  }
  Result<Summary> restore(const std::string& name, const std::string& data) {
    Watch watch(clock_, 0);
    return restore_backup(files(), path(name), path(data), Share::link_where_possible, watch);
  }

  std::string path_;
  SystemClock clock_;
  std::unique_ptr<Runtime> runtime_ =
      make_threaded_runtime(WorkerPoolOptions(), make_posix_files());
  std::unique_ptr<Executor> executor_ = runtime_->make_dedicated("test");
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::optional<table::ReadPins> pins_;
  Progress last_;
};

TEST_F(BackupTest, RestoresWhatWasThereAndNothingLater) {
  for (const Share share : {Share::link_where_possible, Share::never}) {
    const std::string name = share == Share::never ? "copied" : "linked";
    const std::string large(300'000, 'l');
    put_row("before-" + name);
    const blob::BlobId one = put_blob("a-" + name, large);
    ASSERT_TRUE(write_file(files(), path("data/secret"), "hush"));
    const auto made = create(name, share);
    ASSERT_TRUE(made) << made.error().to_string();
    EXPECT_EQ(made->server_version, "1.2.3");
    EXPECT_GT(made->moment, Timestamp());
    EXPECT_EQ(last_.files_done, made->files);
    EXPECT_EQ(last_.bytes_done, made->bytes);
    EXPECT_EQ(last_.bytes_copied == made->bytes, share == Share::never);
    put_row("after-" + name);
    const blob::BlobId two = put_blob("b-" + name, "later");
    ASSERT_TRUE(run(blobs_->erase({one})));
    close();

    const auto restored = restore(name, "again");
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(restored->files, made->files);
    open("again");
    EXPECT_TRUE(has_row("before-" + name));
    EXPECT_FALSE(has_row("after-" + name));
    EXPECT_EQ(read_blob(one), large);
    EXPECT_FALSE(files().info(blob::blob_path(path("again/blobs"), two)));
    EXPECT_EQ(*read_file(files(), path("again/secret"), 100), "hush");
    // An id is never used twice, whatever the moment knew of it.
    EXPECT_GT(put_blob("c", "new"), one);
    close();
    ASSERT_TRUE(remove_tree(files(), path("again")));
    open();
    const store::Body forget = [&](store::Transaction& tx) -> Task<Result<>> {
      co_return tx.erase(kPartition, table::reference_row("a-" + name, one));
    };
    ASSERT_TRUE(run(store_->transact({}, forget, Deadline::never())));
  }
}

TEST_F(BackupTest, NothingIsOverwrittenAndDamageIsNamed) {
  put_row("x");
  const blob::BlobId id = put_blob("a", std::string(5000, 'b'));
  ASSERT_TRUE(create("backup", Share::never));
  const auto onto_data = restore("backup", "data");
  ASSERT_FALSE(onto_data);
  EXPECT_EQ(onto_data.error().code, ErrorCode::already_exists);
  ASSERT_TRUE(files().make_directory(path("half.restoring")));
  EXPECT_EQ(restore("backup", "half").error().code, ErrorCode::already_exists);

  const std::string blob_file = blob::blob_path(path("backup/data/blobs"), id);
  for (const std::string& victim :
       {blob_file, path("backup/dyad-backup"), path("backup/data/store/log/SEGMENTS")}) {
    const std::string good = *read_file(files(), victim, 1u << 24);
    std::string bad = good;
    bad[good.size() / 2] ^= 1;
    std::ofstream(victim, std::ios::binary) << bad;
    const auto restored = restore("backup", "new");
    ASSERT_FALSE(restored) << victim;
    EXPECT_EQ(restored.error().code, ErrorCode::corruption) << restored.error().to_string();
    EXPECT_NE(restored.error().message.find(victim), std::string::npos)
        << restored.error().to_string();
    EXPECT_FALSE(files().info(path("new")));
    EXPECT_FALSE(files().info(path("new.restoring")));
    std::ofstream(victim, std::ios::binary) << good.substr(0, good.size() - 1);
    EXPECT_FALSE(restore("backup", "new")) << victim;
    std::ofstream(victim, std::ios::binary) << good;
  }
  ASSERT_TRUE(files().remove(blob_file));
  const auto missing = restore("backup", "new");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
}

TEST_F(BackupTest, WithoutItsManifestItIsNone) {
  ASSERT_TRUE(files().make_directory(path("other")));
  EXPECT_NE(restore("other", "new").error().message.find("not a backup"), std::string::npos);
  ASSERT_TRUE(write_file(files(), path("other/UNFINISHED"), ""));
  EXPECT_NE(restore("other", "new").error().message.find("interrupted"), std::string::npos);
  ASSERT_TRUE(write_file(files(), path("other/dyad-backup"), "dyad-backup 2\nanything\n"));
  EXPECT_EQ(restore("other", "new").error().code, ErrorCode::unsupported);
  for (const char* text :
       {"", "\n", "dyad-backup 1\n", "end 0 0 0 0\n",
        "dyad-backup 1\nserver x\nmade 1\nmoment 1\nend 0 0 0 0000000000000000\n",
        "dyad-backup 1\nserver x\nmade 1\nmoment 1\nfile 1 0 fixed ../x\n"}) {
    ASSERT_TRUE(write_file(files(), path("other/dyad-backup"), text));
    const auto refused = restore("other", "new");
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::corruption) << refused.error().to_string();
  }
  ASSERT_TRUE(
      write_file(files(), path("other/dyad-backup"), std::string(kMaxManifestLineBytes + 1, 'x')));
  EXPECT_EQ(restore("other", "new").error().code, ErrorCode::corruption);
  EXPECT_FALSE(files().info(path("new")));
}

TEST_F(BackupTest, ACancelledOneLeavesNothing) {
  put_row("x");
  put_blob("a", std::string(2u << 20, 'b'));
  Watch watch(clock_, 1u << 16);
  std::thread canceller([&] {
    while (watch.progress().files_total == 0) std::this_thread::yield();
    watch.cancel();
  });
  const auto made = run(create_backup(source(), path("backup"), Share::never, watch));
  canceller.join();
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::cancelled);
  EXPECT_FALSE(files().info(path("backup")));
  EXPECT_FALSE(files().info(path("data/store/held")));
  EXPECT_EQ(pins_->oldest(), store_->durable_upto());
  EXPECT_TRUE(create("backup", Share::never));
}

TEST_F(BackupTest, KeepsToItsRate) {
  put_blob("a", std::string(1u << 20, 'b'));
  const std::int64_t began_us = clock_.steady_us();
  Watch watch(clock_, 4u << 20);
  ASSERT_TRUE(watch.spend(1u << 20));
  ASSERT_TRUE(watch.spend(1u << 20));
  EXPECT_GE(clock_.steady_us() - began_us, 490'000);
}

TEST_F(BackupTest, ABlobThatIsGoneFailsItByName) {
  const blob::BlobId id = put_blob("a", "bytes");
  ASSERT_TRUE(files().remove(blob::blob_path(path("data/blobs"), id)));
  const auto made = create("backup", Share::link_where_possible);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("blobs"), std::string::npos) << made.error().to_string();
  EXPECT_FALSE(files().info(path("backup")));
}

}  // namespace
}  // namespace dyad::backup
