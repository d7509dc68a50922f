#include "table/record.h"

#include "base/bytes.h"
#include "base/format_version.h"

namespace dyad::table {

void append_record_header(std::string& out) {
  append_u8(out, kRecordVersion);
  append_u8(out, 0);
  append_le16(out, 0);
  append_le32(out, 0);
  append_be64(out, 0);
}

Result<Record> parse_record(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes)
    return fail(ErrorCode::corruption, "a record is shorter than its header");
  ByteReader reader(bytes);
  const std::uint8_t version = reader.u8();
  const std::uint8_t flags = reader.u8();
  Record record;
  record.origin_region = reader.le16();
  record.key_id = reader.le32();
  record.written = Timestamp(reader.be64());
  record.body = reader.rest();
  if (version > kRecordVersion) return newer_format("a record", version, kRecordVersion);
  if (version == 0) return fail(ErrorCode::corruption, "a record has no format version");
  if (flags != 0)
    return fail(ErrorCode::unsupported, "a record has flags " + std::to_string(flags) +
                                            ", which only a newer release knows");
  if (record.key_id != 0)
    return fail(ErrorCode::unsupported, "a record is sealed, and this build has no keys");
  return record;
}

std::string make_row(std::string_view private_part, std::string_view item) {
  std::string row;
  row.reserve(kRecordHeaderBytes + 3 + private_part.size() + item.size());
  append_record_header(row);
  append_prefixed(row, private_part);
  row.append(item);
  return row;
}

Result<RowBody> parse_row_body(std::string_view body) {
  ByteReader reader(body);
  RowBody row;
  row.private_part = reader.prefixed();
  row.item = reader.rest();
  if (!reader.ok() || row.item.empty())
    return fail(ErrorCode::corruption, "a row's private part runs past its end");
  return row;
}

}  // namespace dyad::table
