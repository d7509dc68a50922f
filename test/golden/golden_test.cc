// Directories of every format version there was are opened, read to the last byte, written to.

#include <gtest/gtest.h>

#include "table/item_builder.h"
#include "test/golden/data.h"
#include "test/golden/survey.h"
#include "test/golden/unpacked.h"
#include "test/support/objects.h"

namespace dyad::proof {
namespace {

class Golden : public ::testing::TestWithParam<const char*> {
 protected:
  static std::unique_ptr<GoldenData> open(const std::string& path) {
    Result<std::unique_ptr<GoldenData>> data = GoldenData::open(path, golden_options());
    EXPECT_TRUE(data) << (data ? "" : data.error().to_string());
    return data ? std::move(*data) : nullptr;
  }
  static std::string survey_of(GoldenData& data) {
    Result<std::string> text = survey(data);
    return text ? *text : text.error().to_string();
  }
  static void expect_content(const std::string& path) {
    const Result<server::VerifyOutcome> outcome = verify(path);
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    EXPECT_EQ(outcome->damages, std::vector<std::string>());
  }
};

TEST_P(Golden, EverythingIsThere) {
  const Unpacked directory(GetParam());
  auto data = open(directory.path());
  ASSERT_TRUE(data);
  EXPECT_EQ(survey_of(*data), directory.manifest());
  EXPECT_TRUE(data->close());
  data = open(directory.path());
  ASSERT_TRUE(data);
  EXPECT_EQ(survey_of(*data), directory.manifest()) << "after an orderly close by this code";
}

TEST_P(Golden, VerifyIsContent) {
  const Unpacked directory(GetParam());
  expect_content(directory.path());
  expect_content(directory.path());
}

TEST_P(Golden, TakesWritesAndKeepsThem) {
  const Unpacked directory(GetParam());
  auto data = open(directory.path());
  ASSERT_TRUE(data);
  const auto found = data->run(data->tables().find("people", Deadline::never()));
  ASSERT_TRUE(found);
  const table::Item item = table::ItemBuilder()
                               .string("id", "ada")
                               .number("born", *Decimal::parse("1815.9"))
                               .string("city", "Turin")
                               .string("name", "Ada, written later")
                               .build();
  const Timestamp before = data->store().durable_upto();
  table::RowWrite write;
  write.table = *found;
  write.key = *table::key_of((*found)->keys, item.view());
  std::string old_city;
  write.decide = [&](const table::RowView& old) -> Result<table::Decision> {
    old_city = old.item.find("city")->as_string();
    return table::Decision::put(table::NewRow{item, {}});
  };
  std::vector<table::RowWrite> writes;
  writes.push_back(write);
  const auto commit = data->run(data->tables().write(std::move(writes), Deadline::never()));
  ASSERT_TRUE(commit) << commit.error().to_string();
  EXPECT_GT(commit->timestamp, before);
  EXPECT_TRUE(old_city == "London" || old_city == "Ockham") << old_city;

  const auto bucket = data->run(data->tables().find("s3.golden-archive", Deadline::never()));
  ASSERT_TRUE(bucket);
  // A blob takes the place of another one, and its id is new.
  PutObject put;
  put.bucket = *bucket;
  put.key = "blob/two-frames.txt";
  put.body = std::string(9000, 'z');
  ASSERT_TRUE(data->run(put_object(data->tables(), data->blobs(), put)));
  const std::string written = survey_of(*data);
  EXPECT_NE(written, directory.manifest());
  EXPECT_TRUE(data->close());

  data = open(directory.path());
  ASSERT_TRUE(data);
  EXPECT_EQ(survey_of(*data), written);
  const auto body = data->run(read_object(data->tables(), data->blobs(), *bucket, put.key));
  ASSERT_TRUE(body && *body);
  EXPECT_EQ(**body, put.body);
  EXPECT_TRUE(data->close());
  expect_content(directory.path());
}

/// The bytes that docs/formats.md tells of, at the places it tells.
TEST_P(Golden, BytesAreWhereThePageSays) {
  using namespace std::string_literals;
  const Unpacked directory(GetParam());
  const std::string format = Unpacked::read(directory.path() + "/store/FORMAT");
  ASSERT_EQ(format.size(), 28u);
  EXPECT_EQ(format.substr(0, 12), "DYADSTOR\1\0\0\0"s);
  const bool clean = std::string_view(GetParam()).ends_with("clean");
  EXPECT_EQ(std::filesystem::exists(directory.path() + "/store/CLEAN"), clean);

  std::size_t segments = 0, kept = 0, blobs = 0;
  bool only_in_log = false;
  for (const auto& [path, bytes] : Unpacked::files(directory.path())) {
    const std::filesystem::path file(path);
    if (file.extension() == ".seg" || file.extension() == ".kept") {
      ++(file.extension() == ".seg" ? segments : kept);
      if (bytes.starts_with("DYSG")) {
        EXPECT_EQ(bytes.substr(0, 8), "DYSG\1\0\1\0"s) << path;
      }
      only_in_log = only_in_log || bytes.find("only the log knows me") != std::string::npos;
    }
    if (path.find("/blobs/") == std::string::npos || file.filename() == "reserved") continue;
    ++blobs;
    EXPECT_EQ(bytes.substr(0, 10), "DYADBLOB\1\1"s) << path;
    EXPECT_EQ(bytes.substr(4096, 4), "\0\0\0\0"s) << path;
  }
  EXPECT_GE(segments, 2u);
  EXPECT_GE(kept, 1u) << "what a follower needs of a segment that is gone";
  EXPECT_GE(blobs, 4u);
  EXPECT_EQ(only_in_log, !clean);
}

INSTANTIATE_TEST_SUITE_P(Version1, Golden, ::testing::Values("v1-clean", "v1-killed"),
                         [](const auto& info) {
                           std::string name(info.param);
                           name[name.find('-')] = '_';
                           return name;
                         });

}  // namespace
}  // namespace dyad::proof
