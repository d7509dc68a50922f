// Directories of every format version there was are opened, read to the last byte, written to.

#include <gtest/gtest.h>

#include "services/dynamodb/table_settings.h"
#include "services/s3/bucket_properties.h"
#include "table/index_backfill.h"
#include "table/item_builder.h"
#include "table/read_pins.h"
#include "test/golden/data.h"
#include "test/golden/survey.h"
#include "test/golden/unpacked.h"
#include "test/support/objects.h"
#include "test/support/s3_calls.h"

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

/// Directories that have uploads in parts and an index of which a few rows are there.
class GoldenUploads : public Golden {
 protected:
  static constexpr const char* kBucket = "golden-uploads";
};

TEST_P(GoldenUploads, GoOn) {
  const Unpacked directory(GetParam());
  auto data = open(directory.path());
  ASSERT_TRUE(data);
  {
    table::ReadPins pins(data->store());
    s3::S3Options options;
    options.min_part_bytes = 1;
    s3::S3Service service(data->tables(), data->blobs(), pins, options);
    S3Calls calls(service, data->tables().runtime().clock(), kBucket);
    const auto whole = data->run(calls.get("parts/whole.txt"));
    ASSERT_TRUE(whole && *whole);
    EXPECT_EQ((*whole)->body.size(), 1500u + 140'000u + 4u);
    EXPECT_TRUE((*whole)->e_tag.ends_with("-3")) << (*whole)->e_tag;
    EXPECT_EQ(data->run(calls.uploads("parts/aborted.txt")).value_or(std::vector<std::string>{"?"}),
              std::vector<std::string>());

    const std::string key = "parts/under-way.txt";
    const auto ids = data->run(calls.uploads(key));
    ASSERT_TRUE(ids);
    ASSERT_EQ(ids->size(), 1u);
    const std::string id = ids->front();
    const auto parts = data->run(calls.parts(key, id));
    ASSERT_TRUE(parts);
    ASSERT_EQ(parts->size(), 3u);
    const bool clean = std::string_view(GetParam()).ends_with("clean");
    EXPECT_EQ((*parts)[0].size_bytes, clean ? 600u : 650u);
    EXPECT_EQ((*parts)[1].size_bytes, 900u);
    EXPECT_EQ((*parts)[2].number, 4);
    ASSERT_TRUE(data->run(calls.put_part(key, id, 9, "the end\n")));
    std::vector<ObjectCalls::Part> named = *data->run(calls.parts(key, id));
    ASSERT_TRUE(data->run(calls.complete(key, id, named, true)));
    const auto made = data->run(calls.get(key));
    ASSERT_TRUE(made && *made);
    EXPECT_TRUE((*made)->body.starts_with(clean ? "first, line 1\n" : "first again, line 1\n"));
    EXPECT_TRUE((*made)->body.ends_with("the end\n"));
    const auto begun = data->run(calls.uploads("parts/begun.txt"));
    ASSERT_TRUE(begun && begun->size() == 1);
    EXPECT_TRUE(data->run(calls.abort("parts/begun.txt", begun->front())));
  }
  EXPECT_TRUE(data->close());
  expect_content(directory.path());
}

TEST_P(GoldenUploads, TheIndexIsBuiltOnFromItsCursor) {
  const Unpacked directory(GetParam());
  auto data = open(directory.path());
  ASSERT_TRUE(data);
  auto readings = data->run(data->tables().find("readings", Deadline::never()));
  ASSERT_TRUE(readings);
  ASSERT_TRUE((*readings)->find_index("by-value")->building());
  table::IndexBackfill backfill(data->tables(), table::BackfillOptions());
  const auto pass = data->run(backfill.pass(Deadline::never()));
  ASSERT_TRUE(pass) << pass.error().to_string();
  EXPECT_EQ(pass->finished, 1u);
  EXPECT_GT(pass->rows, 0u);
  EXPECT_LT(pass->rows, 40u) << "from the start, not from the cursor";
  readings = data->run(data->tables().find("readings", Deadline::never()));
  ASSERT_TRUE(readings);
  EXPECT_FALSE((*readings)->find_index("by-value")->building());
  table::ScanSpec scan;
  scan.table = *readings;
  scan.index = "by-value";
  const auto rows = data->run(data->tables().scan(scan, Deadline::never()));
  scan.index.clear();
  const auto all = data->run(data->tables().scan(scan, Deadline::never()));
  ASSERT_TRUE(rows && all);
  EXPECT_EQ(rows->rows.size(), all->rows.size());
  EXPECT_TRUE(data->close());
  expect_content(directory.path());
}

TEST_P(GoldenUploads, SettingsAreReadWhole) {
  const Unpacked directory(GetParam());
  auto data = open(directory.path());
  ASSERT_TRUE(data);
  const auto bucket =
      data->run(data->tables().find("s3." + std::string(kBucket), Deadline::never()));
  ASSERT_TRUE(bucket);
  const auto properties = s3::decode_bucket_properties((*bucket)->properties);
  ASSERT_TRUE(properties);
  EXPECT_EQ(properties->location_constraint, "EU");
  ASSERT_EQ(properties->tags.size(), 2u);
  EXPECT_EQ(properties->tags[1].first, "empty");
  ASSERT_EQ(properties->cors.size(), 2u);
  EXPECT_EQ(properties->cors[0].max_age_seconds, 600);
  EXPECT_FALSE(properties->cors[1].id);
  const auto updated = data->run(data->tables().find("updated", Deadline::never()));
  ASSERT_TRUE(updated);
  const auto settings = dynamodb::decode_settings((*updated)->properties);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->provisioned.write, 6);
  EXPECT_EQ(settings->lowered_times, 4u);
  EXPECT_EQ(settings->class_changed_ms, 1'700'000'000'005);
}

INSTANTIATE_TEST_SUITE_P(Version2, GoldenUploads, ::testing::Values("v2-clean", "v2-killed"),
                         [](const auto& info) {
                           std::string name(info.param);
                           name[name.find('-')] = '_';
                           return name;
                         });

INSTANTIATE_TEST_SUITE_P(Versions, Golden,
                         ::testing::Values("v1-clean", "v1-killed", "v2-clean", "v2-killed"),
                         [](const auto& info) {
                           std::string name(info.param);
                           name[name.find('-')] = '_';
                           return name;
                         });

}  // namespace
}  // namespace dyad::proof
