#include "store/embedded/rocksdb_files.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/table.h>
#include <stdlib.h>

#include <filesystem>

#include "runtime/files.h"
#include "runtime/sim_files.h"

namespace dyad::store::embedded {
namespace {

constexpr int kMaxSleepUs = 1000;

class SilentLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel, const char*, va_list) override {}
};

/// A database as the embedded engine keeps one: no write-ahead log, one file system under it.
class Database {
 public:
  Database(Files& files, std::string path)
      : env_(make_rocksdb_env(files, kMaxSleepUs)), path_(std::move(path)) {}
  /// Of what it logs: many failures are wanted here.
  void be_silent() { log_ = std::make_shared<SilentLogger>(); }

  rocksdb::Status open() {
    rocksdb::Options options;
    options.env = env_.get();
    options.info_log = log_;
    options.create_if_missing = true;
    options.write_buffer_size = 256 << 10;
    options.compression = rocksdb::kNoCompression;
    options.paranoid_checks = true;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, path_, &db);
    db_.reset(db);
    return status;
  }
  void close() { db_.reset(); }

  rocksdb::Status put(int i, const std::string& value) {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return db_->Put(options, "key" + std::to_string(i), value);
  }
  std::string get(int i) {
    std::string value;
    const rocksdb::Status status =
        db_->Get(rocksdb::ReadOptions(), "key" + std::to_string(i), &value);
    return status.ok() ? value : status.ToString();
  }
  rocksdb::Status flush() { return db_->Flush(rocksdb::FlushOptions()); }
  rocksdb::Status compact() {
    return db_->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr);
  }
  rocksdb::DB& db() { return *db_; }

 private:
  std::unique_ptr<rocksdb::Env> env_;
  std::string path_;
  std::shared_ptr<rocksdb::Logger> log_;
  std::unique_ptr<rocksdb::DB> db_;
};

void write_flush_compact_reopen(Files& files, const std::string& path) {
  Database database(files, path);
  ASSERT_TRUE(database.open().ok());
  // No LOG file: messages go to our log.
  EXPECT_EQ(files.info(path + "/LOG").error().code, ErrorCode::not_found);
  const std::string pad(1000, 'p');
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(database.put(i, std::to_string(round) + pad).ok());
    }
    ASSERT_TRUE(database.flush().ok());
  }
  const rocksdb::Status compacted = database.compact();
  ASSERT_TRUE(compacted.ok()) << compacted.ToString();
  EXPECT_EQ(database.get(499), "2" + pad);
  EXPECT_EQ(database.get(500), "NotFound: ");
  Database second(files, path);
  EXPECT_FALSE(second.open().ok());  // The lock is held.
  database.close();
  const rocksdb::Status reopened = database.open();
  ASSERT_TRUE(reopened.ok()) << reopened.ToString();
  EXPECT_EQ(database.get(0), "2" + pad);
  EXPECT_EQ(database.get(499), "2" + pad);
  EXPECT_TRUE(database.db().VerifyChecksum().ok());
}

TEST(RocksdbFiles, ADatabaseOnTheSimulatedDisk) {
  SimFiles files;
  ASSERT_TRUE(files.make_directory("/db"));
  write_flush_compact_reopen(files, "/db");
  bool saw_table = false;
  for (const auto& operation : files.operations()) {
    saw_table = saw_table || operation.path.ends_with(".sst");
  }
  EXPECT_TRUE(saw_table);
}

TEST(RocksdbFiles, ADatabaseOnTheRealDisk) {
  std::string directory = "/tmp/dyad_rocksdb_XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const auto files = make_posix_files();
  write_flush_compact_reopen(*files, directory + "/db");
  std::filesystem::remove_all(directory);
}

