#include "table/upload_rows.h"

#include "base/bytes.h"
#include "base/format_version.h"
#include "table/item.h"
#include "table/key_encoding.h"
#include "table/record.h"
#include "table/row_kind.h"

namespace dyad::table {
namespace {

constexpr std::uint8_t kUploadPartVersion = 1;
constexpr std::uint8_t kPartListVersion = 1;
constexpr std::size_t kPartNumberBytes = 2;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::corruption, "damaged " + std::string(what));
}

void append_escaped_key(std::string& out, std::string_view key) {
  const Value escaped = Value::binary(key);
  append_key_value(out, escaped.view());
}

void append_part_number(std::string& out, std::uint32_t number) {
  append_u8(out, static_cast<std::uint8_t>(number >> 8));
  append_u8(out, static_cast<std::uint8_t>(number & 0xff));
}

std::string row_of(RowKind kind, std::string_view key, std::string_view upload_id) {
  std::string row;
  row.reserve(1 + key.size() + 2 + kUploadIdBytes + kPartNumberBytes);
  append_u8(row, static_cast<std::uint8_t>(kind));
  append_escaped_key(row, key);
  row.append(upload_id);
  return row;
}

bool valid_number(std::uint64_t number) {
  return number >= 1 && number <= kMaxPartNumber;
}

}  // namespace

std::string upload_key_prefix(std::string_view key) {
  std::string prefix;
  append_escaped_key(prefix, key);
  return prefix;
}

std::string upload_row(std::string_view key, std::string_view upload_id) {
  return row_of(RowKind::upload, key, upload_id);
}

std::string upload_part_row(std::string_view key, std::string_view upload_id,
                            std::uint32_t number) {
  std::string row = row_of(RowKind::upload_part, key, upload_id);
  append_part_number(row, number);
  return row;
}

Result<UploadRowKey> decode_upload_row_key(std::string_view row) {
  if (row.empty()) return damaged("row of an upload: it has no key");
  const bool part = row.front() == static_cast<char>(RowKind::upload_part);
  row.remove_prefix(1);
  UploadRowKey decoded;
  DYAD_TRY_ASSIGN(const Value key, read_key_value(row, Type::binary));
  decoded.key = key.view().as_binary();
  if (row.size() != kUploadIdBytes + (part ? kPartNumberBytes : 0))
    return damaged("row of an upload: its key does not end in an upload's id");
  decoded.upload_id = row.substr(0, kUploadIdBytes);
  if (!part) return decoded;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(row[at]); };
  decoded.part_number =
      static_cast<std::uint32_t>(byte(kUploadIdBytes) << 8 | byte(kUploadIdBytes + 1));
  if (!valid_number(decoded.part_number)) return damaged("row of a part: no such part number");
  return decoded;
}

std::string encode_upload_part(const UploadPart& part) {
  std::string out;
  append_record_header(out);
  append_u8(out, kUploadPartVersion);
  append_varint(out, part.size_bytes);
  append_varint(out, part.blob.value());
  append_le64(out, static_cast<std::uint64_t>(part.modified_ms));
  append_prefixed(out, part.md5);
  append_u8(out, part.checksum);
  append_prefixed(out, part.checksum_bytes);
  return out;
}

Result<UploadPart> decode_upload_part(std::string_view bytes) {
  DYAD_TRY_ASSIGN(const Record record, parse_record(bytes));
  ByteReader reader(record.body);
  const std::uint8_t version = reader.u8();
  if (version > kUploadPartVersion)
    return newer_format("a part of an upload", version, kUploadPartVersion);
  UploadPart part;
  part.size_bytes = reader.varint();
  part.blob = blob::BlobId(reader.varint());
  part.modified_ms = static_cast<std::int64_t>(reader.le64());
  part.md5 = reader.prefixed();
  part.checksum = reader.u8();
  part.checksum_bytes = reader.prefixed();
  if (!reader.ok() || !reader.at_end() || version != kUploadPartVersion)
    return damaged("part of an upload");
  return part;
}

std::string encode_part_list(const PartList& list) {
  std::string out;
  append_record_header(out);
  append_u8(out, kPartListVersion);
  append_prefixed(out, list.upload_id);
  append_varint(out, list.parts.size());
  for (const PartList::Part& part : list.parts) {
    append_varint(out, part.number);
    append_varint(out, part.size_bytes);
    append_varint(out, part.blob.value());
    append_prefixed(out, part.checksum_bytes);
  }
  return out;
}

Result<PartList> decode_part_list(std::string_view bytes) {
  DYAD_TRY_ASSIGN(const Record record, parse_record(bytes));
  ByteReader reader(record.body);
  const std::uint8_t version = reader.u8();
  if (version > kPartListVersion) return newer_format("a list of parts", version, kPartListVersion);
  PartList list;
  list.upload_id = reader.prefixed();
  const std::uint64_t count = reader.varint();
  if (count > kMaxPartNumber) return damaged("list of parts");
  list.parts.reserve(count);
  std::uint32_t former = 0;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    PartList::Part part;
    const std::uint64_t number = reader.varint();
    if (!valid_number(number) || number <= former) return damaged("list of parts");
    former = part.number = static_cast<std::uint32_t>(number);
    part.size_bytes = reader.varint();
    part.blob = blob::BlobId(reader.varint());
    part.checksum_bytes = reader.prefixed();
    list.parts.push_back(std::move(part));
  }
  if (!reader.ok() || !reader.at_end() || version != kPartListVersion)
    return damaged("list of parts");
  return list;
}

Task<Result<std::vector<StoredPart>>> read_upload_parts(store::Transaction& tx,
                                                        const KeyPlace& place,
                                                        std::string upload_id) {
  store::ScanRange range;
  range.begin = row_of(RowKind::upload_part, place.key, upload_id);
  range.end = prefix_end(range.begin);
  std::vector<StoredPart> parts;
  const store::ScanLimits limits;
  while (true) {
    DYAD_CO_TRY_ASSIGN(const store::ScanPage page,
                       co_await tx.scan(place.partition, range, limits));
    for (std::size_t i = 0; i < page.size(); ++i) {
      DYAD_CO_TRY_ASSIGN(const UploadRowKey key, decode_upload_row_key(page[i].key));
      StoredPart part;
      part.number = key.part_number;
      DYAD_CO_TRY_ASSIGN(part.part, decode_upload_part(page[i].value));
      parts.push_back(std::move(part));
    }
    if (!page.next) co_return parts;
    range = *page.next;
  }
}

Result<> erase_upload(store::Transaction& tx, const KeyPlace& place, std::string_view upload_id,
                      const std::vector<StoredPart>& parts) {
  for (const StoredPart& part : parts)
    DYAD_TRY(tx.erase(place.partition, upload_part_row(place.key, upload_id, part.number)));
  return tx.erase(place.partition, upload_row(place.key, upload_id));
}

}  // namespace dyad::table
