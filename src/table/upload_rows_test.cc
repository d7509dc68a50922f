// Rows beside a key: their keys, their transactions, and the largest of these.

#include "table/upload_rows.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>

#include "base/bytes.h"
#include "runtime/simulation.h"
#include "store/hostile/hostile_store.h"
#include "store/memory/memory_store.h"
#include "table/blob_references.h"
#include "table/item_builder.h"
#include "table/item_codec.h"
#include "table/object_codec.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/tables.h"

namespace dyad::table {
namespace {

std::string id_of(char c) {
  return std::string(kUploadIdBytes, c);
}

TEST(UploadRows, KeysSortAsTheObjectsDoAndComeBack) {
  const std::string keys[] = {"a", std::string("a\0", 2), std::string("a\0b", 3), "aa", "b", "b/"};
  std::string former;
  for (const std::string& key : keys) {
    for (const char id : {'\x00', '\x01', '\xff'}) {
      const std::string row = upload_row(key, id_of(id));
      EXPECT_LT(former, row);
      former = row;
      const auto decoded = decode_upload_row_key(row);
      ASSERT_TRUE(decoded) << decoded.error().to_string();
      EXPECT_EQ(decoded->key, key);
      EXPECT_EQ(decoded->upload_id, id_of(id));
    }
  }
  EXPECT_LT(upload_part_row("a", id_of('x'), 255), upload_part_row("a", id_of('x'), 256));
  EXPECT_EQ(decode_upload_row_key(upload_part_row("a", id_of('x'), 10'000))->part_number, 10'000u);
  EXPECT_FALSE(decode_upload_row_key(upload_part_row("a", id_of('x'), 0)));
  EXPECT_FALSE(decode_upload_row_key(upload_part_row("a", id_of('x'), 10'001)));
  const std::string row = upload_row("a", id_of('x'));
  for (std::size_t size = 0; size < row.size(); ++size)
    EXPECT_FALSE(decode_upload_row_key(std::string_view(row).substr(0, size)));
}

TEST(UploadRows, DamagedRecordsAreFound) {
  PartList list;
  list.upload_id = id_of('u');
  list.parts = {{1, 10, blob::BlobId(5), "abcd"}, {10'000, 20, blob::BlobId(6), {}}};
  const std::string record = encode_part_list(list);
  const auto decoded = decode_part_list(record);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->upload_id, list.upload_id);
  ASSERT_EQ(decoded->parts.size(), 2u);
  EXPECT_EQ(decoded->parts[1].number, 10'000u);
  EXPECT_EQ(decoded->parts[0].checksum_bytes, "abcd");
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_FALSE(decode_part_list(record.substr(0, size)));
  EXPECT_FALSE(decode_part_list(record + "x"));
  std::string newer = record;
  newer[kRecordHeaderBytes] = 2;
  EXPECT_EQ(decode_part_list(newer).error().code, ErrorCode::unsupported);
  std::swap(list.parts[0], list.parts[1]);
  EXPECT_FALSE(decode_part_list(encode_part_list(list)));  // Out of order.

  UploadPart part;
  part.size_bytes = 7;
  part.md5 = std::string(16, 'm');
  const std::string stored = encode_upload_part(part);
  EXPECT_EQ(decode_upload_part(stored)->md5, part.md5);
  for (std::size_t size = 0; size < stored.size(); ++size)
    EXPECT_FALSE(decode_upload_part(stored.substr(0, size)));
}

class UploadRowsTest : public testing::TestWithParam<bool> {
 protected:
  UploadRowsTest() : simulation_(1) {
    store_ = store::make_memory_store(simulation_);
    if (GetParam()) store_ = store::make_hostile_store(std::move(store_), simulation_, 1);
    RowCodecs codecs;
    codecs.item = std::make_shared<ItemCodec>();
    codecs.object = std::make_shared<ObjectCodec>();
    tables_ = std::make_unique<Tables>(*store_, simulation_, codecs);
    TableSpec spec;
    spec.name = "s3.bucket";
    spec.codec = RowCodecKind::object;
    spec.placement = Placement::ordered;
    spec.keys.hash = {"bucket", Type::string};
    spec.keys.range = KeyAttribute{"key", Type::string};
    spec.ordered_hash = "bucket";
    table_ = *run(tables_->create(spec, Deadline::never()));
  }
  ~UploadRowsTest() override { EXPECT_TRUE(run(store_->close())); }

  template <class T>
  T run(Task<T> task) {
    return simulation_.run_until(std::move(task));
  }
  Result<store::Commit> put_part(TableRef table, const std::string& key, const std::string& id,
                                 std::uint32_t number, std::uint64_t blob) {
    UploadPart part;
    part.size_bytes = 5u << 20;
    part.blob = blob::BlobId(blob);
    const std::string row = upload_part_row(key, id, number);
    SideWrite write;
    write.table = std::move(table);
    write.key = key;
    write.latches.push_back({row, store::LatchMode::exclusive});
    write.body = [&](store::Transaction& tx, const KeyPlace& place) -> Task<Result<>> {
      DYAD_CO_TRY(tx.put(place.partition, row, encode_upload_part(part), {}, record_stamp()));
      co_return add_reference(tx, place, part.blob);
    };
    return run(tables_->write_beside(std::move(write), Deadline::never()));
  }
  std::vector<std::string> part_keys(std::string begin, const std::string& end) {
    std::vector<std::string> keys;
    while (true) {
      const auto page = run(tables_->scan_beside(table_, RowKind::upload_part, begin, end,
                                                 store::ScanLimits(), Deadline::never()));
      EXPECT_TRUE(page) << page.error().to_string();
      for (std::size_t i = 0; i < page->rows.size(); ++i)
        keys.push_back(decode_upload_row_key(page->rows[i].key)->key);
      if (!page->next) return keys;
      begin = *page->next;
    }
  }

  Simulation simulation_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Tables> tables_;
  TableRef table_;
};

TEST_P(UploadRowsTest, AWriteFindsItsPartitionAfterASplitAndAScanGoesAcross) {
  const TableRef old = table_;
  ASSERT_TRUE(put_part(old, "m", id_of('x'), 1, 1));
  ASSERT_TRUE(run(tables_->split("s3.bucket", "", "f", Deadline::never())));
  ASSERT_TRUE(run(tables_->split("s3.bucket", "", "p", Deadline::never())));
  // With the descriptor from before.
  for (const std::string key : {"a", "m", "z"})
    ASSERT_TRUE(put_part(old, key, id_of('y'), 1, 2)) << key;
  EXPECT_EQ(part_keys({}, {}), (std::vector<std::string>{"a", "m", "m", "z"}));
  EXPECT_EQ(part_keys(upload_key_prefix("b"), upload_key_prefix("y")),
            (std::vector<std::string>{"m", "m"}));
  std::vector<std::string> rows = {upload_part_row("m", id_of('x'), 1),
                                   upload_part_row("m", id_of('x'), 2)};
  const auto values = run(tables_->get_beside(old, "m", rows, Deadline::never()));
  ASSERT_TRUE(values);
  EXPECT_TRUE((*values)[0].has_value());
  EXPECT_FALSE((*values)[1].has_value());
  ASSERT_TRUE(run(tables_->drop("s3.bucket", {}, Deadline::never())));
  EXPECT_EQ(put_part(old, "a", id_of('z'), 1, 3).error().code, ErrorCode::not_found);
}

class ManyPartsTest : public UploadRowsTest {};

TEST_P(ManyPartsTest, AnObjectOfTenThousandPartsReplacesAnother) {
  // The longest keys there are: escaped, they take twice their room.
  std::string key(1024, '\0');
  key.front() = 'k';
  const std::string id = id_of('u');
  const auto complete = [&](std::uint64_t first_blob) -> Result<store::Commit> {
    const store::Body fill = [&](store::Transaction& tx) -> Task<Result<>> {
      const KeyPlace place{table_->partitions.partition_of(key), key};
      for (std::uint32_t number = 1; number <= kMaxPartNumber; ++number) {
        UploadPart part;
        part.blob = blob::BlobId(first_blob + number);
        part.checksum_bytes = std::string(32, 's');
        DYAD_CO_TRY(tx.put(place.partition, upload_part_row(key, id, number),
                           encode_upload_part(part), {}, record_stamp()));
        DYAD_CO_TRY(add_reference(tx, place, part.blob));
      }
      co_return Result<>();
    };
    DYAD_TRY(run(store_->transact({}, fill, Deadline::never())));
    PartList list;
    RowWrite write;
    write.table = table_;
    write.key = {Value::string("bucket"), Value::string(key)};
    write.by_owner = true;
    write.latches.push_back({upload_row(key, id), store::LatchMode::exclusive});
    write.prepare = [&](store::Transaction& tx, const KeyPlace& place) -> Task<Result<>> {
      DYAD_CO_TRY_ASSIGN(const std::vector<StoredPart> parts,
                         co_await read_upload_parts(tx, place, id));
      list = PartList();
      list.upload_id = id;
      for (const StoredPart& part : parts)
        list.parts.push_back({part.number, 1, part.part.blob, part.part.checksum_bytes});
      co_return erase_upload(tx, place, id, parts);
    };
    write.decide = [&](const RowView&) -> Result<Decision> {
      ObjectBytes bytes;
      bytes.place = ObjectBytes::Place::parts;
      bytes.part_count = static_cast<std::uint32_t>(list.parts.size());
      bytes.size_bytes = list.parts.size();
      Item item = ItemBuilder().string("bucket", "bucket").string("key", key).build();
      return Decision::put(NewRow{std::move(item), encode_object_bytes(bytes)});
    };
    write.beside = [&](store::Transaction& tx, const KeyPlace& place) {
      return tx.put(place.partition, place.row_key(RowKind::part_list), encode_part_list(list), {},
                    record_stamp());
    };
    std::vector<RowWrite> writes;
    writes.push_back(std::move(write));
    const auto began = std::chrono::steady_clock::now();
    Result<store::Commit> written = run(tables_->write(std::move(writes), Deadline::never()));
    const auto took = std::chrono::steady_clock::now() - began;
    std::printf("an object of 10,000 parts: %lld ms in memory\n",
                static_cast<long long>(
                    std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
    return written;
  };
  const auto first = complete(0);
  ASSERT_TRUE(first) << first.error().to_string();
  const auto second = complete(100'000);
  ASSERT_TRUE(second) << second.error().to_string();
  // All of the first one's bytes are let go of, and the second one's list is what is there.
  std::size_t released = 0;
  store::ScanRange range;
  range.begin = std::string(1, static_cast<char>(RowKind::released));
  range.end = prefix_end(range.begin);
  while (true) {
    const auto page =
        run(store_->scan(table_->partitions[0].partition, range, store::ScanLimits()));
    ASSERT_TRUE(page);
    released += page->size();
    if (!page->next) break;
    range = *page->next;
  }
  EXPECT_EQ(released, kMaxPartNumber);
  const auto stored = run(tables_->get_with(table_, {Value::string("bucket"), Value::string(key)},
                                            RowKind::part_list, Deadline::never()));
  ASSERT_TRUE(stored && stored->beside);
  const auto list = decode_part_list(*stored->beside);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->parts.front().blob, blob::BlobId(100'001));
  EXPECT_LT(stored->beside->size(), store::kMaxValueBytes / 8);
}

INSTANTIATE_TEST_SUITE_P(Engines, UploadRowsTest, testing::Bool(),
                         [](const auto& engine) { return engine.param ? "Hostile" : "Memory"; });
// One engine is enough for the largest transaction.
INSTANTIATE_TEST_SUITE_P(Memory, ManyPartsTest, testing::Values(false));

}  // namespace
}  // namespace dyad::table
