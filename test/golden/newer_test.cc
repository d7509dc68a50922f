// What a newer release wrote is refused, in words that say what to do, and stays as it is. Each
// test raises one version number in a golden directory.

#include <gtest/gtest.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "table/catalogue_keys.h"
#include "table/change.h"
#include "table/key_place.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/row_kind.h"
#include "test/golden/data.h"
#include "test/golden/survey.h"
#include "test/golden/unpacked.h"
#include "test/support/objects.h"

namespace dyad::proof {
namespace {

void expect_says_what_to_do(const Error& error, int version = 2) {
  EXPECT_EQ(error.code, ErrorCode::unsupported) << error.to_string();
  EXPECT_NE(error.message.find("has format version " + std::to_string(version) +
                               ", written by a newer release"),
            std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("Open the data directory with that release or a later one"),
            std::string::npos)
      << error.message;
}

std::unique_ptr<GoldenData> open(const std::string& path) {
  Result<std::unique_ptr<GoldenData>> data = GoldenData::open(path, golden_options());
  EXPECT_TRUE(data) << (data ? "" : data.error().to_string());
  return data ? std::move(*data) : nullptr;
}

TEST(NewerFormat, OfTheStoreIsRefusedAndNothingIsTouched) {
  const Unpacked directory("v1-killed");
  const std::string path = directory.path() + "/store/FORMAT";
  std::string format = Unpacked::read(path);
  format[8] = 2;
  store_le(format.data() + 20, XXH3_64bits(format.data(), 20));
  // A newer version may have another length, and another checksum.
  for (const std::string& bytes : {format, format.substr(0, 12) + "something else"}) {
    Unpacked::write(path, bytes);
    const auto before = Unpacked::files(directory.path());
    const auto data = GoldenData::open(directory.path(), golden_options());
    ASSERT_FALSE(data);
    expect_says_what_to_do(data.error());
    const auto verified = verify(directory.path());
    ASSERT_FALSE(verified);
    expect_says_what_to_do(verified.error());
    EXPECT_EQ(Unpacked::files(directory.path()), before);
  }
}

/// The newest record of the log: its file and offset.
std::pair<std::string, std::size_t> newest_record(const std::string& log) {
  std::pair<std::string, std::size_t> newest;
  std::uint64_t sequence = 0;
  for (const auto& [path, bytes] : Unpacked::files(log)) {
    if (!path.ends_with(".seg")) continue;
    for (std::size_t at = 0; at + 64 <= bytes.size(); at += 4096) {
      if (bytes.compare(at, 4, "DYSG") != 0) continue;
      const auto found = load_le<std::uint64_t>(bytes.data() + at + 16);
      if (found <= sequence) continue;
      sequence = found;
      newest = {path, at};
    }
  }
  return newest;
}

TEST(NewerFormat, OfTheLogsLastRecordIsNotTakenForATornTail) {
  const Unpacked directory("v1-killed");
  const std::string log = directory.path() + "/store/log";
  const auto salt =
      load_le<std::uint64_t>(Unpacked::read(directory.path() + "/store/FORMAT").data() + 12);
  const auto [path, at] = newest_record(log);
  ASSERT_FALSE(path.empty());
  const std::string as_it_was = Unpacked::read(path);
  std::string segment = as_it_was;
  segment[at + 4] = 2;
  store_le(segment.data() + at + 56, XXH3_64bits_withSeed(segment.data() + at, 56, salt));
  Unpacked::write(path, segment);
  const auto before = Unpacked::files(log);
  const auto data = GoldenData::open(directory.path(), golden_options());
  ASSERT_FALSE(data);
  expect_says_what_to_do(data.error());
  EXPECT_NE(data.error().message.find(path), std::string::npos) << data.error().message;
  EXPECT_EQ(Unpacked::files(log), before);

  Unpacked::write(path, as_it_was);
  const auto again = open(directory.path());
  ASSERT_TRUE(again);
  EXPECT_EQ(survey(*again).value_or(""), directory.manifest());
}

TEST(NewerFormat, OfABlobIsNotServed) {
  const Unpacked directory("v1-clean");
  for (auto [path, bytes] : Unpacked::files(directory.path() + "/blobs")) {
    if (!path.ends_with("0000000000000002")) continue;  // two-frames.txt
    bytes[8] = 2;
    XXH128_canonical_t tag;
    XXH128_canonicalFromHash(&tag, XXH3_128bits(bytes.data(), 4080));
    bytes.replace(4080, 16, reinterpret_cast<const char*>(tag.digest), 16);
    Unpacked::write(path, bytes);
  }
  const auto before = Unpacked::files(directory.path() + "/blobs");
  const auto data = open(directory.path());
  ASSERT_TRUE(data);
  const auto bucket = data->run(data->tables().find("s3.golden-archive", Deadline::never()));
  ASSERT_TRUE(bucket);
  const auto body =
      data->run(read_object(data->tables(), data->blobs(), *bucket, "blob/two-frames.txt"));
  ASSERT_FALSE(body);
  expect_says_what_to_do(body.error());
  EXPECT_TRUE(data->close());
  const auto verified = verify(directory.path());
  ASSERT_TRUE(verified);
  EXPECT_FALSE(verified->damages.empty());
  EXPECT_EQ(Unpacked::files(directory.path() + "/blobs"), before);
}

/// A row's bytes; with its first byte, which is a version, raised by `raise`.
std::string row_with_version(GoldenData& data, store::PartitionId partition, const std::string& key,
                             char raise) {
  auto value = data.run(data.store().get(partition, key));
  EXPECT_TRUE(value && *value);
  std::string bytes = value->value_or("");
  if (raise == 0) return bytes;
  // A record says 1 and knows 1; a descriptor in it says 1 where it can, but 2 is known, too.
  bytes[raise == 1 ? 0 : 16] += raise;
  const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
    co_return tx.put(partition, key, bytes);
  };
  EXPECT_TRUE(data.run(data.store().transact({}, body, Deadline::never())));
  return bytes;
}

table::RowWrite put_over(table::TableRef table, const table::PrimaryKey& key, table::Item item) {
  table::RowWrite write;
  write.table = std::move(table);
  write.key = key;
  write.decide = [item = std::move(item)](const table::RowView&) -> Result<table::Decision> {
    return table::Decision::put(table::NewRow{item, {}});
  };
  return write;
}

TEST(NewerFormat, OfARecordIsNeitherReadNorOverwritten) {
  const Unpacked directory("v1-clean");
  const auto data = open(directory.path());
  ASSERT_TRUE(data);
  const auto found = data->run(data->tables().find("every-type", Deadline::never()));
  ASSERT_TRUE(found);
  table::PrimaryKey key;
  key.hash = table::Value::string("S");
  const auto item = data->run(data->tables().get(*found, key, Deadline::never()));
  ASSERT_TRUE(item && *item);
  const std::string row_key = *table::table_key(**found, key);
  const std::string row = std::string(1, static_cast<char>(table::RowKind::current)) + row_key;
  const store::PartitionId partition = (*found)->partitions.partition_of(row_key);
  const std::string newer = row_with_version(*data, partition, row, 1);

  const auto got = data->run(data->tables().get(*found, key, Deadline::never()));
  ASSERT_FALSE(got);
  expect_says_what_to_do(got.error());
  table::QuerySpec query;
  query.table = *found;
  query.hash = key.hash;
  const auto page = data->run(data->tables().query(std::move(query), Deadline::never()));
  ASSERT_FALSE(page);
  expect_says_what_to_do(page.error());
  std::vector<table::RowWrite> writes;
  writes.push_back(put_over(*found, key, table::Item(std::string((*item)->view().item.encoded()))));
  const auto written = data->run(data->tables().write(std::move(writes), Deadline::never()));
  ASSERT_FALSE(written);
  expect_says_what_to_do(written.error());
  EXPECT_EQ(row_with_version(*data, partition, row, 0), newer);
}

TEST(NewerFormat, OfADescriptorKeepsItsTableClosed) {
  const Unpacked directory("v1-clean");
  auto data = open(directory.path());
  ASSERT_TRUE(data);
  const std::string row = table::descriptor_row("people");
  const std::string newer = row_with_version(*data, store::kCatalogPartition, row, 2);
  ASSERT_TRUE(data->close());
  data = open(directory.path());
  ASSERT_TRUE(data);
  const auto found = data->run(data->tables().find("people", Deadline::never()));
  ASSERT_FALSE(found);
  expect_says_what_to_do(found.error(), 3);
  const auto dropped = data->run(data->tables().drop("people", {}, Deadline::never()));
  ASSERT_FALSE(dropped);
  expect_says_what_to_do(dropped.error(), 3);
  table::TableSpec spec = bucket_spec("x");
  spec.name = "people";
  EXPECT_FALSE(data->run(data->tables().create(spec, Deadline::never())));
  EXPECT_EQ(row_with_version(*data, store::kCatalogPartition, row, 0), newer);
  EXPECT_TRUE(data->run(data->tables().find("readings", Deadline::never())));
}

TEST(NewerFormat, OfALogEntryIsNotGuessedAt) {
  table::Change change;
  change.table = table::TableId(1);
  std::string bytes = table::encode_change(change);
  ASSERT_TRUE(table::decode_change(bytes));
  bytes[0] = 2;
  const auto decoded = table::decode_change(bytes);
  ASSERT_FALSE(decoded);
  expect_says_what_to_do(decoded.error());
}

TEST(NewerFormat, OfAnObjectsPlaceIsNotGuessedAt) {
  table::ObjectBytes place;
  std::string bytes = table::encode_object_bytes(place);
  EXPECT_EQ(bytes[0], 1);  // In one piece, an older release reads it too.
  place.place = table::ObjectBytes::Place::parts;
  place.part_count = 3;
  EXPECT_EQ(table::encode_object_bytes(place)[0], 2);
  bytes[0] = 3;
  const auto decoded = table::decode_object_bytes(bytes);
  ASSERT_FALSE(decoded);
  expect_says_what_to_do(decoded.error(), 3);
}

}  // namespace
}  // namespace dyad::proof
