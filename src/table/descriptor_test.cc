#include "table/descriptor.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "table/tables.h"
#include "table/test_indexes.h"

namespace dyad::table {
namespace {

using store::PartitionId;

TableDescriptor orders() {
  TableDescriptor table;
  table.id = TableId(3);
  table.version = 4;
  table.name = "orders";
  table.keys = {{"id", Type::string}, KeyAttribute{"line", Type::number}};
  table.partitions = PartitionMap({{"", PartitionId(1)}, {"m", PartitionId(2)}});
  IndexDescriptor global;
  global.name = "by-group";
  global.keys.hash = {"group", Type::binary};
  global.partitions = PartitionMap({{"", PartitionId(3)}});
  IndexDescriptor local;
  local.name = "by-date";
  local.kind = IndexDescriptor::Kind::local;
  local.keys = {{"id", Type::string}, KeyAttribute{"date", Type::string}};
  table.indexes = {global, local};
  return table;
}

TEST(Descriptor, ComesBack) {
  const std::string bytes = encode_descriptor(orders());
  const Result<TableDescriptor> back = decode_descriptor(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode_descriptor(*back), bytes);
  EXPECT_EQ(back->partitions.partition_of("z"), PartitionId(2));
}

// What a request takes for granted of a descriptor is looked at when it is read of a disk.
TEST(Descriptor, WhatNoTableCanBeIsDamaged) {
  const std::vector<std::function<void(TableDescriptor&)>> damages = {
      [](TableDescriptor& t) { t.codec = static_cast<RowCodecKind>(3); },
      [](TableDescriptor& t) { t.placement = static_cast<Placement>(0); },
      [](TableDescriptor& t) { t.placement = Placement::ordered; },  // By a number.
      [](TableDescriptor& t) {
        t.placement = Placement::ordered;
        t.keys.range.reset();
      },
      [](TableDescriptor& t) { t.keys.hash.type = Type::map; },
      [](TableDescriptor& t) { t.keys.range->type = static_cast<Type>(99); },
      [](TableDescriptor& t) { t.log_images = static_cast<LogImages>(4); },
      [](TableDescriptor& t) { t.partitions = PartitionMap(); },
      [](TableDescriptor& t) {
        t.partitions = PartitionMap({{"a", PartitionId(1)}});
      },
      [](TableDescriptor& t) {
        t.partitions =
            PartitionMap({{"", PartitionId(1)}, {"b", PartitionId(2)}, {"b", PartitionId(3)}});
      },
      [](TableDescriptor& t) { t.indexes[0].kind = static_cast<IndexDescriptor::Kind>(7); },
      [](TableDescriptor& t) { t.indexes[0].keys.hash.type = Type::null; },
      [](TableDescriptor& t) { t.indexes[0].partitions = PartitionMap(); },
      [](TableDescriptor& t) { t.indexes[0].projection.kind = static_cast<Projection::Kind>(0); },
      [](TableDescriptor& t) { t.indexes[1].local_number = kMaxLocalIndexes; },
  };
  for (std::size_t i = 0; i < damages.size(); ++i) {
    TableDescriptor table = orders();
    damages[i](table);
    const Result<TableDescriptor> back = decode_descriptor(encode_descriptor(table));
    ASSERT_FALSE(back) << i;
    EXPECT_EQ(back.error().code, ErrorCode::corruption) << i;
  }
}

TEST(IndexState, DescriptorsWithoutBuildingIndexesKeepTheOldFormat) {
  TableDescriptor table;
  table.id = TableId(3);
  table.version = 4;
  table.name = "plain";
  table.keys.hash = {"id", Type::string};
  table.partitions = PartitionMap({{"", PartitionId(1)}});
  table.indexes = {group_index()};
  table.indexes[0].partitions = PartitionMap({{"", PartitionId(2)}});
  const std::string active = encode_descriptor(table);
  EXPECT_EQ(active[0], 1);
  table.indexes[0].state = IndexDescriptor::State::backfilling;
  table.indexes[0].since = 300;
  const std::string building = encode_descriptor(table);
  EXPECT_EQ(building[0], 2);
  const auto back = decode_descriptor(building);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->indexes[0].state, IndexDescriptor::State::backfilling);
  EXPECT_EQ(back->indexes[0].since, 300u);
  EXPECT_EQ(encode_descriptor(*back), building);
  EXPECT_FALSE(decode_descriptor(active)->indexes[0].building());
  for (std::size_t size = 1; size < building.size(); ++size)
    EXPECT_EQ(decode_descriptor(building.substr(0, size)).error().code, ErrorCode::corruption);
  std::string unknown = building;
  const std::size_t at = building.find("\x03\xac\x02", 0, 3);
  ASSERT_NE(at, std::string::npos);
  unknown[at] = 9;
  EXPECT_EQ(decode_descriptor(unknown).error().code, ErrorCode::corruption);
}

}  // namespace
}  // namespace dyad::table