TEST(RocksdbFiles, APowerLossKeepsWhatWasFlushed) {
  for (const Survival survival : {Survival::none, Survival::some}) {
    SimFiles files({.seed = 7});
    Database database(files, "/db");
    ASSERT_TRUE(database.open().ok());
    ASSERT_TRUE(files.sync_directory("/"));  // The database's own name is its owner's affair.
    ASSERT_TRUE(database.put(1, "flushed").ok());
    ASSERT_TRUE(database.flush().ok());
    ASSERT_TRUE(database.put(1, "not flushed").ok());
    ASSERT_TRUE(database.put(2, "not flushed").ok());
    files.crash(survival);
    database.close();
    files.restart();
    const rocksdb::Status reopened = database.open();
    ASSERT_TRUE(reopened.ok()) << reopened.ToString();
    EXPECT_EQ(database.get(1), "flushed");
    EXPECT_EQ(database.get(2), "NotFound: ");
  }
}

struct CrashWalk {
  std::uint64_t operations = 0;
  std::uint64_t points = 0;
  std::vector<std::string> lost;  ///< What went wrong where, a run each.
};

/// Flushes 1, then 2, compacts; crashes at each operation in turn, or lies at each sync in turn and
/// crashes at the end. A run is lost when a
/// flushed key or the database is.
CrashWalk walk_faults(std::optional<FileFault> fault) {
  CrashWalk walk;
  const auto work = [](SimFiles& files, int& flushed) {
    flushed = 0;
    Database database(files, "/db");
    database.be_silent();
    if (!files.make_directory("/db") || !files.sync_directory("/")) return;
    if (!database.open().ok()) return;
    for (int i = 1; i <= 2; ++i) {
      if (!database.put(i, "value").ok() || !database.flush().ok()) return;
      flushed = i;
    }
    if (!database.compact().ok()) return;
  };
  SimFiles whole;
  int flushed = 0;
  work(whole, flushed);
  EXPECT_EQ(flushed, 2);
  walk.operations = whole.operation_count();
  const auto operations = whole.operations();

  for (std::uint64_t n = 0; n < walk.operations; ++n) {
    SimFiles files({.seed = n + 1});
    if (fault) {
      files.fail_at(n, *fault);
    } else {
      const auto kind = operations[n].kind;
      if (kind != FileOperationKind::sync && kind != FileOperationKind::sync_directory) continue;
      files.ignore_sync_at(n);
    }
    ++walk.points;
    work(files, flushed);
    files.crash();
    files.restart();
    files.clear_faults();
    Database database(files, "/db");
    database.be_silent();
    std::string wrong;
    const rocksdb::Status opened = database.open();
    if (!opened.ok()) wrong = opened.ToString();
    for (int i = 1; wrong.empty() && i <= flushed; ++i) {
      if (const std::string got = database.get(i); got != "value") wrong = got;
    }
    if (!wrong.empty()) {
      walk.lost.push_back(std::string(to_string(operations[n].kind)) + " of " + operations[n].path +
                          ": " + wrong);
    }
  }
  return walk;
}

TEST(RocksdbFiles, NoPowerLossAnywhereLosesAFlush) {
  for (const FileFault fault : {FileFault::crash, FileFault::torn_crash, FileFault::io_error}) {
    const CrashWalk walk = walk_faults(fault);
    EXPECT_EQ(walk.lost, std::vector<std::string>()) << "fault " << static_cast<int>(fault);
    EXPECT_GT(walk.operations, 30u);
  }
}

TEST(RocksdbFiles, SyncsThatLieAreFoundOut) {
  // That losing a sync loses data shows that the walk above would see a sync that is missing.
  const CrashWalk walk = walk_faults(std::nullopt);
  EXPECT_GT(walk.points, 8u);
  EXPECT_GE(walk.lost.size(), 3u) << "of " << walk.points;
  RecordProperty("lost", std::to_string(walk.lost.size()) + " of " + std::to_string(walk.points));
}

TEST(RocksdbFiles, AFailedFlushIsSaid) {
  SimFiles files;
  Database database(files, "/db");
  ASSERT_TRUE(database.open().ok());
  ASSERT_TRUE(database.put(1, "1").ok());
  files.fail_all(FileOperationKind::sync, ".sst", FileFault::io_error);
  const rocksdb::Status failed = database.flush();
  ASSERT_FALSE(failed.ok());
  const Error error = rocksdb_error(failed, "flush");
  EXPECT_EQ(error.code, ErrorCode::io_error);
  EXPECT_NE(error.message.find(".sst: sync: injected: Input/output error"), std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("flush: "), std::string::npos);
  // And the database takes no more writes as if nothing were.
  EXPECT_FALSE(database.put(2, "2").ok());
}

