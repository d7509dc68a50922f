// Rows, log entries and descriptors as a disk may give them back. What a decoder accepts can be
// used, and is encoded to bytes that decode to the same.

#include <string>

#include "fuzz/fuzz_input.h"
#include "table/backfill_job.h"
#include "table/blob_references.h"
#include "table/change.h"
#include "table/descriptor.h"
#include "table/item.h"
#include "table/item_builder.h"
#include "table/key_encoding.h"
#include "table/object_row.h"
#include "table/record.h"
#include "table/upload_rows.h"

namespace dyad::fuzz {
namespace {

using namespace table;

template <class T>
bool accepted(const Result<T>& result) {
  if (result) return true;
  DYAD_CHECK(result.error().code == ErrorCode::corruption ||
             result.error().code == ErrorCode::unsupported);
  return false;
}

/// Visits every value; the sanitizers see where a view would leave the buffer.
std::size_t visit(ValueView value) {
  std::size_t seen = value.encoded().size();
  switch (value.type()) {
    case Type::string:
      return seen + value.as_string().size();
    case Type::binary:
      return seen + value.as_binary().size();
    case Type::number:
      return seen + value.as_number().to_string().size();
    case Type::boolean:
      return seen + value.as_bool();
    case Type::null:
      return seen;
    case Type::list:
      for (std::size_t i = 0; i < value.as_list().size(); ++i) seen += visit(value.as_list()[i]);
      return seen;
    case Type::map:
      for (std::size_t i = 0; i < value.as_map().size(); ++i) {
        const MapView::Entry entry = value.as_map()[i];
        const auto found = value.as_map().find(entry.name);
        DYAD_CHECK(found.has_value() && equal(*found, entry.value));
        seen += visit(entry.value);
      }
      return seen;
    default:
      for (std::size_t i = 0; i < value.as_set().size(); ++i) {
        DYAD_CHECK(value.as_set().contains(value.as_set()[i]));
        seen += visit(value.as_set()[i]);
      }
      return seen;
  }
}

void check_item(std::string_view encoded) {
  if (!accepted(validate_item(encoded))) return;
  const ItemView item(encoded);
  visit(item.as_value());
  dynamodb_size_bytes(item);
  (void)check_item_limits(item);
  // One encoding for one value: what is put together anew from the parts has the same bytes.
  ValueWriter writer;
  writer.begin_map();
  const MapView attributes = item.attributes();
  for (std::size_t i = attributes.size(); i > 0; --i) {
    writer.key(attributes[i - 1].name);
    writer.value(attributes[i - 1].value);
  }
  writer.end_map();
  DYAD_CHECK(writer.finish_item().encoded() == encoded);
}

void check_row(std::string_view bytes) {
  const Result<Record> record = parse_record(bytes);
  if (!accepted(record)) return;
  const Result<RowBody> body = parse_row_body(record->body);
  if (!accepted(body)) return;
  check_item(body->item);
  accepted(decode_object_bytes(body->private_part));
  const std::string again = make_row(body->private_part, body->item);
  const Result<Record> record_again = parse_record(again);
  DYAD_CHECK(record_again.has_value());
  const Result<RowBody> body_again = parse_row_body(record_again->body);
  DYAD_CHECK(body_again && body_again->item == body->item &&
             body_again->private_part == body->private_part);
}

void check_object_bytes(std::string_view bytes) {
  const Result<ObjectBytes> place = decode_object_bytes(bytes);
  if (!accepted(place)) return;
  const Result<ObjectBytes> again = decode_object_bytes(encode_object_bytes(*place));
  DYAD_CHECK(again && again->place == place->place && again->size_bytes == place->size_bytes &&
             again->part_count == place->part_count);
}

void check_change(std::string_view bytes) {
  const Result<Change> change = decode_change(bytes);
  if (!accepted(change)) return;
  const std::string encoded = encode_change(*change);
  const Result<Change> again = decode_change(encoded);
  DYAD_CHECK(again.has_value() && encode_change(*again) == encoded);
  for (const ItemView image : {change->keys, change->new_item, change->old_item})
    if (!image.empty()) check_item(image.encoded());
}

void check_descriptor(Input input) {
  const std::string_view key = input.take(input.byte());
  const Result<TableDescriptor> table = decode_descriptor(input.rest());
  if (!accepted(table)) return;
  const std::string encoded = encode_descriptor(*table);
  const Result<TableDescriptor> again = decode_descriptor(encoded);
  DYAD_CHECK(again.has_value() && encode_descriptor(*again) == encoded);
  // What a request does with it.
  table->partitions.partition_of(key);
  accepted(decode_table_key(key, table->placement, table->keys));
  for (const IndexDescriptor& index : table->indexes) {
    DYAD_CHECK(table->find_index(index.name) != nullptr);
    if (index.kind != IndexDescriptor::Kind::global) continue;
    index.partitions.partition_of(key);
    accepted(decode_index_key(key, index.keys, table->keys));
  }
}

void check_upload(Input input) {
  const std::string_view bytes = input.rest();
  if (const auto key = decode_upload_row_key(bytes); accepted(key)) {
    const bool part = key->part_number > 0;
    const std::string row = part ? upload_part_row(key->key, key->upload_id, key->part_number)
                                 : upload_row(key->key, key->upload_id);
    DYAD_CHECK(row.substr(1) == bytes.substr(1));
  }
  if (const auto part = decode_upload_part(bytes); accepted(part)) {
    const std::string encoded = encode_upload_part(*part);
    const auto again = decode_upload_part(encoded);
    DYAD_CHECK(again.has_value() && encode_upload_part(*again) == encoded);
  }
  if (const auto list = decode_part_list(bytes); accepted(list)) {
    const std::string encoded = encode_part_list(*list);
    const auto again = decode_part_list(encoded);
    DYAD_CHECK(again.has_value() && encode_part_list(*again) == encoded);
  }
}

void check_others(std::string_view bytes) {
  if (const auto job = decode_backfill_job(bytes); accepted(job)) {
    const auto again = decode_backfill_job(encode_backfill_job(*job));
    DYAD_CHECK(again && again->cursor == job->cursor && again->rows == job->rows);
  }
  if (const auto owner = decode_owner(bytes); accepted(owner)) {
    const auto again = decode_owner(encode_owner(*owner));
    DYAD_CHECK(again && again->key == owner->key && again->table == owner->table);
  }
  accepted(blob_of_row(bytes));
  for (const Type type : {Type::string, Type::number, Type::binary}) {
    std::string_view rest = bytes;
    const Result<Value> value = read_key_value(rest, type);
    if (!accepted(value)) continue;
    std::string encoded;
    append_key_value(encoded, value->view());
    DYAD_CHECK(encoded == bytes.substr(0, bytes.size() - rest.size()));
    visit(value->view());
  }
}

}  // namespace

void check(Input input) {
  switch (input.choice(7)) {
    case 0:
      return check_item(input.rest());
    case 1:
      return check_row(input.rest());
    case 2:
      return check_object_bytes(input.rest());
    case 3:
      return check_change(input.rest());
    case 4:
      return check_descriptor(input);
    case 5:
      return check_upload(input);
    default:
      return check_others(input.rest());
  }
}

}  // namespace dyad::fuzz
