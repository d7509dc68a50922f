#include "test/support/objects.h"

#include "table/blob_references.h"
#include "table/item_builder.h"
#include "table/key_place.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/upload_rows.h"

namespace dyad::proof {
namespace {

using table::ObjectBytes;

table::Item object_item(const PutObject& put) {
  return table::ItemBuilder()
      .string(table::object_attribute::kBucket, put.bucket->ordered_hash)
      .string(table::object_attribute::kKey, put.key)
      .number(table::object_attribute::kSize, Decimal(static_cast<std::int64_t>(put.body.size())))
      .build();
}

/// The finished blob; it must be told its fate with settled().
Task<Result<blob::BlobId>> write_blob(blob::BlobStore& blobs, const PutObject& put) {
  DYAD_CO_TRY_ASSIGN(std::string key,
                     table::table_key(*put.bucket, object_key(*put.bucket, put.key)));
  table::BlobOwner owner;
  owner.table = put.bucket->id;
  owner.table_name = put.bucket->name;
  owner.key = std::move(key);
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<blob::BlobWriter> writer,
                     co_await blobs.create(table::encode_owner(owner), put.body.size()));
  const std::span<const char> bytes(put.body);
  DYAD_CO_TRY(co_await writer->write(bytes));
  DYAD_CO_TRY(co_await writer->finish());
  co_return writer->id();
}

table::RowWrite object_write(const PutObject& put, const ObjectBytes& bytes) {
  table::RowWrite write;
  write.table = put.bucket;
  write.key = object_key(*put.bucket, put.key);
  write.by_owner = true;
  write.decide = [item = object_item(put), bytes, only_new = put.if_none_match](
                     const table::RowView& old) -> Result<table::Decision> {
    if (only_new && !old.item.empty()) return fail(ErrorCode::failed_condition, "it is there");
    return table::Decision::put(table::NewRow{item, table::encode_object_bytes(bytes)});
  };
  if (bytes.place == ObjectBytes::Place::blob) {
    write.beside = [blob = bytes.blob](store::Transaction& tx, const table::KeyPlace& place) {
      return table::add_reference(tx, place, blob);
    };
  } else if (bytes.place == ObjectBytes::Place::inline_row) {
    std::string row;
    table::append_record_header(row);
    row += put.body;
    write.beside = [row](store::Transaction& tx, const table::KeyPlace& place) {
      return tx.put(place.partition, place.row_key(table::RowKind::inline_bytes), row, {},
                    table::record_stamp());
    };
  }
  return write;
}

Task<Result<std::string>> read_blob(blob::BlobStore& blobs, blob::BlobId blob) {
  DYAD_CO_TRY_ASSIGN(std::unique_ptr<blob::BlobReader> reader, co_await blobs.open(blob));
  std::string body(reader->size_bytes(), '\0');
  DYAD_CO_TRY_ASSIGN(const std::size_t got, co_await reader->read_at(0, std::span<char>(body)));
  body.resize(got);
  co_return body;
}

Task<Result<std::string>> read_parts(table::Tables& tables, blob::BlobStore& blobs,
                                     table::TableRef bucket, table::PrimaryKey key) {
  DYAD_CO_TRY_ASSIGN(
      const table::Tables::RowAndBeside found,
      co_await tables.get_with(bucket, key, table::RowKind::part_list, Deadline::never()));
  if (!found.beside) co_return fail(ErrorCode::corruption, "an object's list of parts is gone");
  DYAD_CO_TRY_ASSIGN(const table::PartList list, table::decode_part_list(*found.beside));
  std::string body;
  for (const table::PartList::Part& part : list.parts) {
    DYAD_CO_TRY_ASSIGN(const std::string bytes, co_await read_blob(blobs, part.blob));
    body += bytes;
  }
  co_return body;
}

}  // namespace

table::TableSpec bucket_spec(const std::string& bucket) {
  table::TableSpec spec;
  spec.name = "s3." + bucket;
  spec.codec = table::RowCodecKind::object;
  spec.placement = table::Placement::ordered;
  spec.keys.hash = {std::string(table::object_attribute::kBucket), table::Type::string};
  spec.keys.range =
      table::KeyAttribute{std::string(table::object_attribute::kKey), table::Type::string};
  spec.ordered_hash = bucket;
  return spec;
}

table::PrimaryKey object_key(const table::TableDescriptor& bucket, const std::string& key) {
  return {table::Value::string(bucket.ordered_hash), table::Value::string(key)};
}

Task<Result<store::Commit>> put_object(table::Tables& tables, blob::BlobStore& blobs, PutObject put,
                                       std::vector<table::RowWrite> more) {
  ObjectBytes bytes;
  bytes.size_bytes = put.body.size();
  if (put.body.size() > put.inline_limit_bytes) {
    bytes.place = ObjectBytes::Place::blob;
    DYAD_CO_TRY_ASSIGN(bytes.blob, co_await write_blob(blobs, put));
  } else if (!put.body.empty()) {
    bytes.place = ObjectBytes::Place::inline_row;
  }
  more.push_back(object_write(put, bytes));
  Result<store::Commit> commit = co_await tables.write(std::move(more), Deadline::never());
  // An error that leaves the commit open leaves the blob pending: the next start decides.
  const bool refused = !commit && commit.error().code == ErrorCode::failed_condition;
  if (bytes.place == ObjectBytes::Place::blob && (commit || refused)) {
    const Result<> settled = co_await blobs.settled(bytes.blob, commit.has_value());
    if (!settled && refused) co_return fail(settled.error());
  }
  co_return commit;
}

table::RowWrite erase_object(table::TableRef bucket, const std::string& key) {
  table::RowWrite write;
  write.key = object_key(*bucket, key);
  write.table = std::move(bucket);
  write.by_owner = true;
  write.decide = [](const table::RowView&) -> Result<table::Decision> {
    return table::Decision::erase();
  };
  return write;
}

Task<Result<std::optional<std::string>>> read_object(table::Tables& tables, blob::BlobStore& blobs,
                                                     table::TableRef bucket, std::string key) {
  const auto absent = []() -> Result<std::optional<std::string>> {
    return std::optional<std::string>();
  };
  const table::PrimaryKey primary = object_key(*bucket, key);
  DYAD_CO_TRY_ASSIGN(
      const table::Tables::RowAndBeside found,
      co_await tables.get_with(bucket, primary, table::RowKind::inline_bytes, Deadline::never()));
  if (!found.row) co_return absent();
  DYAD_CO_TRY_ASSIGN(const ObjectBytes bytes,
                     table::decode_object_bytes(found.row->view().private_part));
  std::string body;
  if (bytes.place == ObjectBytes::Place::inline_row) {
    if (!found.beside) co_return fail(ErrorCode::corruption, key + ": its inline bytes are gone");
    DYAD_CO_TRY_ASSIGN(const table::Record record, table::parse_record(*found.beside));
    body = record.body;
  } else if (bytes.place == ObjectBytes::Place::blob) {
    DYAD_CO_TRY_ASSIGN(body, co_await read_blob(blobs, bytes.blob));
  } else if (bytes.place == ObjectBytes::Place::parts) {
    DYAD_CO_TRY_ASSIGN(body, co_await read_parts(tables, blobs, bucket, primary));
  }
  if (body.size() != bytes.size_bytes)
    co_return fail(ErrorCode::corruption, key + ": its bytes are of another size");
  co_return std::optional<std::string>(std::move(body));
}

}  // namespace dyad::proof
