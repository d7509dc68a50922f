#include "store/embedded/rocksdb_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "runtime/sim_files.h"
#include "store/embedded/row_store.h"

namespace dyad::store::embedded {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::size_t kSectorBytes = 512;
constexpr int kTables = 3;

std::size_t sector_after(std::size_t offset) {
  return (offset / kSectorBytes + 1) * kSectorBytes;
}

/// A directory of RocksDB's as it is when its last file of rows is complete, and each change of its
/// manifest: a file whose smallest and largest keys are as long as the parameter says, so that the
/// record of it takes some sectors, or some blocks.
class Manifest : public testing::TestWithParam<std::size_t> {
 protected:
  using Directory = std::map<std::string, std::string>;

  void SetUp() override {
    SimFiles files;
    ASSERT_TRUE(files.make_directory("/rows"));
    const auto rows = open(files);
    ASSERT_TRUE(rows);
    for (int table = 0; table < kTables; ++table) {
      RowBatch batch;
      batch.put(key(table), "value");
      ASSERT_TRUE((*rows)->apply(batch));
      ASSERT_TRUE((*rows)->flush());
      directory_ = read_all(files);
      ends_[table] = manifest().size();
    }
  }

  static std::string key(int table) { return std::to_string(table) + std::string(GetParam(), 'k'); }

  static Result<std::unique_ptr<RowStore>> open(Files& files, bool read_only = false) {
    RowStoreOptions options;
    options.directory = "/rows";
    options.read_only = read_only;
    return RowStore::open(files, options);
  }

  static Directory read_all(Files& files) {
    Directory all;
    const std::vector<std::string> names = files.list("/rows").value();
    for (const std::string& name : names) {
      const std::string path = "/rows/" + name;
      all[name] = read_file(files, path, files.info(path)->size_bytes).value();
    }
    return all;
  }

  std::string manifest_name() const {
    const std::string& current = directory_.at("CURRENT");
    return current.substr(0, current.find('\n'));
  }
  const std::string& manifest() const { return directory_.at(manifest_name()); }

  /// How many of the tables' rows are there, the first ones, in a store with this manifest.
  Result<int> tables_of(const std::string& manifest, bool read_only = false) const {
    SimFiles files;
    DYAD_TRY(files.make_directory("/rows"));
    for (const auto& [name, bytes] : directory_)
      DYAD_TRY(write_file(files, "/rows/" + name, name == manifest_name() ? manifest : bytes));
    DYAD_TRY_ASSIGN(const auto rows, open(files, read_only));
    int found = 0;
    for (int table = 0; table < kTables; ++table) {
      DYAD_TRY_ASSIGN(const auto row, rows->get(key(table), RowStore::Wait::yes));
      if (row.value && found == table) ++found;
    }
    return found;
  }

  Directory directory_;
  std::map<int, std::size_t> ends_;  ///< Of the manifest, in bytes, by the table written last.
};

TEST_P(Manifest, ReadsToItsEndWhereNothingIsWrong) {
  EXPECT_EQ(tables_of(manifest()).value(), kTables);
}

TEST_P(Manifest, ATornLastRecordIsLeftOutWhereverItIsTorn) {
  const std::size_t begin = ends_[kTables - 2], end = ends_[kTables - 1];
  ASSERT_GT(end, sector_after(begin)) << "no sector ends in it";
  for (std::size_t cut = begin; cut < end; cut = sector_after(cut)) {
    std::string torn = manifest();
    torn.replace(cut, end - cut, end - cut, '\0');
    for (const bool read_only : {false, true}) {
      const Result<int> found = tables_of(torn, read_only);
      ASSERT_TRUE(found) << cut << ": " << found.error().to_string();
      EXPECT_EQ(*found, kTables - 1) << cut;
    }
    const Result<int> shorter = tables_of(manifest().substr(0, cut));
    ASSERT_TRUE(shorter) << cut << ": " << shorter.error().to_string();
    EXPECT_EQ(*shorter, kTables - 1) << cut;
  }
}

TEST_P(Manifest, ADamagedLastRecordIsRefused) {
  const std::size_t begin = ends_[kTables - 2], end = ends_[kTables - 1];
  for (const std::size_t at : {begin, begin + 10, (begin + end) / 2, end - 1}) {
    std::string damaged = manifest();
    damaged[at] ^= 1;
    const Result<int> found = tables_of(damaged);
    ASSERT_FALSE(found) << at;
    EXPECT_EQ(found.error().code, ErrorCode::corruption);
    EXPECT_THAT(found.error().message, HasSubstr(manifest_name()));
  }
}

/// One append of those before a sync is lost, and the next one is not.
TEST_P(Manifest, WhatStandsBehindALostRecordIsLeftOutToo) {
  const std::size_t begin = ends_[0], end = ends_[1];
  std::string torn = manifest();
  torn.replace(begin, end - begin, end - begin, '\0');
  const Result<int> found = tables_of(torn);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, 1);
}

TEST_P(Manifest, ALostSectorIsEnough) {
  const std::size_t sector = sector_after(ends_[0]);
  const std::size_t lost = std::min(ends_[1] - sector, kSectorBytes);
  std::string torn = manifest();
  torn.replace(sector, lost, lost, '\0');
  const Result<int> found = tables_of(torn);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, 1);
}

TEST_P(Manifest, DamageBeforeTheLastRecordIsRefusedByItsOffset) {
  std::string damaged = manifest();
  damaged[(ends_[0] + ends_[1]) / 2] ^= 1;
  const Result<int> found = tables_of(damaged);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::corruption);
  EXPECT_THAT(found.error().message, AllOf(HasSubstr(manifest_name()), HasSubstr("offset")));
}

INSTANTIATE_TEST_SUITE_P(KeyBytes, Manifest, testing::Values(600, 40'000));

}  // namespace
}  // namespace dyad::store::embedded
