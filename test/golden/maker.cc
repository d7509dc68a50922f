#include "test/golden/maker.h"

#include <fmt/core.h>
#include <simdjson.h>

#include "base/bytes.h"
#include "base/check.h"
#include "crypto/digest.h"
#include "services/dynamodb/attribute_value_json.h"
#include "services/s3/bucket_properties.h"
#include "services/s3/bucket_table.h"
#include "services/s3/object_attributes.h"
#include "services/s3/object_upload.h"
#include "table/blob_references.h"
#include "table/index_backfill.h"
#include "table/key_place.h"

namespace dyad::proof {
namespace {

/// Objects up to this size are inline.
constexpr std::size_t kInlineBytes = 1024;

s3::S3Options golden_s3_options() {
  s3::S3Options options;
  options.inline_limit_bytes = kInlineBytes;
  options.min_part_bytes = 1;
  return options;
}

table::RowWrite row_write(table::TableRef table, table::PrimaryKey key,
                          const table::Decision& decision) {
  table::RowWrite write;
  write.table = std::move(table);
  write.key = std::move(key);
  write.decide = [decision](const table::RowView&) -> Result<table::Decision> { return decision; };
  return write;
}

Task<Result<>> write_one(table::Tables& tables, table::RowWrite write) {
  std::vector<table::RowWrite> writes;
  writes.push_back(std::move(write));
  DYAD_CO_TRY(co_await tables.write(std::move(writes), Deadline::never()));
  co_return Result<>();
}

s3::ObjectAttributes attributes_of(const Maker::Object& object) {
  s3::ObjectAttributes attributes;
  attributes.size_bytes = object.body.size();
  const auto digest = crypto::sha256_hex(object.body);
  attributes.e_tag.assign(digest.data(), 32);
  attributes.last_modified_ms = 1'700'000'000'123;
  attributes.content_type = "text/plain";
  attributes.cache_control = "max-age=60";
  for (const auto& [name, value] : object.metadata) attributes.metadata.emplace(name, value);
  for (const auto& [name, value] : object.tags) attributes.tags.emplace_back(name, value);
  return attributes;
}

Task<Result<s3::Upload>> upload_bytes(blob::BlobStore& blobs, table::TableRef bucket,
                                      const Maker::Object& object) {
  s3::Upload upload;
  upload.size_bytes = object.body.size();
  if (object.body.size() <= kInlineBytes) {
    upload.bytes = object.body;
    co_return upload;
  }
  table::BlobOwner owner;
  owner.table = bucket->id;
  owner.table_name = bucket->name;
  owner.key = object.key;
  DYAD_CO_TRY_ASSIGN(upload.blob,
                     co_await blobs.create(table::encode_owner(owner), object.body.size()));
  blob::BlobWriter& writer = *upload.blob;
  DYAD_CO_TRY(co_await writer.write(object.body));
  DYAD_CO_TRY(co_await writer.finish());
  co_return upload;
}

Task<Result<>> put_now(GoldenData& data, table::TableRef bucket, const Maker::Object& object) {
  DYAD_CO_TRY_ASSIGN(const s3::Upload upload, co_await upload_bytes(data.blobs(), bucket, object));
  table::NewRow row;
  row.item = s3::make_object_item(bucket->ordered_hash, object.key, attributes_of(object));
  row.private_part = table::encode_object_bytes(upload.place());
  table::RowWrite write =
      row_write(bucket, s3::object_primary_key(bucket->ordered_hash, object.key),
                table::Decision::put(std::move(row)));
  write.by_owner = true;
  write.beside = [&upload](store::Transaction& tx, const table::KeyPlace& place) {
    return s3::put_upload_rows(tx, place, upload);
  };
  DYAD_CO_TRY(co_await write_one(data.tables(), std::move(write)));
  if (upload.blob != nullptr) DYAD_CO_TRY(co_await data.blobs().settled(upload.blob->id(), true));
  co_return Result<>();
}

Task<Result<>> leave_now(GoldenData& data, table::TableRef bucket, const Maker::Object& object) {
  DYAD_CO_TRY_ASSIGN(const s3::Upload upload, co_await upload_bytes(data.blobs(), bucket, object));
  DYAD_CHECK(upload.blob != nullptr);
  co_return Result<>();
}

Task<Result<>> set_cursor(store::Store& store, std::string follower, store::PartitionId partition) {
  const Timestamp upto = store.durable_upto();
  const store::Body body = [&](store::Transaction& tx) -> Task<Result<>> {
    co_return tx.set_cursor(follower, partition, upto);
  };
  std::vector<store::DeclaredKey> none;
  DYAD_CO_TRY(co_await store.transact(std::move(none), body, Deadline::never()));
  co_return Result<>();
}

}  // namespace

table::Item item_of(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  DYAD_CHECK(parser.parse(json.data(), json.size()).get(element) == simdjson::SUCCESS);
  table::ValueWriter writer;
  std::expected<table::Item, dynamodb::JsonFault> item = dynamodb::read_item(element, writer);
  if (!item) fmt::print(stderr, "{}: {}\n", json, item.error().message);
  DYAD_CHECK(item.has_value());
  return std::move(*item);
}

table::KeyAttribute key_attribute(std::string_view text) {
  const std::size_t space = text.find(' ');
  DYAD_CHECK(space != std::string_view::npos);
  const std::string_view type = text.substr(space + 1);
  table::KeyAttribute attribute{std::string(text.substr(0, space)), table::Type::string};
  if (type == "N") attribute.type = table::Type::number;
  if (type == "B") attribute.type = table::Type::binary;
  return attribute;
}

table::IndexDescriptor index_of(std::string name, table::IndexDescriptor::Kind kind,
                                std::string_view hash, std::string_view range,
                                table::Projection projection) {
  table::IndexDescriptor index;
  index.name = std::move(name);
  index.kind = kind;
  index.keys.hash = key_attribute(hash);
  if (!range.empty()) index.keys.range = key_attribute(range);
  index.projection = std::move(projection);
  return index;
}

Maker::Maker(GoldenData& data)
    : data_(data),
      pins_(data.store()),
      service_(data.tables(), data.blobs(), pins_, golden_s3_options()) {}

Result<table::TableRef> Maker::find(const std::string& table) {
  return data_.run(data_.tables().find(table, Deadline::never()));
}

Result<> Maker::create(table::TableSpec spec) {
  DYAD_TRY(data_.run(data_.tables().create(std::move(spec), Deadline::never())));
  return {};
}

Result<> Maker::drop(const std::string& table) {
  // As DeleteBucket does; a table of items has no released rows.
  const table::Tables::Permit permit = [](store::Transaction& tx,
                                          const table::TableDescriptor& dropped) {
    return table::rehome_released_rows(tx, dropped);
  };
  DYAD_TRY(data_.run(data_.tables().drop(table, permit, Deadline::never())));
  return {};
}

Result<> Maker::put(const std::string& table, const table::Item& item) {
  DYAD_TRY_ASSIGN(table::TableRef ref, find(table));
  DYAD_TRY_ASSIGN(table::PrimaryKey key, table::key_of(ref->keys, item.view()));
  return data_.run(write_one(
      data_.tables(),
      row_write(std::move(ref), std::move(key), table::Decision::put(table::NewRow{item, {}}))));
}

Result<> Maker::erase(const std::string& table, const table::Item& key) {
  DYAD_TRY_ASSIGN(table::TableRef ref, find(table));
  DYAD_TRY_ASSIGN(table::PrimaryKey primary, table::key_of(ref->keys, key.view()));
  return data_.run(write_one(
      data_.tables(), row_write(std::move(ref), std::move(primary), table::Decision::erase())));
}

Result<> Maker::split(const std::string& table, const table::Item& key, bool at_hash) {
  DYAD_TRY_ASSIGN(const table::TableRef ref, find(table));
  DYAD_TRY_ASSIGN(const table::PrimaryKey primary, table::key_of(ref->keys, key.view()));
  DYAD_TRY_ASSIGN(std::string at, table::table_key(*ref, primary));
  if (at_hash) at = table::hash_prefix(*ref, primary.hash.view());
  DYAD_TRY(data_.run(data_.tables().split(table, {}, std::move(at), Deadline::never())));
  return {};
}

Result<> Maker::put_object(const std::string& bucket, const Object& object) {
  DYAD_TRY_ASSIGN(table::TableRef ref, find(s3::bucket_table_name(bucket)));
  return data_.run(put_now(data_, std::move(ref), object));
}

Result<> Maker::leave_pending(const std::string& bucket, const Object& object) {
  DYAD_TRY_ASSIGN(table::TableRef ref, find(s3::bucket_table_name(bucket)));
  return data_.run(leave_now(data_, std::move(ref), object));
}

Result<> Maker::erase_object(const std::string& bucket, const std::string& key) {
  DYAD_TRY_ASSIGN(table::TableRef ref, find(s3::bucket_table_name(bucket)));
  table::RowWrite write =
      row_write(std::move(ref), s3::object_primary_key(bucket, key), table::Decision::erase());
  write.by_owner = true;
  return data_.run(write_one(data_.tables(), std::move(write)));
}

Result<> Maker::upload_parts(const std::string& bucket, const std::string& key,
                             const std::vector<std::string>& parts) {
  S3Calls calls(service_, data_.tables().runtime().clock(), bucket);
  DYAD_TRY_ASSIGN(const std::string id, data_.run(calls.begin(key)));
  for (std::size_t i = 0; i < parts.size(); ++i)
    DYAD_TRY(data_.run(calls.put_part(key, id, static_cast<int>(i) + 1, parts[i])));
  return {};
}

Result<std::string> Maker::the_upload(S3Calls& calls, const std::string& key) {
  DYAD_TRY_ASSIGN(const std::vector<std::string> ids, data_.run(calls.uploads(key)));
  DYAD_CHECK(ids.size() == 1);
  return ids.front();
}

Result<> Maker::upload_part(const std::string& bucket, const std::string& key, int number,
                            std::string body) {
  S3Calls calls(service_, data_.tables().runtime().clock(), bucket);
  DYAD_TRY_ASSIGN(const std::string id, the_upload(calls, key));
  DYAD_TRY(data_.run(calls.put_part(key, id, number, std::move(body))));
  return {};
}

Result<> Maker::complete(const std::string& bucket, const std::string& key) {
  S3Calls calls(service_, data_.tables().runtime().clock(), bucket);
  DYAD_TRY_ASSIGN(const std::string id, the_upload(calls, key));
  DYAD_TRY_ASSIGN(std::vector<ObjectCalls::Part> parts, data_.run(calls.parts(key, id)));
  DYAD_TRY(data_.run(calls.complete(key, id, std::move(parts), false)));
  return {};
}

Result<> Maker::abort(const std::string& bucket, const std::string& key) {
  S3Calls calls(service_, data_.tables().runtime().clock(), bucket);
  DYAD_TRY_ASSIGN(const std::string id, the_upload(calls, key));
  return data_.run(calls.abort(key, id));
}

Result<> Maker::add_index(const std::string& table, table::IndexDescriptor index) {
  const auto add = [&index](table::TableDescriptor& descriptor) -> Result<> {
    descriptor.indexes.push_back(index);
    return {};
  };
  DYAD_TRY(data_.run(data_.tables().alter(table, add, Deadline::never())));
  return {};
}

Result<> Maker::build_indexes(std::uint32_t rows) {
  table::BackfillOptions options;
  options.rows_per_transaction = rows;
  options.rows_per_turn = options.rows_per_pass = rows;
  table::IndexBackfill backfill(data_.tables(), options);
  DYAD_TRY(data_.run(backfill.pass(Deadline::never())));
  return {};
}

Result<> Maker::set_cursors(const std::string& table, const std::string& follower) {
  DYAD_TRY_ASSIGN(const table::TableRef ref, find(table));
  for (std::size_t i = 0; i < ref->partitions.size(); ++i)
    DYAD_TRY(data_.run(set_cursor(data_.store(), follower, ref->partitions[i].partition)));
  return {};
}

Result<> Maker::trim_logs(const std::string& table) {
  DYAD_TRY_ASSIGN(const table::TableRef ref, find(table));
  const Timestamp upto = data_.store().durable_upto();
  for (std::size_t i = 0; i < ref->partitions.size(); ++i)
    DYAD_TRY(data_.run(data_.store().trim_log(ref->partitions[i].partition, upto)));
  return {};
}

}  // namespace dyad::proof