TEST(RocksdbFiles, AFullDiskIsNoSpace) {
  SimFiles files;
  Database database(files, "/db");
  ASSERT_TRUE(database.open().ok());
  ASSERT_TRUE(database.put(1, std::string(100'000, 'x')).ok());
  files.set_capacity(0);
  const rocksdb::Status failed = database.flush();
  ASSERT_FALSE(failed.ok());
  EXPECT_TRUE(failed.IsNoSpace());
  EXPECT_EQ(rocksdb_error(failed, "flush").code, ErrorCode::no_space);
  database.close();
}

TEST(RocksdbFiles, FlippedBitsAreFound) {
  SimFiles files;
  Database database(files, "/db");
  ASSERT_TRUE(database.open().ok());
  ASSERT_TRUE(database.put(1, std::string(50'000, 'x')).ok());
  ASSERT_TRUE(database.flush().ok());
  database.close();
  const auto names = files.list("/db");
  ASSERT_TRUE(names);
  int tables = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(".sst")) continue;
    ++tables;
    ASSERT_TRUE(files.flip("/db/" + name, 1000));
  }
  ASSERT_EQ(tables, 1);
  ASSERT_TRUE(database.open().ok());
  const std::string answer = database.get(1);
  EXPECT_EQ(answer.substr(0, 10), "Corruption") << answer.substr(0, 200);
  EXPECT_NE(answer.find(".sst"), std::string::npos);
}

TEST(RocksdbFiles, FileSystemCalls) {
  SimFiles disk;
  const auto fs = make_rocksdb_files(disk);
  const rocksdb::IOOptions io;
  const rocksdb::FileOptions options;
  ASSERT_TRUE(fs->CreateDir("/d", io, nullptr).ok());
  EXPECT_TRUE(fs->CreateDir("/d", io, nullptr).IsIOError());
  EXPECT_TRUE(fs->CreateDirIfMissing("/d", io, nullptr).ok());
  EXPECT_TRUE(fs->FileExists("/d/a", io, nullptr).IsNotFound());
  std::vector<std::string> names;
  EXPECT_TRUE(fs->GetChildren("/missing", io, &names, nullptr).IsNotFound());
  std::unique_ptr<rocksdb::FSSequentialFile> sequential;
  EXPECT_TRUE(fs->NewSequentialFile("/d/a", options, &sequential, nullptr).IsPathNotFound());

  std::unique_ptr<rocksdb::FSWritableFile> writable;
  ASSERT_TRUE(fs->NewWritableFile("/d/a", options, &writable, nullptr).ok());
  ASSERT_TRUE(writable->Append("hello", io, nullptr).ok());
  ASSERT_TRUE(writable->RangeSync(0, 5, io, nullptr).ok());
  EXPECT_EQ(writable->GetFileSize(io, nullptr), 5u);
  ASSERT_TRUE(writable->Close(io, nullptr).ok());
  ASSERT_TRUE(fs->ReopenWritableFile("/d/a", options, &writable, nullptr).ok());
  ASSERT_TRUE(writable->Append(" world", io, nullptr).ok());
  ASSERT_TRUE(writable->Fsync(io, nullptr).ok());
  std::uint64_t number = 0;
  ASSERT_TRUE(fs->GetFileSize("/d/a", io, &number, nullptr).ok());
  EXPECT_EQ(number, 11u);
  EXPECT_TRUE(fs->GetFileModificationTime("/d/a", io, &number, nullptr).ok());

  char scratch[16];
  rocksdb::Slice read;
  ASSERT_TRUE(fs->NewSequentialFile("/d/a", options, &sequential, nullptr).ok());
  ASSERT_TRUE(sequential->Skip(6).ok());
  ASSERT_TRUE(sequential->Read(3, io, &read, scratch, nullptr).ok());
  EXPECT_EQ(read.ToString(), "wor");
  ASSERT_TRUE(sequential->Read(16, io, &read, scratch, nullptr).ok());
  EXPECT_EQ(read.ToString(), "ld");
  std::unique_ptr<rocksdb::FSRandomAccessFile> random;
  ASSERT_TRUE(fs->NewRandomAccessFile("/d/a", options, &random, nullptr).ok());
  ASSERT_TRUE(random->Prefetch(0, 5, io, nullptr).ok());
  random->Hint(rocksdb::FSRandomAccessFile::kRandom);
  ASSERT_TRUE(random->Read(4, 3, io, &read, scratch, nullptr).ok());
  EXPECT_EQ(read.ToString(), "o w");

  ASSERT_TRUE(fs->Truncate("/d/a", 5, io, nullptr).ok());
  EXPECT_TRUE(fs->Truncate("/d/missing", 5, io, nullptr).IsPathNotFound());
  EXPECT_TRUE(fs->FileExists("/d/missing", io, nullptr).IsNotFound());
  ASSERT_TRUE(fs->RenameFile("/d/a", "/d/b", io, nullptr).ok());
  ASSERT_TRUE(fs->LinkFile("/d/b", "/d/c", io, nullptr).ok());
  ASSERT_TRUE(fs->GetChildren("/d", io, &names, nullptr).ok());
  EXPECT_EQ(names, (std::vector<std::string>{"b", "c"}));
  bool is_directory = false;
  EXPECT_TRUE(fs->IsDirectory("/d", io, &is_directory, nullptr).ok());
  EXPECT_TRUE(is_directory);
  EXPECT_TRUE(fs->IsDirectory("/d/b", io, &is_directory, nullptr).ok());
  EXPECT_FALSE(is_directory);
  EXPECT_TRUE(fs->GetFreeSpace("/d", io, &number, nullptr).ok());
  EXPECT_GT(number, 0u);
  std::unique_ptr<rocksdb::FSDirectory> directory;
  ASSERT_TRUE(fs->NewDirectory("/d", io, &directory, nullptr).ok());
  EXPECT_TRUE(directory->Fsync(io, nullptr).ok());
  EXPECT_FALSE(fs->NewDirectory("/d/b", io, &directory, nullptr).ok());
  EXPECT_TRUE(fs->NewDirectory("/missing", io, &directory, nullptr).IsPathNotFound());

  rocksdb::FileLock* lock = nullptr;
  rocksdb::FileLock* second = nullptr;
  ASSERT_TRUE(fs->LockFile("/d/LOCK", io, &lock, nullptr).ok());
  EXPECT_FALSE(fs->LockFile("/d/LOCK", io, &second, nullptr).ok());
  ASSERT_TRUE(fs->UnlockFile(lock, io, nullptr).ok());
  ASSERT_TRUE(fs->DeleteFile("/d/LOCK", io, nullptr).ok());
  EXPECT_FALSE(fs->DeleteDir("/d", io, nullptr).ok());
  std::string absolute;
  EXPECT_TRUE(fs->GetAbsolutePath("/d", io, &absolute, nullptr).ok());
  EXPECT_EQ(absolute, "/d");
}

TEST(RocksdbFiles, ErrorsGoBothWays) {
  const auto round_trip = [](ErrorCode code) {
    return rocksdb_error(to_io_status(Error(code, "what: where")), "doing");
  };
  for (const ErrorCode code :
       {ErrorCode::not_found, ErrorCode::no_space, ErrorCode::corruption, ErrorCode::io_error}) {
    const Error error = round_trip(code);
    EXPECT_EQ(error.code, code) << error.to_string();
    EXPECT_NE(error.message.find("what: where"), std::string::npos) << error.message;
    EXPECT_TRUE(error.message.starts_with("doing: "));
  }
  EXPECT_EQ(round_trip(ErrorCode::conflict).code, ErrorCode::io_error);
  EXPECT_EQ(rocksdb_error(rocksdb::Status::NotFound(), "get").code, ErrorCode::not_found);
  EXPECT_EQ(rocksdb_error(rocksdb::Status::ShutdownInProgress(), "get").code, ErrorCode::cancelled);
  EXPECT_EQ(rocksdb_error(rocksdb::Status::InvalidArgument(), "get").code, ErrorCode::internal);
}

}  // namespace
}  // namespace dyad::store::embedded
