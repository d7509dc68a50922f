#include "engine_drivers.h"

#include "table/item_builder.h"
#include "table/object_row.h"
#include "table/record.h"

namespace dyad::bench {
namespace {

/// A log entry about as long as one of a table that logs keys only.
constexpr std::size_t kLogEntryBytes = 64;
constexpr std::int64_t kDeadlineMs = 60'000;

Deadline soon(Runtime& runtime) {
  return Deadline::after_ms(runtime.clock(), kDeadlineMs);
}

table::PrimaryKey item_primary_key(std::uint64_t number) {
  return {table::Value::string(item_key(number)), std::nullopt};
}

table::PrimaryKey object_primary_key(std::uint64_t number) {
  return {table::Value::string(kBucketName), table::Value::string(object_key(number))};
}

/// The attributes that every object has (an ETag of the right length stands for the digest).
table::Item object_item(std::uint64_t number) {
  namespace name = table::object_attribute;
  return table::ItemBuilder()
      .string(name::kBucket, kBucketName)
      .string(name::kKey, object_key(number))
      .number(name::kSize, Decimal(static_cast<std::int64_t>(kObjectBytes)))
      .string(name::kLastModified, "2024-01-01T00:00:00.000Z")
      .string(name::kETag, "d41d8cd98f00b204e9800998ecf8427e")
      .string(name::kStorageClass, "STANDARD")
      .string(name::kContentType, "binary/octet-stream")
      .build();
}

Task<Result<>> write_one(table::Tables& tables, table::RowWrite write) {
  std::vector<table::RowWrite> writes;
  writes.push_back(std::move(write));
  DYAD_CO_TRY(co_await tables.write(std::move(writes), soon(tables.runtime())));
  co_return Result<>();
}

}  // namespace

Task<Result<>> EngineGetItem::operate() {
  const std::uint64_t number = keys_.next();
  DYAD_CO_TRY_ASSIGN(
      const std::optional<table::StoredRow> row,
      co_await tables_.get(table_, item_primary_key(number), soon(tables_.runtime())));
  if (!row) co_return fail(ErrorCode::not_found, item_key(number));
  co_return Result<>();
}

Task<Result<>> EnginePutItem::operate() {
  const std::uint64_t number = keys_.next();
  const table::Item item = make_item(number, pool_.cut(keys_.random(), kPayloadBytes));
  table::RowWrite write;
  write.table = table_;
  write.key = item_primary_key(number);
  write.decide = [&item](const table::RowView&) -> Result<table::Decision> {
    return table::Decision::put(table::NewRow{item, {}});
  };
  co_return co_await write_one(tables_, std::move(write));
}

Task<Result<>> EnginePutObject::operate() {
  const std::uint64_t number = keys_.next();
  const table::Item item = object_item(number);
  const std::string_view bytes = pool_.cut(keys_.random(), kObjectBytes);
  table::ObjectBytes place;
  place.place = table::ObjectBytes::Place::inline_row;
  place.size_bytes = bytes.size();
  const std::string private_part = table::encode_object_bytes(place);
  table::RowWrite write;
  write.table = table_;
  write.key = object_primary_key(number);
  write.by_owner = true;
  write.decide = [&](const table::RowView&) -> Result<table::Decision> {
    return table::Decision::put(table::NewRow{item, private_part});
  };
  write.beside = [bytes](store::Transaction& tx, const table::KeyPlace& at) {
    std::string record;
    record.reserve(table::kRecordHeaderBytes + bytes.size());
    table::append_record_header(record);
    record.append(bytes);
    return tx.put(at.partition, at.row_key(table::RowKind::inline_bytes), std::move(record), {},
                  table::record_stamp());
  };
  co_return co_await write_one(tables_, std::move(write));
}

Task<Result<>> EngineGetObject::operate() {
  const std::uint64_t number = keys_.next();
  DYAD_CO_TRY_ASSIGN(
      const table::Tables::RowAndBeside found,
      co_await tables_.get_with(table_, object_primary_key(number), table::RowKind::inline_bytes,
                                soon(tables_.runtime())));
  if (!found.row || !found.beside) co_return fail(ErrorCode::not_found, object_key(number));
  co_return Result<>();
}

Task<Result<>> BareTransaction::operate() {
  const std::string name = "\x10" + item_key(keys_.next());
  const std::string_view value = pool_.cut(keys_.random(), kItemBytes);
  std::vector<store::DeclaredKey> declared;
  declared.push_back({store::kCatalogPartition,
                      "\x01"
                      "bench",
                      store::LatchMode::shared});
  declared.push_back({partition_, name, store::LatchMode::exclusive});
  const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
    DYAD_CO_TRY(co_await tx.get(store::kCatalogPartition,
                                "\x01"
                                "bench"));
    DYAD_CO_TRY(co_await tx.get(partition_, name));
    DYAD_CO_TRY(tx.put(partition_, name, std::string(value)));
    co_return tx.append(partition_, std::string(value.substr(0, kLogEntryBytes)));
  };
  DYAD_CO_TRY(co_await store_.transact(std::move(declared), body, Deadline::never()));
  co_return Result<>();
}

}  // namespace dyad::bench
